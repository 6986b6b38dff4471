"""Can it be fooled? Neurons that are silenced by a click; and, from `break_weights`, weights that are cut or typed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice as one_of
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.questions.break_weights import owner_of, reading_in_words, weights
from digitviz.dashboard.questions.computed import computed, numbers
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.session.asked_digit import AskedDigit
from digitviz.dashboard.session.subject import Subject
from digitviz.explanations.lesions import OnProgress, ablate, ablation_accuracies, silenced_accuracies
from digitviz.figures.thinning import evenly
from digitviz.language import gettext as _
from digitviz.language import ngettext

__all__ = ["neurons", "weights"]

HEIGHT, HIGHER, BELOW = 380, 440, 300
MANY = 50
"""Neurons that have room in the usual height; of more the numbers would lie on the pictures."""
MOST_POINTS = 101
"""Of the curve of neurons that fall silent."""
LAYER = "silent_layer"
_OFF = "silent_neurons"


def neurons(asked: Subject, choice: Callable[[], AskedDigit]) -> None:
    """Show the neurons of a hidden layer, to be silenced by a click, and what the network can do without them."""
    hidden = len(asked.network.parameters.weights) - 1
    if not hidden:
        st.info(_("This network has no hidden layer, so there is no neuron to take away."))
        return
    digit, layer = choice(), _layer(hidden)
    mark, width = (owner_of(asked), layer), asked.network.parameters.weights[layer].shape[1]
    off = _off(mark, width)
    cut, x = ablate(asked.network, layer, off), digit.pixels[None]
    before = asked.network.accuracy(asked.test.pixels, asked.test.labels)
    accuracy = cut.accuracy(asked.test.pixels, asked.test.labels) if off else before
    shown = (asked.id, digit.id, layer, off)
    left, right = st.columns([6, 4], gap="medium")
    with left:
        outputs, drawn = asked.network.hidden(x)[layer][0], len(figures.switches(asked.network.parameters, layer))
        plot(
            "neurons_off", shown, partial(figures.neuron_switches.plain, asked.network.parameters, layer, off, outputs),
            height=HEIGHT if drawn <= MANY else HIGHER, on_click=partial(_take_click, mark, asked), main=True,
        )  # fmt: skip
        if drawn < width:
            st.caption(_("{shown} of the {all} neurons are shown here.").format(shown=drawn, all=width))
    with right:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_accuracy_in_words(asked, len(off), width, accuracy, before), width="stretch")
            st.button(
                _("All back"), key="neurons_back", icon=":material/undo:", disabled=not off,
                on_click=on_click(lambda: st.session_state.pop(_OFF, None)),
            )  # fmt: skip
        st.markdown(reading_in_words(digit, asked.network, cut))
        readings = asked.network.predict_proba(x)[0], cut.predict_proba(x)[0]
        plot("neurons_off_readings", shown, partial(figures.two_readings.plain, *readings), height=270)
    _which_hurts(asked, mark, before, off, accuracy)


def _layer(hidden: int) -> int:
    """Let the reader choose a hidden layer if there are several; return it, from 0."""
    if hidden == 1:
        return 0
    with st.sidebar:
        return one_of(_("Hidden layer"), list(range(1, hidden + 1)), key=LAYER) - 1


def _off(mark: tuple[str, int], width: int) -> frozenset[int]:
    """Return the silent neurons of this layer, from 0."""
    held: tuple[tuple[str, int], frozenset[int]] | None = st.session_state.get(_OFF)
    return frozenset() if held is None or held[0] != mark else frozenset(k for k in held[1] if k < width)


def _take_click(mark: tuple[str, int], asked: Subject) -> None:
    """Silence the neuron that was clicked, or bring it back; what a browser sends is untrusted."""
    click, layer, parameters = clicked("neurons_off"), mark[1], asked.network.parameters
    if click is None:
        return
    neuron = figures.switch_at(click["x"], click["y"], layer, figures.switches(parameters, layer))
    if neuron is not None:
        _switch(mark, neuron, parameters.weights[layer].shape[1])


def _switch(mark: tuple[str, int], neuron: int, width: int) -> None:
    """Silence a neuron, or bring it back."""
    st.session_state[_OFF] = (mark, _off(mark, width) ^ {neuron})


def _accuracy_in_words(asked: Subject, silent: int, width: int, accuracy: float, before: float) -> str:
    count = f"{len(asked.test):,}"
    if not silent:
        said = _("With all {all} neurons **{accuracy}** of the {count} test digits are read correctly.")
        return said.format(all=width, accuracy=f"{accuracy:.1%}", count=count)
    said = ngettext(
        "Without {silent} of {all} neurons **{accuracy}** of the {count} test digits are read correctly, with it "
        "{before}.",
        "Without {silent} of {all} neurons **{accuracy}** of the {count} test digits are read correctly, with them "
        "{before}.",
        silent,
    )
    return said.format(silent=silent, all=width, accuracy=f"{accuracy:.1%}", count=count, before=f"{before:.1%}")


def _which_hurts(asked: Subject, mark: tuple[str, int], before: float, off: frozenset[int], accuracy: float) -> None:
    """Let the reader guess which neuron matters most, and show the accuracy while they fall silent one by one."""
    layer, mine = mark[1], (len(off), accuracy)
    wanted = numbers(f"silenced {asked.id} {layer}", partial(_measured, asked, layer))
    found = computed("silenced", [wanted], _("Without each neuron in turn: {share}"))
    if found is None:
        return
    known = found[0].of
    width, worst = len(known["without"]), int(known["without"].argmin())
    left, right = st.columns(2, gap="medium")
    with left:
        done = width == 1 or predict_first(
            f"worst_neuron_{layer}_{width}",
            _("Without which single neuron is the accuracy lowest?"),
            (1, width, 1),
            lambda _guess: _worst_in_words(known["without"], before),
        )
        if done:
            if width == 1:
                st.markdown(_worst_in_words(known["without"], before))
            if known["without"][worst] < before:
                words = _("Restore neuron {number}") if worst in off else _("Silence neuron {number}")
                st.button(
                    words.format(number=worst + 1), key="silence_worst", icon=":material/power_settings_new:",
                    on_click=on_click(partial(_switch, mark, worst, width)),
                )  # fmt: skip
            plot(
                "neuron_harms", (asked.id, layer), partial(figures.neuron_harms.plain, known["without"], before),
                height=BELOW,
            )  # fmt: skip
    with right:
        plot(
            "silenced_curve", (asked.id, layer, mine),
            partial(figures.silenced_curve.plain, known["counts"], known["accuracies"], mine), height=BELOW,
        )  # fmt: skip


def _worst_in_words(without: np.ndarray, before: float) -> str:
    """Say without which neuron the accuracy is lowest, and how many can be removed alone without a loss."""
    if without.min() < before:
        said = _(
            "Neuron **{number}** matters most: without it, accuracy drops to {accuracy}. Individually, {harmless} of "
            "the {all} neurons can be removed without any loss of accuracy."
        )
    else:
        said = _("Any single one of the {all} neurons can be removed without any loss of accuracy.")
    return said.format(
        number=int(without.argmin()) + 1, accuracy=f"{without.min():.1%}", harmless=int((without >= before).sum()),
        all=len(without),
    )  # fmt: skip


def _measured(asked: Subject, layer: int, report: OnProgress) -> dict[str, np.ndarray]:
    """Measure the accuracies without each neuron, and without more and more, the least harmful first."""
    network = asked.network
    without = ablation_accuracies(network, layer, asked.test, lambda done, of: report(done, 2 * of))
    order = np.argsort(-without, kind="stable")
    counts = evenly(len(order) + 1, MOST_POINTS)
    accuracies = silenced_accuracies(
        network, layer, asked.test, order, counts.tolist(), lambda done, of: report(of + done, 2 * of)
    )
    return {"without": without, "counts": counts, "accuracies": accuracies}
