"""Import rules that import-linter's contracts in pyproject.toml cannot express."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "umap", "sklearn", "numba", "openTSNE"}
"""Packages that only functions may import, so that the first page loads without them."""
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "digitviz").rglob("*.py")
    # Modules with machine code compile on import, so only their users import them.
    if "dashboard" not in path.parts and "\nimport numba" not in path.read_text() and path.name != "kernels.py"
)


def modules_loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    return set(
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
    )


def test_importing_every_core_module_and_loading_the_digits_loads_nothing_heavy():
    assert {"digitviz.training.run", "digitviz.figures"} <= set(MODULES)
    assert not HEAVY & modules_loaded_by(f"import {', '.join(MODULES)}; digitviz.load_digits()")


def test_no_module_imports_a_package_that_it_stands_in():
    graph = grimp.build_graph("digitviz", cache_dir=None)
    upward = [
        (module, imported)
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
        if module.startswith(f"{imported}.")
    ]
    assert not upward
