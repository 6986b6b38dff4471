"""Bring back what was taken home: weights, settings or drawings from a file."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from digitviz.dashboard.components.upload import upload
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import current_run, given_weights, saved_drawings
from digitviz.dashboard.session.given_weights import GivenWeights
from digitviz.dashboard.train import accuracy, controls
from digitviz.imports import Drawings, Unreadable, Weights, read_file
from digitviz.language import Lazy, lazy_gettext
from digitviz.language import gettext as _
from digitviz.networks.network import Network
from digitviz.pretrained import load_pretrained
from digitviz.ranges import Choice
from digitviz.training.hyperparameters import Hyperparameters

_WAITING = "bring_back_waiting"
"""In the session's state: the file of weights of which the visitor is asked what it does not say."""
_ASKED = ("activation", "input_scale")


@dataclass(frozen=True)
class _Outcome:
    """What became of a file; its sentence has a place for the file's name, if it needs that."""

    sentence: Lazy
    file: str

    def __str__(self) -> str:
        return str(self.sentence).format(file=as_code(self.file))


def bring_back_view() -> None:
    """Show the place for a file, and ask for what a file of weights does not say."""
    with st.expander(_("Bring it back")):
        there = upload(
            _("Weights (safetensors, npz), settings (JSON) or drawings (npz)"), "bring_back", _take,
            help=_("Any file that was downloaded here. Weights may be another program's: w1, w2, … and b1, b2, …"),
        )  # fmt: skip
        if there and _WAITING in st.session_state:
            _ask()


def origin() -> None:
    """Say of a training that has not been started whether it begins with the weights that were given, and why not."""
    brought, job = given_weights.given(), current_run.job()
    if brought is None or job.run.step:
        return
    file = brought.called
    if job.run.recipe.start is None:
        layers = "-".join(map(str, brought.layer_sizes))
        words = (
            _("Training starts from random weights: those of {file} fit the layers {layers} without biases.")
            if brought.parameters.biases is None
            else _("Training starts from random weights: those of {file} fit the layers {layers} with biases.")
        )
        st.warning(words.format(file=file, layers=layers), icon=":material/upload_file:")
        return
    judged = accuracy.known(job)
    if judged is None:
        words = _("Trained weights of {file}. **Train** goes on from them.").format(file=file)
    else:
        words = _(
            "Trained weights of {file}: accuracy {accuracy} on the test digits. **Train** goes on from them."
        ).format(file=file, accuracy=f"{judged.test_accuracy:.1%}")
    st.info(words, icon=":material/upload_file:")


def _take(name: str, data: bytes) -> object:
    """Take a file; return what became of it."""
    st.session_state.pop(_WAITING, None)
    match read_file(data):
        case Drawings() as drawings:
            return saved_drawings.bring_in(drawings, _reader())
        case Hyperparameters() as settings:
            controls.set_all(settings)
            return _Outcome(lazy_gettext("The settings are those of {file}. Press **Train** to use them."), name)
        case weights:
            return _take_weights(name, weights)


def _take_weights(name: str, weights: Weights) -> object:
    """Use weights, or note that there is something to ask first; what is asked is by default as the controls say."""
    if weights.activation is not None and weights.input_scale is not None:
        return _use(name, weights, weights.activation, weights.input_scale)
    asked = controls.asked()[0] or controls.DEFAULTS
    for setting in _ASKED:
        st.session_state[f"bring_back_{setting}"] = getattr(weights, setting) or getattr(asked, setting)
    st.session_state[_WAITING] = (name, weights)
    return ""


def _ask() -> None:
    st.markdown(_("The file does not say how the network was used. Which of these was it?"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for setting in _ASKED:
            allowed: Choice = Hyperparameters.RANGES[setting]
            st.selectbox(
                str(Hyperparameters.TITLES[setting]), allowed.options, key=f"bring_back_{setting}",
                format_func=allowed.title,
            )  # fmt: skip
        st.button(_("Use these weights"), key="bring_back_use", on_click=on_click(_use_as_answered))


def _use_as_answered() -> None:
    name, weights = st.session_state.pop(_WAITING)
    activation, input_scale = (st.session_state[f"bring_back_{setting}"] for setting in _ASKED)
    try:
        outcome = _use(name, weights, activation, input_scale)
    except Unreadable as error:
        outcome = error
    st.session_state["bring_back_outcome"] = outcome


def _use(name: str, weights: Weights, activation: str, input_scale: str) -> object:
    """Put a training in place that begins with weights, and set the controls to it."""
    chosen, learn_from = controls.asked()
    settings = weights.hyperparameters(chosen or controls.DEFAULTS, activation, input_scale)
    brought = GivenWeights(name, weights.parameters)
    if not current_run.new_run_from(brought, settings, st.session_state["speed"], learn_from):
        raise Unreadable(
            lazy_gettext(
                "There is no room for this training, or its training data are still being made. Nothing was changed: "
                "bring the file in again."
            )
        )
    controls.set_all(settings)
    if weights.has_settings and weights.settings is None:
        return _Outcome(
            lazy_gettext(
                "The weights of {file} are in place. Its settings are not allowed here: those of the controls hold."
            ),
            name,
        )
    return _Outcome(lazy_gettext("The weights of {file} are in place."), name)


def _reader() -> Network:
    """Return the network that reads drawings: the session's own once it is trained."""
    run = current_run.job().run
    return run.snapshot.network if given_weights.is_trained(run) and not run.diverged else shared().get(load_pretrained)
