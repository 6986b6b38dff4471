"""What does it look like inside? The straight line between the weights of this network and those of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.questions.computed import computed
from digitviz.dashboard.questions.geometry_other import End, other_end
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.session.kept_runs import Unreadable
from digitviz.dashboard.session.shared_values import LANDSCAPES
from digitviz.dashboard.session.subject import YOURS, Subject, ask
from digitviz.explanations.matching import match_neurons, permute_neurons
from digitviz.explanations.straight_line import StraightLine, straight_line
from digitviz.figures import straight_line as picture
from digitviz.figures.straight_line import AS_THEY_ARE, MATCHED
from digitviz.language import gettext as _
from digitviz.language import ngettext
from digitviz.values import Report, Value

HEIGHT = 380
POINTS = 21


@dataclass(frozen=True, eq=False)
class Lines:
    """The straight line to another network, as it is and after matching its neurons.

    Parameters
    ----------
    of : mapping of str to StraightLine
        The second is not there without a hidden layer.
    moved, neurons : int
        How many of the other's hidden neurons the matching puts into another place, and how many there are.
    step : int or None
        Steps that the other network has taken, where that is another run.
    """

    of: Mapping[str, StraightLine]
    moved: int
    neurons: int
    step: int | None

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return sum(line.nbytes for line in self.of.values())


def show(asked: Subject, main: bool = False) -> None:
    """Let the reader choose another network with the same layers, and show the line between the two.

    Parameters
    ----------
    asked : Subject
    main : bool
        Whether the picture is the main one of its step.
    """
    st.subheader(_("The straight line between two networks"))
    if asked.run is None:
        st.info(_("The ready-made network cannot be trained again from another seed here. Yours can."))
        st.button(_("Ask your network"), key="line_ask_yours", on_click=on_click(partial(ask, YOURS)))
        return
    other = other_end(asked)
    if other is None:
        return
    wanted = _value(asked, other)
    try:
        found = computed(
            "line", [wanted], _("Matching the neurons and measuring along the line: {share}"), (ValueError,)
        )
    except Unreadable:
        st.info(_("What is kept of this run cannot be read."))
        return
    except ValueError:  # a network of which numbers are not finite cannot be matched
        st.info(_("The network's numbers have overflowed: it has no answer."))
        return
    if found is not None:
        lines: Lines = found[0]
        plot("straight_line", wanted.id, partial(picture.straight_line.plain, lines.of), height=HEIGHT, main=main)
        st.markdown(_in_words(lines))
        if lines.step is not None:
            taken = ngettext(
                "The other network has taken {steps} step.", "The other network has taken {steps} steps.", lines.step
            )
            st.caption(taken.format(steps=f"{lines.step:,}"))


def _value(asked: Subject, end: End) -> Value:
    """Return what computes the lines."""
    run = asked.run
    assert run is not None
    network, test, loss = asked.network, asked.test, run.hyperparameters.loss

    def compute(report: Report) -> Lines:
        other, step = end.network()
        hidden = len(network.parameters.weights) > 1
        count = (1 + hidden) * POINTS

        def progress(before: int, done: int, _of: int) -> None:
            report((before + done, count))

        lines = {AS_THEY_ARE: straight_line(network, other, test, loss, POINTS, partial(progress, 0))}
        moved = neurons = 0
        if hidden:
            orders = match_neurons(network, other)
            moved = sum(int((order != np.arange(len(order))).sum()) for order in orders)
            neurons = sum(map(len, orders))
            matched = permute_neurons(other, orders)
            lines[MATCHED] = straight_line(network, matched, test, loss, POINTS, partial(progress, POINTS))
        return Lines(lines, moved, neurons, step)

    return Value(f"line {asked.id} {end.id} {loss} {test.id}", compute, LANDSCAPES)


def _in_words(lines: Lines) -> str:
    """Say where the line is worst, before and after matching."""
    as_they_are = lines.of[AS_THEY_ARE]
    if MATCHED not in lines.of:
        words = _(
            "Without a hidden layer there is nothing to match. On the line the accuracy is at worst **{worst}**, {at} "
            "of the way; at its ends it is {start} and {end}."
        )
        return words.format(**_numbers(as_they_are))
    matched = lines.of[MATCHED]
    words = ngettext(
        "At the ends of the line, accuracy is {start} and {end}. In between, with the neurons as they are, the lowest "
        "is **{worst}** ({at} of the way). Matching reorders the neurons of the other network so that, all together, "
        "their weights come as close to those here as it can bring them; {moved} of {count} neuron changes places. The "
        "lowest accuracy is then **{then}**.",
        "At the ends of the line, accuracy is {start} and {end}. In between, with the neurons as they are, the lowest "
        "is **{worst}** ({at} of the way). Matching reorders the neurons of the other network so that, all together, "
        "their weights come as close to those here as it can bring them; {moved} of {count} neurons change places. The "
        "lowest accuracy is then **{then}**.",
        lines.moved,
    )
    then = f"{matched.accuracies.min():.1%}"
    return words.format(**_numbers(as_they_are), then=then, moved=lines.moved, count=lines.neurons)


def _numbers(line: StraightLine) -> dict[str, str]:
    worst = int(line.accuracies.argmin())
    return {
        "start": f"{line.accuracies[0]:.1%}", "end": f"{line.accuracies[-1]:.1%}",
        "worst": f"{line.accuracies[worst]:.1%}", "at": f"{line.fractions[worst]:.0%}",
    }  # fmt: skip
