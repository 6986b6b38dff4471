"""The README's Python example runs as it stands."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import plotly.graph_objects as go

import digitviz

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_example_runs(monkeypatch, capsys):
    shown: list[go.Figure] = []
    monkeypatch.setattr(go.Figure, "show", lambda figure: shown.append(figure))
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert len(shown) == 2
    assert "of the test digits are read right" in capsys.readouterr().out


def test_every_public_name_stands_in_the_readme():
    for name in digitviz.__all__:
        assert f"`{name}" in README


def test_every_figure_that_the_readme_names_is_there():
    (row,) = re.findall(r"^\| `figures` \| (.*) \|$", README, re.MULTILINE)
    names = re.findall(r"`(\w+)`", row)
    assert "network_diagram" in names
    for name in names:
        assert hasattr(digitviz.figures, name) or importlib.util.find_spec(f"digitviz.figures.{name}")
