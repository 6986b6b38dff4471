"""What can be taken home of a training: a few files, some of them in a choice of formats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.runtime.turns import fragment
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.current_run import job_of
from digitviz.dashboard.session.downloads import CannotBeMade, File, download
from digitviz.dashboard.session.saved_drawings import may_be_taken
from digitviz.drawing.practice import PracticeDataset
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
        token, shared = current_run.token(), _shared_drawings()
        chosen = [_kind(kind, token, shared) for kind in KINDS]
    if "onnx" in chosen and (lack := what_onnx_lacks()):
        st.caption(lack)
    opening = st.expander(_("Open them in Python"), key="opening", on_change="rerun")
    if opening.open:
        with opening:
            if moves:
                st.caption(_("The name of a file says the step at which it was made: write that into the code."))
            for name in chosen:
                _opening(FORMATS[name], of)


def _shared_drawings() -> str | None:
    """Return the id of the drawings that the run learnt from; None if this session may not have them with its code."""
    dataset, opened = current_run.job().run.dataset, current_run.opened()
    if not isinstance(dataset, PracticeDataset) or dataset.extra is None:
        return None
    may = may_be_taken(current_run.learnt_from().drawings, None if opened is None else opened.id)
    return dataset.extra.id if may else None


def _kind(kind: Kind, token: str, shared: str | None) -> str:
    """Show the formats of a kind of file, and its button; return the format that is chosen."""
    with st.container(width=WIDTH, gap="xsmall"):
        name = next(iter(kind.formats))
        if len(kind.formats) > 1:
            name = choice(
                str(kind.title), list(kind.formats), key=f"format_{kind.key}",
                format_func=lambda name: kind.formats[name][0],
            )  # fmt: skip
        download(
            str(kind.formats[name][1]), f"download_{kind.key}", partial(made, token, name, shared),
            disabled=name == "onnx" and bool(what_onnx_lacks()), with_icon=True, width="stretch",
        )  # fmt: skip
    return name


def made(token: str, name: str, shared: str | None = None) -> File:
    """Make a file of the training of a session as it is now, also while it moves; its name says the step.

    Parameters
    ----------
    token : str
        Of the session.
    name : str
        In `FORMATS`.
    shared : str or None
        The id of drawings that the session may have; code leaves all others out.

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
    dataset = job.run.dataset
    if isinstance(dataset, PracticeDataset) and dataset.extra is not None and dataset.extra.id != shared:
        moment = replace(moment, shown=dataset.without_extra(moment.hyperparameters.train_fraction))
    return File(form.make(moment), form.name(moment), form.mime)


def _name(form: Format, of: TrainingRun | Moment) -> str:
    return form.name(of, with_step=isinstance(of, Moment))


def _opening(form: Format, of: TrainingRun | Moment) -> None:
    """Show the code that opens a file, if there is any."""
    if form.opened is not None:
        st.code(form.opened(of, _name(form, of)), language="python")
