"""The slider through the training of the network that a page asks about."""

from __future__ import annotations

from collections.abc import Sequence

from digitviz.dashboard.components.through import released, through
from digitviz.dashboard.session import current_run, followed_digits
from digitviz.dashboard.session.addresses import stops_address
from digitviz.dashboard.session.subject import Subject, go_to
from digitviz.datasets import DigitDataset

KEY = "through"


def moment_slider(subject: Subject, sets: Sequence[DigitDataset] = ()) -> frozenset[str]:
    """Show the slider in place of the one in the sidebar; the page is run where it is let go.

    Parameters
    ----------
    subject : Subject
        From `subject(moments=False)`. The shipped reader has no training to go through.
    sets : sequence of DigitDataset
        Besides the test digits, what pictures of the page show.

    Returns
    -------
    frozenset of str
        The ids of those sets that follow while it moves. All others do where it is let go.
    """
    run = subject.run
    if run is None:
        return frozenset()

    def take() -> None:
        batch = released(KEY, run)
        if batch is not None:
            go_to(None if batch == "now" else batch)

    token, digits = current_run.token(), followed_digits.offer(run, sets)
    through(KEY, run, stops_address(token, run), subject.batch, take, digits=digits)
    return frozenset(digits)
