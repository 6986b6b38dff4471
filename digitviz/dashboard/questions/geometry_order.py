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
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.session.asked_digit import AskedDigit
from digitviz.dashboard.session.subject import Subject
from digitviz.explanations.matching import permute_neurons
from digitviz.figures.picture import Plain
from digitviz.figures.sentence import short
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.networks.network import Network

HEIGHT = 320
COLUMNS, MOST = 10, 50
"""Of the pictures of neurons."""
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
    with np.errstate(all="ignore"):
        if not np.isfinite(network.logits(asked.test.pixels)).all():
            st.info(_("The network's numbers have overflowed: it has no answer."))
            return
    times = _times(asked)
    orders = _orders(network, max(times, 1))
    with st.container(key="geometry_order"):
        _pictures(asked, orders, times)
        st.button(
            _("Shuffle the neurons"), key="shuffle_neurons", icon=":material/shuffle:", type="primary",
            on_click=on_click(lambda: _shuffle(asked)),
        )  # fmt: skip
    _what_changes(asked, permute_neurons(network, orders), bool(times))
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


def _what_changes(asked: Subject, shuffled: Network, done: bool) -> None:
    """Let the reader guess how many answers change, and show that none does."""
    x, network = asked.test.pixels, asked.network
    one, other = network.logits(x), shuffled.logits(x)
    changed = int((one.argmax(axis=1) != other.argmax(axis=1)).sum())
    largest = float(np.abs(one - other).max())

    def answer(_guess: str) -> str:
        said = _(
            "It is **{changed}** of {count}. Each neuron takes its weights along, those into it and those out of it, "
            "and a sum does not depend on the order of its terms."
        )
        return said.format(changed=changed, count=f"{len(x):,}")

    question = _("The hidden neurons change places. How many of the {count} test digits get another answer?")
    guessed = predict_first("order_guess", question.format(count=f"{len(x):,}"), GUESSES, answer)
    if not (guessed and done):
        return
    words = _(
        "Answers that differ: **{changed}** of {count}. Test accuracy: {before} before, **{after}** after. Largest "
        "difference of a logit: **{largest}**, where logits reach {logit}: rounding, as the numbers are added up in "
        "another order."
    )
    before, after = (f"{each.accuracy(x, asked.test.labels):.1%}" for each in (network, shuffled))
    said = {"changed": changed, "count": f"{len(x):,}", "before": before, "after": after}
    st.markdown(words.format(**said, largest=short(largest), logit=short(np.abs(one).max())))
