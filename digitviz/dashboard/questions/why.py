"""Why did it say that? The receipt of one decision, and what stands beside it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitviz.dashboard.components.pad import put
from digitviz.dashboard.components.receipt import receipt_picture
from digitviz.dashboard.components.term import terms
from digitviz.dashboard.questions import why_beside, why_neuron, why_wrong
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.session.asked_digit import AskedDigit, asked_digit, choose, digit_sets
from digitviz.dashboard.session.subject import Subject, subject
from digitviz.drawing.picture import canvas_from_digit
from digitviz.explanations.receipt import Receipt, receipt
from digitviz.language import gettext as _

_DRAW = "why_to_the_pad"


def show() -> None:
    """Show the receipt of the digit that is asked about, or how to get a network that can be asked."""
    if st.session_state.pop(_DRAW, False):
        st.switch_page("pages/draw.py")
    asked_network = subject()
    if asked_network is None:
        return
    none_wrong = why_wrong.go_there(asked_network)
    digit = asked_digit(asked_network)
    with st.sidebar:
        _buttons(asked_network, digit, none_wrong)
    shown = (asked_network.id, digit.code, digit.id)
    network = asked_network.network
    try:
        told = receipt(network, digit.pixels)
        compared = why_neuron.against(shown)
        if compared is not None and compared != told.label:
            told = receipt(network, digit.pixels, compared)
    except ValueError:
        st.info(_("The network's numbers have overflowed: it has no answer."))
        return
    opened = why_neuron.opened(told, shown)
    st.markdown(_answer(asked_network, told, digit))
    with st.container(key="receipt_place"):
        receipt_picture(
            why_neuron.PICTURE, told, network.activation, opened.layer, opened.path, digit.label,
            on_open=lambda: why_neuron.take_opened(told, opened, shown),
            on_compare=lambda: why_neuron.take_compared(told, shown),
        )  # fmt: skip
    terms("weight", "bias", "activation", "logits", "probability")
    why_beside.show(asked_network, digit, told, opened, shown)


def _answer(asked_network: Subject, told: Receipt, digit: AskedDigit) -> str:
    """Say what the digit is read as, and whether that is correct."""
    if digit.label is None:
        words = _("Of {digit}, {network} says **{answer}** ({probability}); next comes {second} ({lower}).")
    elif digit.label == told.label:
        words = _(
            "For {digit} (label {label}), {network} correctly says **{answer}** ({probability}); the runner-up is "
            "{second} ({lower})."
        )
    else:
        words = _(
            "For {digit} (label {label}), {network} wrongly says **{answer}** ({probability}); the runner-up is "
            "{second} ({lower})."
        )
    second = int(np.argsort(-told.logits, kind="stable")[1])
    return words.format(
        digit=digit.title, label=digit.label, network=asked_network.title, answer=told.label, second=second,
        probability=_percent(told.probabilities[told.label]), lower=_percent(told.probabilities[second]),
    )  # fmt: skip


def _percent(probability: float) -> str:
    """Write a probability, with more digits near 0 and 1."""
    return f"{probability:.1%}" if 0.0995 < probability < 0.9995 else f"{probability:.2%}"


def _buttons(asked_network: Subject, digit: AskedDigit, none_wrong: bool) -> None:
    """Show what leads to another digit, and to the pad."""
    digits = digit_sets(asked_network).get(digit.set)
    with st.container(horizontal=True, gap="small", key="why_buttons"):
        if digits is not None:
            for by, label, icon, key in (
                (-1, _("Previous digit"), ":material/arrow_back:", "why_previous"),
                (1, _("Next digit"), ":material/arrow_forward:", "why_next"),
            ):
                st.button(
                    label, icon=icon, key=key,
                    on_click=on_click(lambda by=by: choose(digit.set, (digit.index + by) % len(digits))),
                )  # fmt: skip
            st.button(
                _("A misclassified one"), icon=":material/close:", key="why_wrong",
                on_click=on_click(lambda: why_wrong.look_for(digit)),
            )  # fmt: skip
        st.button(
            _("Put it on the pad"), icon=":material/draw:", key="why_pad", disabled=digit.set == "pad",
            on_click=on_click(lambda: _to_the_pad(digit)),
        )  # fmt: skip
    if none_wrong:
        st.caption(_("The network classifies all of these correctly."))


def _to_the_pad(digit: AskedDigit) -> None:
    put("pad", canvas_from_digit(digit.pixels.reshape(8, 8)))
    st.session_state[_DRAW] = True
