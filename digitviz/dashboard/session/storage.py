"""The store of this server, what to say when it cannot save, and the computed values that all visitors share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.turns import turns
from digitviz.language import gettext as _
from digitviz.store import TRAJECTORY, Kind, Store, default_url
from digitviz.store import Unavailable as Unavailable
from digitviz.values import Values

MAPS, DATASETS, ANSWERS, NUMBERS, LANDSCAPES = "maps", "datasets", "answers", "numbers", "landscapes"
QUICK = "quick"
"""Numbers that take less than a second, so that they do not wait for those that take several."""
LANES = {MAPS: 2, DATASETS: 1, ANSWERS: 1, NUMBERS: 1, QUICK: 1, LANDSCAPES: 1}
"""How many of each kind are made at the same time on the server; the sessions take turns."""


def store() -> Store:
    """Return what keeps runs and values on this server."""
    return shared().get(_store)


def _store() -> Store:
    from digitviz.drawing.practice import COPIES, COPIES_FORMAT
    from digitviz.projections.packing import FILM, FILM_FORMAT, MAP, MAP_FORMAT
    from digitviz.training.chunks import FORMAT

    formats = {TRAJECTORY: FORMAT, MAP: MAP_FORMAT, FILM: FILM_FORMAT, COPIES: COPIES_FORMAT}
    return Store(default_url(), formats=formats, waiting=turns().set_aside)


def is_saving() -> bool:
    """Return whether what waits will be saved: a file that was put aside or removed has another in its place."""
    trouble = store().trouble
    return trouble is None or trouble.is_over


def trouble_in_words(write: Callable[[str], str] = as_code) -> str | None:
    """Say what is not being saved, and why; None if everything is.

    Parameters
    ----------
    write : callable, optional
        Writes the name of a file; for Markdown if not given.
    """
    trouble = store().trouble
    if trouble is None:
        return None
    if trouble.aside is not None:
        said = _("The file of saved runs was damaged. It was put aside as {name}, and runs are saved into a new one.")
        return said.format(name=write(Path(trouble.aside).name))
    if trouble.kind is Kind.REMOVED:
        return _(
            "Saved runs are missing: their file or database was deleted or replaced while the server was running. Runs "
            "that are open are saved again; the others are back only if whoever runs the server restores them."
        )
    reasons = {
        Kind.FULL: _("The disk is full."),
        Kind.READ_ONLY: _("The folder of saved runs cannot be written to."),
        Kind.LOCKED: _("Another program keeps the file of saved runs locked."),
        Kind.DAMAGED: _("The file of saved runs is damaged."),
        Kind.GONE: _("The database does not answer."),
    }
    reason = reasons.get(trouble.kind, _("The database refuses to save."))
    return _(
        "Your run goes on, but it is not being saved. {reason} Saving resumes by itself once that is fixed; until "
        "then, do not close this page."
    ).format(reason=reason)


def values() -> Values:
    """Return the values of this server."""
    return shared().get(_values)


def _values() -> Values:
    return Values(LANES, keeper=store())
