"""The session's queue of maps, and the progress of a map in words."""

from __future__ import annotations

import html

from digitviz.dashboard.runtime.outside import MOST_OF_AN_ERROR, as_code, bounded
from digitviz.dashboard.runtime.turns import turns
from digitviz.dashboard.session.lease import Kind, lease
from digitviz.dashboard.session.map_queue import MapQueue
from digitviz.dashboard.session.map_requests import MapProgress, MapState, Reason
from digitviz.dashboard.session.shared_values import values
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.projections import Embedding

POLL_SECONDS = 0.2
PATIENCE = 0.3
"""Seconds that a page waits for its first map, so that it is there with the page and not a moment later."""

WORDS = {
    MapState.WAITING: lazy_gettext("waiting"), MapState.MOVING: lazy_gettext("computing"),
    MapState.DONE: lazy_gettext("done"), MapState.FAILED: lazy_gettext("no map"),
}  # fmt: skip
"""What is said of a map before there is anything to see."""
REASONS = {
    Reason.STOPPED: lazy_gettext("Stopped at iteration {iteration} of {iterations}. Press Compute again to finish it."),
    Reason.DROPPED: lazy_gettext("This map was dropped. Press Compute again."),
    Reason.NOT_FINITE: lazy_gettext("There is no map: some numbers are infinite, not a number, or far too large."),
    Reason.SAME: lazy_gettext("There is no map: all points are the same."),
    Reason.REFUSED: lazy_gettext("There is no map: {error}"),
    Reason.BROKEN: lazy_gettext("This map could not be drawn; the server's log says why."),
}


MAPS = Kind[MapQueue](MapQueue.close)


def queue() -> MapQueue:
    """Return the session's queue of maps; what is drawn for it alone stops when the tab closes."""
    held = lease().held(MAPS)
    return lease().hold(MAPS, MapQueue(values(), ("maps", lease().token), lease().owner)) if held is None else held


def wait(ids: list[str], seconds: float) -> None:
    """Wait until these maps are finished, but not longer than this; other pages go on meanwhile."""
    with turns().set_aside():
        queue().wait(ids, seconds)


def why_not(progress: MapProgress) -> str:
    """Say in Markdown why there is no map; what the core says of it stands there as code."""
    return _reason(progress, as_code(progress.error, most=MOST_OF_AN_ERROR))


def why_not_in_picture(progress: MapProgress) -> str:
    """Say why there is no map where it would be: without Markdown, and with nothing that Plotly takes for markup."""
    return _reason(progress, html.escape(bounded(progress.error, MOST_OF_AN_ERROR)))


def coming(progress: MapProgress) -> str:
    """Say in the place of a map why it is not there, or not yet."""
    return why_not_in_picture(progress) if progress.state == MapState.FAILED else str(WORDS[progress.state])


def _reason(progress: MapProgress, error: str) -> str:
    numbers = {"iteration": f"{progress.iteration:,}", "iterations": f"{progress.iterations:,}"}
    return REASONS[progress.reason or Reason.REFUSED].format(error=error, **numbers)


def how_it_stands(progress: MapProgress) -> str:
    """Say in one line how far a map is, or how good it is and how long it took."""
    if progress.embedding is not None:
        return f"{quality_in_words(progress.embedding)} · {took(progress.embedding.seconds, progress)}"
    if progress.iterations and not progress.finished:
        return _("iteration {number} of {count}").format(
            number=f"{progress.iteration:,}", count=f"{progress.iterations:,}"
        )
    return str(WORDS[progress.state])


def quality_in_words(embedding: Embedding) -> str:
    """Say how good a map is."""
    words = [_("trustworthiness {share}").format(share=f"{embedding.trustworthiness:.1%}")]
    if embedding.neighbour_accuracy is not None:
        words.append(_("neighbour accuracy {share}").format(share=f"{embedding.neighbour_accuracy:.1%}"))
    if embedding.explained_variance is not None:
        words.append(_("explained variance {share}").format(share=f"{sum(embedding.explained_variance):.1%}"))
    if embedding.stress is not None:
        words.append(_("stress {stress}").format(stress=f"{embedding.stress:.2f}"))
    return " · ".join(words)


def took(seconds: float, progress: MapProgress) -> str:
    """Say how long a map took, and whether it had been computed before."""
    time = _("{seconds} s").format(seconds=f"{seconds:.2f}") if seconds >= 0.01 else _("under 0.01 s")
    if progress.embedding is not None and progress.embedding.cached and not progress.kept:
        return _("took **{time}**, now from disk").format(time=time)
    return (_("took **{time}**, kept since") if progress.kept else _("took **{time}**")).format(time=time)
