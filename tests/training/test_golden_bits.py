"""Every engine gives the recorded bits, or the recorded losses if no bits are recorded for this machine.

`python -m tests.training.test_golden_bits` adds this machine's results to `golden_bits.json`. Run it after raising an
engine's version, after adding an optimizer, and with new versions of the packages. It never replaces bits recorded
with the same engine version and fingerprint.
"""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from digitviz import DigitDataset, Hyperparameters, load_digits, train
from digitviz.training.engines import ENGINE_VERSIONS, ENGINES
from digitviz.training.optimizers import OPTIMIZERS
from tests.training.fingerprint import Fingerprint, fingerprint

FILE = Path(__file__).with_name("golden_bits.json")
AGREEMENT = {"float64": 1e-9, "float32": 1e-3}
"""Maximum relative difference of losses recorded with a different processor or library."""
COMMAND = "python -m tests.training.test_golden_bits"
RECORDED_EVERY = 5
COMMON = {"initialization": "xavier", "input_scale": "unit", "batches": 3, "steps_per_batch": 20}
RATES = {"gradient_descent": 1e-3, "momentum": 2e-4, "adam": 1e-3}
WAYS: dict[str, dict[str, Any]] = {
    "notebook": {"gradient": "notebook", "loss": "squared_error", "activation": "relu"},
    "exact": {
        "gradient": "exact", "loss": "cross_entropy", "activation": "gelu", "bias": True, "hidden": (17, 9),
        "weight_decay": 0.01, "sampling": "shuffled_epochs", "batch_size": 37,
    },
    "float32": {
        "gradient": "exact", "loss": "squared_error", "activation": "tanh", "bias": True, "precision": "float32",
    },
}  # fmt: skip
CASES = {
    f"{engine} {optimizer} {way}": Hyperparameters(
        engine=engine, optimizer=optimizer, learning_rate=RATES.get(optimizer, 1e-3), **COMMON, **WAYS[way]
    )
    for engine in ENGINES
    for optimizer in OPTIMIZERS
    for way in WAYS
}


def computed(digits: DigitDataset, case: str) -> tuple[list[float], str]:
    """Return some losses of a run, and a hash of all losses and the final weights."""
    with threadpool_limits(limits=1, user_api="blas"):
        run = train(digits, CASES[case])
    assert run.engine == CASES[case].engine, run.note
    losses, weights = run.history.losses.ravel(), run.parameters.to_vector()
    digest = hashlib.sha256(losses.astype("<f8").data)
    digest.update(weights.astype(weights.dtype.newbyteorder("<")).data)
    return losses[::RECORDED_EVERY].tolist(), digest.hexdigest()


def complaint(golden: dict[str, Any], case: str, losses: list[float], bits: str, here: Fingerprint) -> str:
    """Return a description of the difference, or "" if there is none."""
    engine = CASES[case].engine
    known = golden["engine_versions"].get(engine) == ENGINE_VERSIONS[engine]
    if not known or case not in golden["losses"]:
        return f"{case} is not on record: run `{COMMAND}` and commit {FILE.name}"
    on_record = golden["bits"].get(here.id, {}).get(case)
    if on_record is not None and on_record != bits:
        return (
            f"{case}: the same recipe now gives other bits on the same machine. If that is meant, raise "
            f'ENGINE_VERSIONS["{engine}"] above {ENGINE_VERSIONS[engine]}, run `{COMMAND}` and commit '
            f"{FILE.name}; else trainings that were computed before would be continued with other numbers."
        )
    difference = np.abs(np.divide(losses, golden["losses"][case]) - 1).max()
    if not difference <= AGREEMENT[CASES[case].precision]:  # also rejects nan
        return f"{case}: losses differ by {difference:.1e} from those on record, more than rounding explains"
    return ""


@pytest.mark.parametrize("case", CASES)
def test_an_engine_computes_what_is_on_record(digits, case):
    wrong = complaint(json.loads(FILE.read_text()), case, *computed(digits, case), fingerprint())
    assert not wrong, wrong


