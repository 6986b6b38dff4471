"""The compiled engine is used when it is ready, and NumPy's if it is unavailable."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.training import engines
from digitviz.training.engines import is_ready

ROOT = Path(__file__).parents[2]


def test_auto_is_the_compiled_engine_once_it_is_ready(digits):
    assert Hyperparameters().engine == "auto"
    assert is_ready()
    run = TrainingRun(digits)
    assert (run.engine, run.note, run.hyperparameters.engine) == ("compiled", None, "auto")


def test_auto_is_numpy_until_then_and_stays_it_for_the_whole_run(digits, monkeypatch):
    monkeypatch.setattr(engines, "is_ready", lambda: False)
    run, by_numpy = TrainingRun(digits), TrainingRun(digits, Hyperparameters(engine="numpy"))
    monkeypatch.undo()
    assert run.engine == "numpy"
    assert "NumPy" in str(run.note)
    for each in (run, by_numpy):
        each.advance(20)
        each.reset()
        each.advance(600)
    assert run.engine == "numpy"
    np.testing.assert_array_equal(run.history.losses, by_numpy.history.losses)


def test_without_numba_numpy_takes_the_steps_and_says_so(digits, monkeypatch):
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda name: None)
    run = TrainingRun(digits, Hyperparameters(engine="compiled"))
    assert run.engine == "numpy"
    assert "not available" in str(run.note)
    assert run.advance(3) == 3


def output_of(code: str) -> list[str]:
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return answer.stdout.split()


def test_kernels_that_do_not_compile_leave_the_steps_to_numpy_and_the_reason_in_the_log():
    code = (
        "import sys; sys.modules['digitviz.training.engines.kernels'] = None\n"
        "import logging, threading; records = []; handler = logging.Handler(); handler.emit = records.append\n"
        "logging.getLogger().addHandler(handler)\n"
        "import digitviz; from digitviz.dashboard.server import warm_up\n"
        "over = threading.Event(); over.set(); warm_up._warm_up(over)\n"
        "for engine in ('auto', 'compiled'):\n"
        "    settings = digitviz.Hyperparameters(engine=engine)\n"
        "    run = digitviz.TrainingRun(digitviz.load_digits(), settings); run.advance(2)\n"
        "    print(run.engine, run.step, 'not available' in str(run.note))\n"
        "print(sum('halted' in record.getMessage() for record in records))"
    )
    assert output_of(code) == ["numpy", "2", "False", "numpy", "2", "True", "1"]


def test_a_long_training_from_a_script_makes_the_engine_ready_itself_and_loads_numba_not_before():
    code = (
        "import sys; from digitviz import *; from digitviz.training.engines import is_ready\n"
        "small = load_digits()[:200]; run = TrainingRun(small); run.advance(2)\n"
        "print(run.engine, train(small, Hyperparameters(batches=2)).engine, 'numba' in sys.modules, is_ready())\n"
        "print(train(small, Hyperparameters(batches=100, hidden=(2,), batch_size=1)).engine)\n"
        "print('numba' in sys.modules, is_ready(), TrainingRun(small).engine, run.engine)"
    )
    assert output_of(code) == ["numpy", "numpy", "False", "False", "compiled", "True", "True", "compiled", "numpy"]


@pytest.mark.parametrize(
    ("installed", "lacking", "worth_waiting"), [(True, [], True), (False, [], False), (True, [OSError()], False)]
)
def test_the_compiler_is_waited_for_only_if_nothing_that_it_needs_is_known_to_lack(
    monkeypatch, installed, lacking, worth_waiting
):
    monkeypatch.setattr(engines, "is_ready", lambda: False)
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda name: name if installed else None)
    monkeypatch.setattr(engines, "_lacking", lacking)
    chosen, _note = engines.choose_engine(Hyperparameters(), wait_for_compiled=True)
    assert chosen == ("compiled" if worth_waiting else "numpy")
