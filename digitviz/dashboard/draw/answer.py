"""The answer while a digit is drawn: the digit, its confidence, and the stages from ink to answer."""

import hashlib
import time
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components import first_reading, reader
from digitviz.dashboard.components.frame import announce
from digitviz.dashboard.components.pad import on_pad, pad, put
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.term import terms
from digitviz.dashboard.draw import readers, reasons
from digitviz.dashboard.runtime.turns import turns
from digitviz.dashboard.session import current_run, example, saved_drawings
from digitviz.dashboard.session.frame_choices import is_plain
from digitviz.datasets import DigitDataset
from digitviz.drawing import Drawing, Prediction, read, to_digit
from digitviz.drawing.drawing import empty_drawing
from digitviz.drawing.prediction import ALIKE
from digitviz.explanations.receipt import receipt
from digitviz.figures.picture import Plain
from digitviz.language import gettext as _, joined, lazy_gettext
from digitviz.networks.network import Network
from digitviz.numbers import a_digit, numeral
from digitviz.store import NoRoom

BLANK = "blank"
"""Query parameter of the page's URL that asks for the reading of a blank page: /draw?blank=yes."""
_BLANK_ASKED = "blank_page_asked"
"""Key of a flag in the session state: True once the visitor or the URL has asked for that reading."""
ANSWER_FIRST_SECONDS = 0.03
"""Delay between the server's answer and its reasons, so that the browser shows the answer before it draws the rest."""

BARS_HEIGHT = 312
FULL = {
    NoRoom.OWNER: lazy_gettext(
        "You have saved {count} drawings, which is the maximum. Download them, then delete some to make room."
    ),
    NoRoom.SERVER: lazy_gettext("This drawing was not saved: the server has no room for more drawings."),
}


def view() -> None:
    """Show the pad and every stage up to the answer. A fragment, so that drawing reruns nothing else."""
    if st.session_state.pop("drawings_changed", False):
        st.rerun()  # the saved drawings are outside this fragment
    if (full := st.session_state.pop("drawings_full", None)) is not None:
        st.error(FULL[full].format(count=saved_drawings.MAX_DRAWINGS))
    who, main = readers.who(), readers.main()
    networks = readers.networks()
    alone = who in networks
    in_browser = alone and reader.fits(networks[main], readers.learnt_from(main))
    if st.query_params.pop(BLANK, None) is not None:
        st.session_state[_BLANK_ASKED] = True
    drawn, answer = st.columns([3, 5], gap="medium")
    with drawn:
        with st.container():  # also without the challenge, so that the pad keeps its place
            if in_browser:
                reader.challenge("challenge")
        inked = pad("pad", example=in_browser and not st.session_state.get(_BLANK_ASKED))
    canvas = inked.canvas
    if canvas is None:
        answer.error(_("Part of the drawing got lost on its way to the server. Press Clear and draw it again."))
        return
    drawing = to_digit(canvas)
    asked = networks if not alone else (who,)
    readings = {name: read(drawing, networks[name], readers.learnt_from(name)) for name in asked}
    with answer:  # the same blocks with and without ink: a browser may keep the content of a replaced block
        said, shown = st.columns([5, 3]) if alone else (st.container(), st.container())
    with shown if in_browser else said, st.container(key="reading"):  # the digit as numbers, then the answer
        reader.answer("answer", readings[main], drawing.is_empty, None if alone else readers.titles()[main])
    fooled = _fooled(readings[main], readers.learnt_from(main), canvas)
    with said:
        if in_browser:
            first_reading.reason("reason", fooled, inked.number)
        elif fooled or alone:
            by_server = _("The server reads your drawing, because this network is large or learned from other digits.")
            st.caption(fooled or by_server)
        reader.network_in_browser("reader_network", networks[main] if in_browser else None)
        waits = drawing.is_empty and not _reads_blank_page(readings[main])
    followed = in_browser and inked.is_read and not drawing.is_empty
    for column, (name, prediction) in zip(shown.columns(len(readings)), readings.items(), strict=True):
        with column:
            _bars(name, prediction, alone, in_browser, followed or waits)
    if drawing.is_empty:
        return
    with drawn:
        announce("answer_spoken", _spoken(readings[main]) if inked.done else None)
    with said if alone else answer:  # below the digit as numbers
        _keep(readings[main].label is not None, bool(fooled))
    _stages(drawing, networks[main], readings[main], in_browser, followed)
    terms(*([] if is_plain() else ["probability", "logits"]), "hidden_layer", "activation")
    with st.container(key="details"):
        if inked.done and readings[main].label is not None:
            if not followed:
                with turns().set_aside():
                    time.sleep(ANSWER_FIRST_SECONDS)
            reasons.show(drawing, networks[main], readings[main], main)
            reasons.demo(canvas, networks[main], readings[main])
    reader.end("reader_end", inked.number)


