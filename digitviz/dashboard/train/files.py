"""Files of a run: downloads in several formats, and imports."""

from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.files import upload
from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.turns import on_click
from digitviz.dashboard.session import current_run, saved_drawings, training_data
from digitviz.dashboard.session.addresses import names_of, with_names
from digitviz.dashboard.session.current_run import ATTACHED, GivenWeights, SessionRun
from digitviz.dashboard.session.downloads import CannotBeMade, File, download
from digitviz.dashboard.session.lease import held_by
from digitviz.dashboard.train import controls
from digitviz.datasets import DigitDataset
from digitviz.drawing.practice import PracticeDataset
from digitviz.exports import FORMATS, Moment, what_onnx_lacks
from digitviz.imports import Drawings, Settings, Unreadable, Weights, read_file
from digitviz.language import Lazy, gettext as _, lazy_gettext, listed
from digitviz.networks.network import Network
from digitviz.pretrained import load_pretrained
from digitviz.ranges import Choice
from digitviz.training.hyperparameters import Hyperparameters, setting_in_words
from digitviz.training.run import TrainingRun

WIDTH = 230
"""Width in pixels of a kind of file, enough for its two formats in either language."""
KINDS = {
    "weights": (lazy_gettext("Weights"), {"safetensors": "safetensors", "npz": "npz"}),
    "history": (lazy_gettext("Curves"), {"csv": "CSV", "parquet": "Parquet"}),
    "network": (lazy_gettext("Network"), {"torch": "PyTorch", "onnx": "ONNX"}),
    "code": (lazy_gettext("Training code"), {"notebook": "Jupyter", "script": "Python"}),
    "settings": (lazy_gettext("Settings"), {"json": "JSON"}),
}
"""Title of each kind of file, and the names of its formats by their keys in `FORMATS`, by the key of its widgets."""
_WAITING = "bring_back_waiting"
"""Key in the session state of an imported weights file with missing data, which the visitor must provide."""
_ASKED = ("activation", "input_scale")


def downloads() -> None:
    """Show the downloads if the visitor opens them. A click on a button makes the file from the run's current state.

    Call this as a fragment.
    """
    box = st.expander(_("Downloads"), key="downloads_box", on_change="rerun")
    if box.open:  # otherwise, the buttons would be a fifth of the work of every run of the page
        with box:
            _files(current_run.job().run, current_run.progress().is_running)


