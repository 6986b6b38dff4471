"""The store of this server, its problems as text, and the computed values that all visitors share."""

from collections.abc import Callable
from pathlib import Path

from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.turns import turns
from digitviz.language import gettext as _
from digitviz.store import Kind, Store, Unavailable as Unavailable, default_url
from digitviz.values import Values

MAPS, DATASETS, ANSWERS, NUMBERS, LANDSCAPES = "maps", "datasets", "answers", "numbers", "landscapes"
EXAMPLES = "examples"
"""Lane for sample training runs of an experiment that has not begun."""
QUICK = "quick"
"""Lane for values that take less than a second, so that they do not wait for slower ones."""
LANES = {MAPS: 2, DATASETS: 1, ANSWERS: 1, NUMBERS: 1, QUICK: 1, LANDSCAPES: 1, EXAMPLES: 1}
"""Maximum number of values per lane that the server computes at the same time. Sessions take turns."""
SLOW = {MAPS, DATASETS, LANDSCAPES, EXAMPLES}


def store() -> Store:
    """Return the server's store of runs and values."""
    return shared().get(_store)


def _store() -> Store:
    from digitviz.projections.packing import MAP, MAP_FORMAT
    from digitviz.training.chunks import FORMAT, TRAJECTORY

    return Store(default_url(), formats={TRAJECTORY: FORMAT, MAP: MAP_FORMAT}, waiting=turns().set_aside)


def is_saving() -> bool:
    """Return whether pending data will be saved. After a damaged or removed file, the store uses a new one."""
    trouble = store().trouble
    return trouble is None or trouble.is_over


def trouble_in_words(write: Callable[[str], str] = as_code) -> str | None:
    """Describe what is not being saved and why. None if everything is saved.

    Parameters
    ----------
    write : callable, optional
        Formats the name of a file, by default for Markdown.
    """
    trouble = store().trouble
    if trouble is None:
        return None
    if trouble.aside is not None:
        said = _("The file of saved runs was damaged. It was renamed to {name}, and runs are now saved to a new file.")
        return said.format(name=write(Path(trouble.aside).name))
    if trouble.kind is Kind.REMOVED:
        return _(
            "Saved runs are missing: their file or database was deleted or replaced while the server was running. Open "
            "runs are saved again; the others come back only if the administrator of this server restores them."
        )
    reasons = {
        Kind.FULL: _("The disk is full."),
        Kind.READ_ONLY: _("The folder for saved runs is not writable."),
        Kind.LOCKED: _("Another program has locked the file of saved runs."),
        Kind.DAMAGED: _("The file of saved runs is damaged."),
        Kind.GONE: _("The database is not responding."),
    }
    reason = reasons.get(trouble.kind, _("The database rejected the data."))
    return _(
        "Your run continues, but it is not being saved. {reason} Saving resumes automatically once this is fixed. "
        "Until then, keep this page open."
    ).format(reason=reason)


def values() -> Values:
    """Return the computed values of this server."""
    return shared().get(_values)


def _values() -> Values:
    return Values(LANES, keeper=store(), slow=SLOW)
