"""Does the order of neurons matter? To the answers it does not; between two networks it does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.questions import geometry_line
from digitviz.dashboard.questions.asked_digit import AskedDigit
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.controls import Remembered, button
from digitviz.dashboard.questions.subject import Subject
from digitviz.explanations.matching import permute_neurons, random_orders
from digitviz.explanations.progress import OnProgress, in_parts
from digitviz.figures.picture import Plain, short
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext

COLUMNS, MAX_NEURONS = 10, 50
"""For the pictures of neurons."""
AT_ONCE = 250
"""Digits that are read between two reports of the progress."""
GUESSES = {
    "none": lazy_gettext("none"),
    "few": lazy_gettext("a few"),
    "half": lazy_gettext("about half"),
    "most": lazy_gettext("nearly all"),
}
SHUFFLED = Remembered("neurons_shuffled_of", 0)
"""How many times a network's neurons have been shuffled, by `Subject.id`."""


def view(asked: Subject, _choice: Callable[[], AskedDigit]) -> None:
    """Let the visitor shuffle the neurons, and show the straight line between two networks."""
    network = asked.network
    if len(network.parameters.weights) == 1:
        st.info(_("This network has no hidden layer, so there are no neurons whose order could change."))
        geometry_line.show(asked, main=True)
        return
    times = SHUFFLED.of(asked.id)
    orders = random_orders(network, max(times, 1))
    with st.container(key="geometry_order"):
        _pictures(asked, orders, times)

        def shuffle() -> None:
            SHUFFLED.keep(asked.id, SHUFFLED.of(asked.id) + 1)

        button(_("Shuffle the neurons"), "shuffle_neurons", shuffle, "shuffle", type="primary")
    _what_changes(asked, max(times, 1), bool(times))
    st.divider()
    geometry_line.show(asked)


def _pictures(asked: Subject, orders: list[np.ndarray], times: int) -> None:
    """Show the neurons as they are, and beside them in their new places."""
    before, after = st.columns(2, gap="medium")
    with before:
        plot("neurons_in_order", asked.id, partial(_drawn, asked), height=320, main=True)
        st.caption(_("Before: the weights of each neuron of the first hidden layer"))
    with after:
        build = partial(_drawn, asked, orders[0] if times else None)
        plot("neurons_shuffled", (asked.id, times), build, height=320)
        if times:
            st.caption(_("Now: the same neurons in other places, with their old numbers"))
        else:
            st.caption(_("Now: each neuron still in its place"))


def _drawn(asked: Subject, order: np.ndarray | None = None) -> Plain:
    """Draw the neurons of the first hidden layer, without the colour scale, which needs the room of three."""
    figure = figures.neuron_images.plain(asked.network.parameters, COLUMNS, MAX_NEURONS, order=order)
    figure["layout"]["coloraxis"]["showscale"] = False
    return figure


def _what_changes(asked: Subject, seed: int, done: bool) -> None:
    """Let the visitor guess how many answers change, and show that none does."""
    network = asked.network

    def read(on_progress: OnProgress) -> np.ndarray:
        networks = network, permute_neurons(network, random_orders(network, seed))

        def both(rows: np.ndarray) -> np.ndarray:
            return np.stack([each.logits(rows) for each in networks], axis=1)

        return in_parts(both, asked.test.pixels, AT_ONCE, on_progress)

    id, words = f"shuffled {asked.id} {seed} {asked.test.id}", _("Reading the test digits before and after: {share}")
    logits = computed("order", id, read, words)
    if logits is None:
        return
    one, other, labels = logits[:, 0], logits[:, 1], asked.test.labels
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
