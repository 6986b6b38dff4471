"""The examples in the README and docs/python.md run unchanged, and the files they mention exist."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import plotly.graph_objects as go
import pytest

import digitviz

ROOT = Path(__file__).parents[1]
PYTHON = (ROOT / "docs" / "python.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_the_example_runs(page, monkeypatch, capsys):
    shown: list[go.Figure] = []
    monkeypatch.setattr(go.Figure, "show", lambda figure: shown.append(figure))
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    exec(compile(example, page, "exec"), {})
    assert len(shown) == 2
    assert "of the test digits are classified correctly" in capsys.readouterr().out


def test_every_public_name_stands_in_the_list():
    imported = ast.walk(ast.parse(Path(digitviz.__file__).read_text()))
    names = [alias.name for each in imported if isinstance(each, ast.ImportFrom) for alias in each.names]
    assert len(names) > 50
    for name in names:
        assert f"`{name}" in PYTHON


def test_every_figure_that_the_list_names_is_there():
    (row,) = re.findall(r"^\| `figures` \| (.*) \|$", PYTHON, re.MULTILINE)
    names = re.findall(r"`(\w+)`", row)
    assert "network_diagram" in names
    for name in names:
        assert hasattr(digitviz.figures, name) or importlib.util.find_spec(f"digitviz.figures.{name}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page):
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / link).exists(), link
