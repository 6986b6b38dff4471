"""A fingerprint is plain text. It is the same throughout a process, and differs if the bits differ."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy
import pytest
import threadpoolctl
from hypothesis import given, strategies as st

from digitviz.training.engines import warm_up
from tests.training import fingerprint as module
from tests.training.fingerprint import LONGEST, Fingerprint, fingerprint

ROOT = Path(__file__).parents[2]
NAMES = list(fingerprint().to_dict())
TEXTS = st.lists(st.text(max_size=9), min_size=len(NAMES), max_size=len(NAMES))


def in_a_new_process(**environment: str) -> tuple[Fingerprint, set[str]]:
    """Return the fingerprint of a new process, and the modules it has loaded."""
    code = """
import json, sys
from tests.training.fingerprint import fingerprint
print(json.dumps([fingerprint().to_dict(), sorted(sys.modules)]))
"""
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, env=os.environ | environment, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    told, loaded = json.loads(answer.stdout)
    return Fingerprint.from_dict(told), set(loaded)


def test_it_loads_nothing_heavy_and_is_the_same_where_all_is_loaded():
    warm_up()
    importlib.import_module("torch")
    told, loaded = in_a_new_process()
    assert told == fingerprint.__wrapped__()
    assert not {"torch", "numba", "scipy.linalg"} & loaded


def test_other_vector_instructions_of_numpy_make_another_one():
    usual = fingerprint()
    of_this_machine = usual.processor.split(", ")[-1]
    if not re.match(r"X86_V|AVX", of_this_machine):  # NumPy found no instructions besides those it always uses
        assert "X86_V3" not in usual.processor
        return
    told, _ = in_a_new_process(NPY_DISABLE_CPU_FEATURES=of_this_machine)
    assert told.processor == usual.processor.removesuffix(f", {of_this_machine}")
    assert told.id != usual.id


def test_it_names_the_processor_and_what_is_installed():
    here = fingerprint()
    assert re.fullmatch(r"3\.\d+\.\d+\S*", here.python)
    assert all(re.match(r"\d+\.\d+", version) for version in (here.numpy, here.scipy, here.numba, here.torch))
    assert here.processor.split(", ")[0]
    assert here.numpy_blas
    assert here.scipy_blas
    assert fingerprint() is here


def test_the_kernel_that_openblas_is_told_to_use_is_named():
    if not fingerprint().numpy_blas.startswith("openblas") or "x86_64" not in fingerprint().processor:
        return
    told, _ = in_a_new_process(OPENBLAS_CORETYPE="Nehalem")
    assert told.numpy_blas.endswith(" Nehalem")
    assert told.scipy_blas.endswith(" Nehalem")


def test_a_package_that_is_not_installed_has_an_empty_version(monkeypatch):
    def version(package: str) -> str:
        if package == "numba":
            raise PackageNotFoundError(package)
        return "1.0"

    monkeypatch.setattr(module, "version", version)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    here = fingerprint.__wrapped__()
    assert (here.numpy, here.numba, here.torch, here.numpy_blas, here.scipy_blas) == ("1.0", "", "1.0", "", "")


def test_a_blas_that_cannot_be_asked_is_named_as_the_package_was_built_with_it(monkeypatch):
    monkeypatch.setattr("threadpoolctl.threadpool_info", list)
    assert fingerprint.__wrapped__().scipy_blas == "scipy-openblas"


def test_a_blas_of_the_system_serves_packages_that_bring_none(monkeypatch, tmp_path):
    for package in ("numpy", "scipy"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    info = {"user_api": "blas", "internal_api": "mkl", "version": "2026.1"}
    places = {"system": "/usr/lib/libmkl.so", "another": str(tmp_path / "torch" / "lib" / "libmkl.so")}
    loaded = [{**info, "filepath": places["system"]}, {**info, "filepath": places["another"], "version": "1"}]
    monkeypatch.setattr("threadpoolctl.threadpool_info", lambda: [*loaded, {**loaded[0], "user_api": "openmp"}])
    spec = module.importlib.util.spec_from_file_location
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: spec(name, tmp_path / name / "__init__.py"))
    assert fingerprint.__wrapped__().numpy_blas == "mkl 2026.1"


def test_a_blas_of_the_system_that_is_loaded_too_is_not_the_one_of_a_wheel(monkeypatch):
    here = fingerprint()
    loaded = [{"user_api": "blas", "internal_api": "mkl", "version": "2026.1", "filepath": "/usr/lib/libmkl.so"}]
    ask = threadpoolctl.threadpool_info
    monkeypatch.setattr("threadpoolctl.threadpool_info", lambda: [*loaded, *ask()])
    if Path(str(numpy.__file__)).parent.with_name("numpy.libs").exists():
        assert fingerprint.__wrapped__() == here


CPUINFO = {
    "processor\t: 0\nmodel name\t: Some CPU: fast\ncpu family\t: 6\nmodel\t\t: 85\n\nmodel name\t: Another\n": (
        ["Some CPU: fast", "6", "85"]
    ),
    "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n": ["0x41", "0xd0c"],
    "": [],
}


@pytest.mark.parametrize("text", CPUINFO)
def test_linux_says_what_the_first_processor_is(monkeypatch, tmp_path, text):
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(module, "CPUINFO", tmp_path / "cpuinfo")
    assert fingerprint.__wrapped__().processor.split(", ")[1:][: len(CPUINFO[text])] == CPUINFO[text]


def test_elsewhere_the_standard_library_says_it(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "CPUINFO", tmp_path / "none")
    monkeypatch.setattr(module.platform, "processor", lambda: "Intel64 Family 6")
    assert "Intel64 Family 6" in fingerprint.__wrapped__().processor


@given(TEXTS, TEXTS)
def test_ids_are_equal_only_if_all_texts_are(one, other):
    first, second = Fingerprint(*one), Fingerprint(*other)
    assert (first.id == second.id) == (first == second) == (one == other)
    assert re.fullmatch("[0-9a-f]{12}", first.id)


@given(TEXTS)
def test_a_dict_gives_it_back(texts):
    one = Fingerprint(*texts)
    assert Fingerprint.from_dict(json.loads(json.dumps(one.to_dict()))) == one


GOOD = dict.fromkeys(NAMES, "x")
WRONG = {
    "no mapping": ["x"] * len(NAMES),
    "none": None,
    "a name is missing": dict.fromkeys(NAMES[1:], "x"),
    "a name is unknown": {**GOOD, "gpu": "x"},
    "a number": {**GOOD, "numpy": 2.2},
    "too long": {**GOOD, "numpy": "x" * (LONGEST + 1)},
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_none_is_refused_in_a_few_words(kind):
    with pytest.raises(ValueError, match="a fingerprint must be a mapping of processor, numpy_blas") as error:
        Fingerprint.from_dict(WRONG[kind])
    assert len(str(error.value)) < 300
    assert Fingerprint.from_dict({**GOOD, "numpy": "x" * LONGEST})