def _files(run: TrainingRun, moves: bool) -> None:
    # Code that opens files names them. During training, the names omit the step, which is not known yet.
    of = run if moves else Moment.of(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        token, drawings = current_run.token(), _shared_drawings(run.dataset)
        chosen = [_kind(kind, token, drawings) for kind in KINDS]
    if current_run.learnt_from().drawings:
        st.caption(_("The settings file names the training data, but it does not contain drawings."))
    if "onnx" in chosen and (lack := what_onnx_lacks()):
        st.caption(lack)
    opening = st.expander(_("Open the files in Python"), key="opening", on_change="rerun")
    if opening.open:
        with opening:
            if moves:
                st.caption(
                    _("Each file name contains the step at which the file was made. Use your file's name in the code.")
                )
            for name in chosen:
                if (opened := FORMATS[name].opened) is not None:
                    st.code(opened(of, FORMATS[name].name(of, with_step=not moves)), language="python")


def _shared_drawings(dataset: DigitDataset) -> str | None:
    """Return the id of the drawings that the run learnt from. None if this session may not have them with its code."""
    opened = current_run.opened()
    if not isinstance(dataset, PracticeDataset) or dataset.extra is None:
        return None
    may = saved_drawings.may_be_taken(current_run.learnt_from().drawings, None if opened is None else opened.id)
    return dataset.extra.id if may else None


def _kind(kind: str, token: str, drawings: str | None) -> str:
    """Show the formats of a kind of file and its button. Return the chosen format."""
    title, formats = KINDS[kind]
    with st.container(width=WIDTH, gap="xsmall"):
        name = choice(str(title), formats, key=f"format_{kind}") if len(formats) > 1 else next(iter(formats))
        make = partial(made, token, name, drawings)
        lacks = name == "onnx" and bool(what_onnx_lacks())
        label = _("{kind} ({format})").format(kind=title, format=formats[name])
        download(label, f"download_{kind}", make, disabled=lacks, with_icon=True, width="stretch")
    return name


def made(token: str, name: str, shared: str | None) -> File:
    """Make a file from the current state of a session's run, even during training. Its name contains the step.

    Parameters
    ----------
    name : str
        Format in `FORMATS`.
    shared : str or None
        Id of the drawings that the session may have. Code omits all others.

    Raises
    ------
    CannotBeMade
        If the run has been evicted, or a package is not installed.
    """
    attached, form = held_by(token, ATTACHED) or SessionRun(token), FORMATS[name]
    job, data = attached.job, names_of(attached.learn_from)
    moment = None if job is None else replace(Moment.of(job.run), data=data)
    if job is None or moment is None or job.forgotten:  # check this last: after eviction, the run is another
        raise CannotBeMade(_("This run had to make room for others. Reload the page to open it again."))
    if name == "onnx" and (lack := what_onnx_lacks()):
        raise CannotBeMade(lack)
    dataset = job.run.dataset
    if isinstance(dataset, PracticeDataset) and dataset.extra is not None and dataset.extra.id != shared:
        moment = replace(moment, shown=dataset.without_extra(moment.hyperparameters.train_fraction))
    return File(form.make(moment), form.name(moment), form.mime)


@dataclass(frozen=True)
class _Outcome:
    """Outcome of an import. Its sentence may have a placeholder for the file's name."""

    sentence: Lazy
    file: str

    def __str__(self) -> str:
        return str(self.sentence).format(file=as_code(self.file))


def bring_back_view() -> None:
    """Show the file uploader, and ask for the data that a weights file lacks."""
    with st.expander(_("Import"), key="bring_back_box"):  # without a key, another layer would close it
        label = _("Weights (safetensors, npz), settings (JSON) or drawings (npz)")
        help = _(
            "Any file downloaded from this dashboard. Weights may also come from another program, named w1, w2, … and "
            "b1, b2, …"
        )
        if upload(label, "bring_back", _take, help) and _WAITING in st.session_state:
            _ask()


def origin() -> None:
    """Show whether a run that has not started begins with the imported weights, and if not, why."""
    brought, job = current_run.given_weights(), current_run.job()
    if brought is None or job.run.step:
        return
    file = brought.called
    if job.run.recipe.start is None:
        bias = setting_in_words("bias", brought.parameters.biases is not None)
        words = _(
            "Training starts from random weights, because the weights in {file} only fit these settings: {settings}."
        )
        layers = _("layers {layers}").format(layers="-".join(map(str, brought.layer_sizes)))
        st.warning(words.format(file=file, settings=listed([layers, bias])), icon=":material/upload_file:")
        return
    words = _("Trained weights from {file}. **Train** continues from them; only then are they saved.")
    st.info(words.format(file=file), icon=":material/upload_file:")


def _take(name: str, data: bytes) -> object:
    """Import a file and return the outcome."""
    st.session_state.pop(_WAITING, None)
    match read_file(data):
        case Drawings() as drawings:
            return saved_drawings.bring_in(drawings, _reader())
        case Settings() as settings:
            controls.set_all(settings.hyperparameters)
            training_data.choose(with_names(settings.data))
            sentence = lazy_gettext("The settings are now those from {file}. Press **Train** to use them.")
            if not settings.are_all:
                sentence = lazy_gettext(
                    "The settings are now those from {file}, and the notebook's where it has none. Press **Train** to "
                    "use them."
                )
            return _Outcome(sentence, name)
        case weights:
            return _take_weights(name, weights)


def _take_weights(name: str, weights: Weights) -> object:
    """Use weights, or prepare questions about missing data. Their default answers are the settings on the controls."""
    if weights.activation is not None and weights.input_scale is not None:
        return _use(name, weights, weights.activation, weights.input_scale)
    asked = controls.asked()[0] or controls.DEFAULTS
    for setting in _ASKED:
        st.session_state[f"bring_back_{setting}"] = getattr(weights, setting) or getattr(asked, setting)
    st.session_state[_WAITING] = (name, weights)
    return ""


def _ask() -> None:
    st.markdown(_("The file does not say how the network was used. Choose its activation and pixel range:"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for setting in _ASKED:
            allowed: Choice = Hyperparameters.RANGES[setting]
            title, key = str(Hyperparameters.TITLES[setting]), f"bring_back_{setting}"
            st.selectbox(title, allowed.options, key=key, format_func=allowed.title)
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
    """Replace the run by one that begins with imported weights, and set the controls to it."""
    chosen, learn_from = controls.asked()
    settings = weights.hyperparameters(chosen or controls.DEFAULTS, activation, input_scale)
    brought = GivenWeights(name, weights.parameters)
    if not current_run.new_run_from(brought, settings, st.session_state["speed"], learn_from):
        raise Unreadable(
            lazy_gettext(
                "There is no room for this run, or its training data is still being prepared. Nothing was changed. "
                "Import the file again later."
            )
        )
    controls.set_all(settings)
    sentence = lazy_gettext("The weights from {file} are loaded.")
    if weights.has_settings and weights.settings is None:
        sentence = lazy_gettext(
            "The weights from {file} are loaded. Its settings are not allowed here, so yours stay as they are."
        )
    return _Outcome(sentence, name)


def _reader() -> Network:
    """Return the network that reads drawings: the session's own if it is trained, otherwise the pretrained one."""
    run = current_run.job().run
    return run.snapshot.network if current_run.is_trained(run) and not run.diverged else shared().get(load_pretrained)
