"""What can be taken home of a training: a few files, some of them in a choice of formats."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run
from digitviz.exports import FORMATS, Format, Moment, what_onnx_lacks
from digitviz.language import Lazy, language, lazy_gettext, speaking
from digitviz.language import gettext as _
from digitviz.training.run import TrainingRun

WIDTH = 230
"""Pixels of a kind of file: its two formats, in either language."""


@dataclass(frozen=True)
class Kind:
    """Something to take home.

    Parameters
    ----------
    key : str
        Of its widgets.
    title : Lazy
    formats : dict of str to (str, Lazy)
        By the name in `FORMATS`: what the choice calls it, and what the button does.
    """

    key: str
    title: Lazy
    formats: dict[str, tuple[str, Lazy]]


KINDS = (
    Kind(
        "weights",
        lazy_gettext("Weights"),
        {
            "safetensors": ("safetensors", lazy_gettext("Weights (safetensors)")),
            "npz": ("npz", lazy_gettext("Weights (npz)")),
        },
    ),
    Kind(
        "history",
        lazy_gettext("Losses and accuracies"),
        {
            "csv": ("CSV", lazy_gettext("History (CSV)")),
            "parquet": ("Parquet", lazy_gettext("History (Parquet)")),
        },
    ),
    Kind(
        "network",
        lazy_gettext("Network for other programs"),
        {
            "torch": ("PyTorch", lazy_gettext("Network (PyTorch)")),
            "onnx": ("ONNX", lazy_gettext("Network (ONNX)")),
        },
    ),
    Kind(
        "code",
        lazy_gettext("The training as code"),
        {
            "notebook": ("Jupyter", lazy_gettext("Notebook (Jupyter)")),
            "script": ("Python", lazy_gettext("Script (Python)")),
        },
    ),
    Kind("settings", lazy_gettext("Settings"), {"json": ("JSON", lazy_gettext("Settings (JSON)"))}),
)


def downloads_view() -> None:
    """Show what can be downloaded. A file is made when its button is pressed, of the run as it stands then."""
    st.header(_("Downloads"))
    fragment(_downloads)()


def _downloads() -> None:
    run, moves = current_run.job().run, current_run.progress().is_running
    # Where a run stands, the name of its files says the step. One that moves is at another when a button is pressed.
    of = run if moves else Moment.of(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = [_kind(kind, of) for kind in KINDS]
    if "onnx" in chosen and (lack := what_onnx_lacks()):
        st.caption(lack)
    opening = st.expander(_("Open them in Python"), key="opening", on_change="rerun")
    if opening.open:
        with opening:
            for name in chosen:
                _opening(FORMATS[name], of)


def _kind(kind: Kind, of: TrainingRun | Moment) -> str:
    """Show the formats of a kind of file, and its button; return the format that is chosen."""
    with st.container(width=WIDTH, gap="xsmall"):
        name = next(iter(kind.formats))
        if len(kind.formats) > 1:
            name = choice(
                str(kind.title), list(kind.formats), key=f"format_{kind.key}",
                format_func=lambda name: kind.formats[name][0],
            )  # fmt: skip
        form = FORMATS[name]
        st.download_button(
            str(kind.formats[name][1]), partial(made, form, of, language()), _name(form, of), form.mime,
            on_click="ignore", key=f"download_{kind.key}", icon=":material/download:", width="stretch",
            disabled=name == "onnx" and bool(what_onnx_lacks()),
        )  # fmt: skip
    return name


def made(form: Format, of: TrainingRun | Moment, spoken: str) -> bytes:
    """Make a file, in a thread of its own that has yet to be told the language."""
    with speaking(spoken):
        return form.make(of)


def _name(form: Format, of: TrainingRun | Moment) -> str:
    return form.name(of, with_step=isinstance(of, Moment))


def _opening(form: Format, of: TrainingRun | Moment) -> None:
    """Show the code that opens a file, if there is any."""
    if form.opened is not None:
        st.code(form.opened(of, _name(form, of)), language="python")
