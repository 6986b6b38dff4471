"""What can be taken home of a training: a few files, some of them in a choice of formats."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.downloads import CannotBeMade, File, download
from digitviz.dashboard.session.seat import job_of
from digitviz.exports import FORMATS, Format, Moment, what_onnx_lacks
from digitviz.language import Lazy, lazy_gettext
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
    """Show what can be downloaded. A file is made when its button is pressed, of the run as it is then."""
    st.header(_("Downloads"))
    fragment(_downloads)()


def _downloads() -> None:
    run, moves = current_run.job().run, current_run.progress().is_running
    # Code that opens files names them: of a run that moves without the step, which is not known yet.
    of = run if moves else Moment.of(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = [_kind(kind, current_run.token()) for kind in KINDS]
    if "onnx" in chosen and (lack := what_onnx_lacks()):
        st.caption(lack)
    opening = st.expander(_("Open them in Python"), key="opening", on_change="rerun")
    if opening.open:
        with opening:
            if moves:
                st.caption(_("The name of a file says the step at which it was made: write that into the code."))
            for name in chosen:
                _opening(FORMATS[name], of)


def _kind(kind: Kind, token: str) -> str:
    """Show the formats of a kind of file, and its button; return the format that is chosen."""
    with st.container(width=WIDTH, gap="xsmall"):
        name = next(iter(kind.formats))
        if len(kind.formats) > 1:
            name = choice(
                str(kind.title), list(kind.formats), key=f"format_{kind.key}",
                format_func=lambda name: kind.formats[name][0],
            )  # fmt: skip
        download(
            str(kind.formats[name][1]), f"download_{kind.key}", partial(made, token, name),
            disabled=name == "onnx" and bool(what_onnx_lacks()), with_icon=True, width="stretch",
        )  # fmt: skip
    return name


def made(token: str, name: str) -> File:
    """Make a file of the training of a session as it is now, also while it moves; its name says the step.

    Parameters
    ----------
    token : str
        Of the session.
    name : str
        In `FORMATS`.

    Raises
    ------
    CannotBeMade
        If the training is no longer there, or something is not installed.
    """
    job, form = job_of(token), FORMATS[name]
    moment = None if job is None else Moment.of(job.run)
    if job is None or moment is None or job.forgotten:  # asked after it was read: what takes its place is another
        raise CannotBeMade(_("This training had to make room for others. Reload the page to open it again."))
    if name == "onnx" and (lack := what_onnx_lacks()):
        raise CannotBeMade(lack)
    return File(form.make(moment), form.name(moment), form.mime)


def _name(form: Format, of: TrainingRun | Moment) -> str:
    return form.name(of, with_step=isinstance(of, Moment))


def _opening(form: Format, of: TrainingRun | Moment) -> None:
    """Show the code that opens a file, if there is any."""
    if form.opened is not None:
        st.code(form.opened(of, _name(form, of)), language="python")
