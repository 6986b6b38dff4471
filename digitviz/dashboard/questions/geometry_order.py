"""What does it look like inside? Whether the order of neurons matters: to the answers, and between two networks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.questions import geometry_line
from digitviz.dashboard.questions.computed import Numbers, computed, numbers
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.session.asked_digit import AskedDigit
from digitviz.dashboard.session.subject import Subject
from digitviz.explanations.lesions import OnProgress
from digitviz.explanations.matching import permute_neurons
from digitviz.figures.picture import Plain
from digitviz.figures.sentence import short
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.networks.network import Network
from digitviz.values import Value

HEIGHT = 320
COLUMNS, MOST = 10, 50
"""Of the pictures of neurons."""
AT_ONCE = 250
"""Digits that are read between two looks at whether anybody still waits."""
GUESSES = {
    "none": lazy_gettext("none"), "few": lazy_gettext("a few"), "half": lazy_gettext("about half"),
    "most": lazy_gettext("nearly all"),
}  # fmt: skip
_SHUFFLED = "neurons_shuffled_of"


def view(asked: Subject, _choice: Callable[[], AskedDigit]) -> None:
    """Let the reader shuffle the neurons, and show the straight line between two networks."""
    network = asked.network
    if len(network.parameters.weights) == 1:
        st.info(_("This network has no hidden layer, so there are no neurons whose order could change."))
        geometry_line.show(asked, main=True)
        return
    times = _times(asked)
    orders = _orders(network, max(times, 1))
    with st.container(key="geometry_order"):
        _pictures(asked, orders, times)
        st.button(
            _("Shuffle the neurons"), key="shuffle_neurons", icon=":material/shuffle:", type="primary",
            on_click=on_click(lambda: _shuffle(asked)),
        )  # fmt: skip
    _what_changes(asked, max(times, 1), bool(times))
    st.divider()
    geometry_line.show(asked)


def _times(asked: Subject) -> int:
    """Return how often this network's neurons have been shuffled."""
    of, times = st.session_state.get(_SHUFFLED, (None, 0))
    return int(times) if of == asked.id else 0


def _shuffle(asked: Subject) -> None:
    st.session_state[_SHUFFLED] = (asked.id, _times(asked) + 1)


def _orders(network: Network, seed: int) -> list[np.ndarray]:
    """Return a random order of each hidden layer's neurons."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(weight.shape[1]) for weight in network.parameters.weights[:-1]]


def _pictures(asked: Subject, orders: list[np.ndarray], times: int) -> None:
    """Show the neurons as they are, and beside them in their new places."""
    before, after = st.columns(2, gap="medium")
    with before:
        plot("neurons_in_order", asked.id, partial(_drawn, asked), height=HEIGHT, main=True)
        st.caption(_("Before: the weights of each neuron of the first hidden layer"))
    with after:
        build = partial(_drawn, asked, orders[0] if times else None)
        plot("neurons_shuffled", (asked.id, times), build, height=HEIGHT)
        if times:
            st.caption(_("Now: the same neurons in other places, with their old numbers"))
        else:
            st.caption(_("Now: each neuron still in its place"))


def _drawn(asked: Subject, order: np.ndarray | None = None) -> Plain:
    """Draw the neurons of the first hidden layer, without the scale of colours, which would take the room of three."""
    figure = figures.neuron_images.plain(asked.network.parameters, COLUMNS, MOST, order=order)
    figure["layout"]["coloraxis"]["showscale"] = False
    return figure


def _logits(asked: Subject, seed: int) -> Value:
    """Return what computes the logits of all test digits, of the network and of the same one shuffled."""
    network, pixels = asked.network, asked.test.pixels

    def compute(on_progress: OnProgress) -> dict[str, np.ndarray]:
        networks = {"before": network, "after": permute_neurons(network, _orders(network, seed))}
        logits: dict[str, list[np.ndarray]] = {name: [] for name in networks}
        for first in range(0, len(pixels), AT_ONCE):
            for name, each in networks.items():
                on_progress(first, len(pixels))
                logits[name].append(each.logits(pixels[first : first + AT_ONCE]))
        return {name: np.concatenate(parts) for name, parts in logits.items()}

    return numbers(f"shuffled {asked.id} {seed} {asked.test.id}", compute)


def _what_changes(asked: Subject, seed: int, done: bool) -> None:
    """Let the reader guess how many answers change, and show that none does."""
    found = computed("order", [_logits(asked, seed)], _("Reading the test digits before and after: {share}"))
    if found is None:
        return
    logits: Numbers = found[0]
    one, other, labels = logits.of["before"], logits.of["after"], asked.test.labels
    if not np.isfinite(one).all():
        st.info(_("The network's numbers have overflowed: it has no answer."))
        return
    changed = int((one.argmax(axis=1) != other.argmax(axis=1)).sum())
    largest = float(np.abs(one - other).max())

    def answer(_guess: str) -> str:
        said = _(
            "It is **{changed}** of {count}. Each neuron takes its weights along, those into it and those out of it, "
            "and a sum does not depend on the order of its terms."
        )
        return said.format(changed=changed, count=f"{len(one):,}")

    question = _("The hidden neurons change places. How many of the {count} test digits get another answer?")
    guessed = predict_first("order_guess", question.format(count=f"{len(one):,}"), GUESSES, answer)
    if not (guessed and done):
        return
    words = _(
        "Answers that differ: **{changed}** of {count}. Test accuracy: {before} before, **{after}** after. Largest "
        "difference of a logit: **{largest}**, where logits reach {logit}: rounding, as the numbers are added up in "
        "another order."
    )
    before, after = (f"{np.mean(each.argmax(axis=1) == labels):.1%}" for each in (one, other))
    said = {"changed": changed, "count": f"{len(one):,}", "before": before, "after": after}
    st.markdown(words.format(**said, largest=short(largest), logit=short(np.abs(one).max())))