CASE = "numpy adam exact"


@pytest.fixture
def golden() -> dict[str, Any]:
    return copy.deepcopy(json.loads(FILE.read_text()))


@pytest.fixture
def somewhere(golden) -> Fingerprint:
    """A recorded fingerprint of any machine."""
    return Fingerprint.from_dict(next(iter(golden["fingerprints"].values())))


def test_other_bits_on_a_machine_on_record_demand_a_new_version(golden, somewhere):
    losses, bits = golden["losses"][CASE], golden["bits"][somewhere.id][CASE]
    assert complaint(golden, CASE, losses, bits, somewhere) == ""
    assert 'raise ENGINE_VERSIONS["numpy"] above 1' in complaint(golden, CASE, losses, "0" * 64, somewhere)


def test_a_machine_that_is_not_on_record_is_judged_by_the_losses(golden):
    elsewhere = Fingerprint(*["elsewhere"] * 8)
    losses = np.array(golden["losses"][CASE])
    for factor, wrong in ((1 + 1e-12, ""), (1 + 1e-8, "more than rounding"), (np.nan, "more than rounding")):
        assert wrong in (told := complaint(golden, CASE, (losses * factor).tolist(), "0" * 64, elsewhere))
        assert bool(told) == bool(wrong)


def test_a_new_version_has_to_be_recorded(golden, somewhere, monkeypatch):
    monkeypatch.setitem(ENGINE_VERSIONS, "numpy", ENGINE_VERSIONS["numpy"] + 1)
    assert "is not on record" in complaint(golden, CASE, golden["losses"][CASE], "0" * 64, somewhere)
    recorded = record(golden, {CASE: (golden["losses"][CASE], "0" * 64)}, somewhere)
    assert complaint(recorded, CASE, golden["losses"][CASE], "0" * 64, somewhere) == ""
    others = {case for case in CASES if not case.startswith("numpy ")}
    assert set(recorded["bits"][somewhere.id]) == {*others, CASE}


def test_recording_refuses_other_bits_of_the_same_version(golden, somewhere):
    with pytest.raises(SystemExit, match="raise ENGINE_VERSIONS"):
        record(golden, {CASE: (golden["losses"][CASE], "0" * 64)}, somewhere)


def test_each_fingerprint_on_record_is_found_by_its_id(golden):
    assert set(golden["fingerprints"]) == set(golden["bits"]) != set()
    for its_id, values in golden["fingerprints"].items():
        assert Fingerprint.from_dict(values).id == its_id


def record(golden: dict[str, Any], results: dict[str, tuple[list[float], str]], here: Fingerprint) -> dict[str, Any]:
    """Return the record with added results, without those of outdated engine versions."""
    versions = golden["engine_versions"]

    def current(cases: dict[str, Any]) -> dict[str, Any]:
        engines = {case: CASES[case].engine for case in cases if case in CASES}
        return {
            case: cases[case] for case, engine in engines.items() if versions.get(engine) == ENGINE_VERSIONS[engine]
        }

    losses, bits = current(golden["losses"]), {each: current(cases) for each, cases in golden["bits"].items()}
    new = {case: some for case, (some, _bits) in results.items() if case not in losses}
    recorded = {
        "engine_versions": ENGINE_VERSIONS,
        "losses": losses | new,
        "fingerprints": golden["fingerprints"] | {here.id: here.to_dict()},
        "bits": bits,
    }
    for case, (some, its_bits) in results.items():
        if wrong := complaint(recorded, case, some, its_bits, here):
            raise SystemExit(wrong)
        bits.setdefault(here.id, {})[case] = its_bits
    return recorded


if __name__ == "__main__":
    before = json.loads(FILE.read_text())
    digits = load_digits()
    after = record(before, {case: computed(digits, case) for case in CASES}, fingerprint())
    FILE.write_text(json.dumps(after, indent=1) + "\n")
