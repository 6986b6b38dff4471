"""What is too long to be read at once holds more than one concept: it is split by them."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 60
EXCEPTED = {
    "digitviz/training/engines/kernels.py",  # the compiled steps: one derivation, told in docs/engine.md
}
FILES = {
    str(path.relative_to(ROOT)): path.read_text()
    for pattern in ("app.py", "pages/*.py", "digitviz/**/*.py", "tests/**/*.py")
    for path in sorted(ROOT.glob(pattern))
}
JUDGED = {name: text for name, text in FILES.items() if name not in EXCEPTED}


def test_no_file_is_long():
    assert set(FILES) >= EXCEPTED
    lengths = {name: len(text.splitlines()) for name, text in JUDGED.items()}
    assert not {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE}


def test_no_function_is_long():
    lengths = {
        f"{name}: {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name, text in JUDGED.items()
        if len(text.splitlines()) > MOST_LINES_OF_A_FUNCTION
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert not {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FUNCTION}