def _fooled(prediction: Prediction, learnt_from: DigitDataset, canvas: np.ndarray) -> str:
    """Return that the visitor has fooled the network, and whether its training digits explain it. Possibly empty."""
    now, shows, answer = hash(canvas.tobytes()), st.session_state.get("shows"), prediction.label
    is_marked = st.session_state.setdefault("marked_drawing", now) == now
    if not is_marked or shows is None or answer in (None, shows) or np.ptp(prediction.probabilities) < ALIKE:
        return ""
    said = _("You fooled it: you drew {a_label}, and it says {answer}.")
    nearest, count = learnt_from.labels[prediction.neighbours[0]], numeral((learnt_from.labels == shows).sum())
    why = _("It learned from {count} examples of {a_label}, yet one {nearest} looks more like yours than any of them.")
    if nearest == shows:
        why = _("Yet the most similar digit it learned from is {a_label}: it only adds up numbers, pixel by pixel.")
    return joined([said, why]).format(a_label=a_digit(shows), answer=answer, nearest=nearest, count=count)


def _keep(ready: bool, is_fooled: bool) -> None:
    """Ask which digit was drawn, and offer to save it.

    Parameters
    ----------
    ready : bool
        True if it has been read.
    is_fooled : bool
        True to offer digits of the data set with the visitor's label.
    """

    def take() -> None:
        label, canvas, main = st.session_state.get("shows"), on_pad("pad").canvas, readers.main()
        if label is None or canvas is None:  # a second click, or a click after the visitor left the page
            return
        drawing = to_digit(canvas)  # with strokes that came together with this click
        if drawing.is_empty:
            return
        probabilities = read(drawing, readers.networks()[main], readers.learnt_from(main)).probabilities
        why = saved_drawings.keep(saved_drawings.new(canvas, drawing.digit, int(label), probabilities))
        if why is None:
            st.session_state["shows"] = None
            st.session_state["drawings_changed"] = True
            put("pad", np.zeros_like(canvas))
        else:
            st.session_state["drawings_full"] = why

    forget = partial(st.session_state.pop, "marked_drawing", None)
    with st.container(horizontal=True, vertical_alignment="bottom", key="keeping"):
        asked = _("What did you draw?")
        shows = st.pills(asked, range(10), key="shows", disabled=not ready, wrap=True, on_change=forget)
        about = _("First choose which digit you drew. The drawing is saved with your runs, and you can train on it.")
        st.button(_("Save drawing"), key="keep", disabled=not ready or shows is None, on_click=take, help=about)
        if is_fooled and st.button(_("See other {digit}s").format(digit=shows), key="see_learned"):
            st.session_state["data_label"] = shows
            st.switch_page("pages/data.py", query_params={"step": "1"})


def _spoken(prediction: Prediction) -> str:
    """Return the sentence for screen readers."""
    if prediction.label is None:
        return prediction.words
    return _("Read as {digit}. {words}").format(digit=prediction.label, words=prediction.words)


