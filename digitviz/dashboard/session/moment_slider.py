"""The slider through the training of the network that a page asks about."""

from __future__ import annotations

from digitviz.dashboard.components.through import released, through
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.addresses import stops_address
from digitviz.dashboard.session.subject import Subject, go_to

KEY = "through"


def moment_slider(subject: Subject) -> None:
    """Show the slider in place of the one in the sidebar; the page is run where it is let go.

    Parameters
    ----------
    subject : Subject
        From `subject(moments=False)`. The shipped reader has no training to go through.
    """
    run = subject.run
    if run is None:
        return

    def take() -> None:
        batch = released(KEY, run)
        if batch is not None:
            go_to(None if batch == "now" else batch)

    through(KEY, run, stops_address(current_run.token(), run), subject.batch, take)
