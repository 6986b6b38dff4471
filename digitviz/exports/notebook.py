"""A training as a Jupyter notebook."""

from __future__ import annotations

import json
from typing import Any

from digitviz.exports.cells import cells
from digitviz.exports.data import DATA, with_data
from digitviz.exports.metadata import of_training
from digitviz.exports.moment import Moment
from digitviz.exports.plan import Plan
from digitviz.training.run import TrainingRun

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebook(run: TrainingRun | Moment) -> str:
    """Write a notebook with the code of `script`, each part with a heading of its own.

    It is written by hand in Jupyter's format 4.5; its metadata hold the step, the settings and the recipe.
    """
    moment = Moment.of(run)
    written: list[dict[str, Any]] = []
    for number, cell in enumerate(cells(Plan(moment), f'"{DATA}"')):
        level = "##" if number else "#"
        written.append(_cell("markdown", f"words-{number}", f"{level} {cell.title}\n\n{cell.words}"))
        code = _cell("code", f"code-{number}", cell.code)
        written.append({**code, "execution_count": None, "outputs": []})
    whole = {
        "cells": written,
        "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}, "digitviz": of_training(moment)},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def notebook_file(run: TrainingRun | Moment) -> bytes:
    """Return the notebook; packed as zip with the data that it reads, if it does."""
    moment = Moment.of(run)
    return with_data("digitviz-notebook.ipynb", notebook(moment).encode(), moment)


def _cell(kind: str, name: str, text: str) -> dict[str, Any]:
    return {"cell_type": kind, "id": name, "metadata": {}, "source": text.splitlines(keepends=True)}