def _reads_blank_page(prediction: Prediction) -> bool:
    """Return whether the visitor has asked for the reading of a blank page, and explain it then."""
    state = st.session_state
    with st.container(key="blank-page"):
        if not state.get(_BLANK_ASKED):
            label = _("What does it read on an empty page?")
            st.button(label, key="read_blank", on_click=lambda: state.update({_BLANK_ASKED: True}))
            return False
        words = _(
            "**Not sure.** There is no ink, so nothing speaks for any digit. The bars show what the network says "
            "anyway."
        )
        st.markdown(words)
        st.caption(prediction.words)
    return True


def _bars(name: str, prediction: Prediction, alone: bool, in_browser: bool, waits: bool) -> None:
    """Show the probabilities of a network. Those of `waits` have no length, until the browser draws them."""
    run = current_run.job().run
    steps, untrained = run.step, name == "yours" and not current_run.is_trained(run)
    if not alone:
        st.caption(f"**{readers.titles()[name]}**" if waits else _verdict(name, prediction, untrained))
    elif name == "yours" and not current_run.is_owners():
        st.caption(_("The network of this run after {steps} steps").format(steps=numeral(steps)))
    elif untrained:
        st.caption(_("Your network in this tab is not trained yet."))
        st.page_link("pages/train.py", label=_("Train it, then come back"), icon=":material/play_arrow:")
        example.offer_latest()
    elif name == "yours" and steps == 0:
        st.caption(_("Your network, with your imported weights"))
    elif name == "yours":
        st.caption(_("Your network after {steps} steps").format(steps=numeral(steps)))
    numbers = (np.zeros(10), None) if waits else (prediction.probabilities, prediction.label)
    build = partial(_picture, "probability_bars", in_browser, *numbers)
    plot(f"bars_{name}", (numbers[0].tobytes(), in_browser), build, height=BARS_HEIGHT)


def _verdict(name: str, prediction: Prediction, untrained: bool) -> str:
    """Describe the answer of one of several networks."""
    if prediction.label is None:
        words = _("**{reader}** has no answer (not trained yet)") if untrained else _("**{reader}** has no answer")
    else:
        words = _("**{reader}** reads {digit} (not trained yet)") if untrained else _("**{reader}** reads {digit}")
    return words.format(reader=readers.titles()[name], digit=prediction.label)


def _stages(drawing: Drawing, network: Network, prediction: Prediction, in_browser: bool, followed: bool) -> None:
    mark: tuple[object, ...] = ("followed", len(network.parameters.weights[-1]))
    if not followed:
        mark = hashlib.sha256(np.packbits(drawing.ink).tobytes()).hexdigest(), prediction.probabilities.tobytes()

    def build(name: str) -> Plain:
        # The browser fills in its own numbers when it reads, so it gets pictures of an empty canvas, always the same.
        shown = empty_drawing() if followed else drawing
        content: tuple[object, ...] = (shown,)
        if name == "digit_with_numbers":
            content = shown.digit, _("8 × 8")
        elif name == "hidden_cells":
            activations = network.hidden(shown.row)[-1][0]
            content = activations, np.zeros(len(activations)) if followed else receipt(network, drawing.digit).leads
        return _picture(name, in_browser, *content)

    way, counted, hidden = st.columns([4, 2.2, 3.4], gap="medium", vertical_alignment="center")
    with way:
        plot("stages", (mark, in_browser), partial(build, "stages"), height=190)
        reader.steps("steps", drawing)
    with counted:
        plot("digit", (mark, in_browser), partial(build, "digit_with_numbers"), height=250)
    if len(network.parameters.weights) > 1 and prediction.label is not None:
        with hidden:
            plot("hidden", (mark, in_browser), partial(build, "hidden_cells"), height=260)


def _picture(name: str, in_browser: bool, *content: object) -> Plain:
    """Return a picture of the reading, which follows the pen if the browser reads."""
    figure: Plain = getattr(figures, name).plain(*content)
    return figures.reading.follow_pen(figure, name) if in_browser else figure
