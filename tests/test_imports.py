"""The core is light: a first page must not wait for what it does not use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"streamlit", "torch", "umap", "sklearn", "numba", "openTSNE"}
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "digitviz").rglob("*.py")
    # Modules with compiled kernels need the compiler at once; they are imported inside the functions that use them.
    if "dashboard" not in path.parts and "\nimport numba" not in path.read_text()
)


def modules_loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    return set(
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
    )


def test_importing_every_core_module_loads_nothing_heavy():
    assert {"digitviz.training.run", "digitviz.figures"} <= set(MODULES)
    assert not HEAVY & modules_loaded_by("import " + ", ".join(MODULES))


@pytest.mark.parametrize("use", ["import digitviz; digitviz.load_digits()"])
def test_loading_the_digits_loads_nothing_heavy(use):
    assert not HEAVY & modules_loaded_by(use)
