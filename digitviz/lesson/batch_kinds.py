"""Over how many digits a step averages the gradient: all of them, some, or a single one."""

from __future__ import annotations

from enum import StrEnum

from digitviz.language import lazy_gettext as _


class BatchKind(StrEnum):
    """A kind of batch; its value is also what downloads call it."""

    FULL = "full batch"
    MINI = "mini-batch"
    ONE = "one sample"

    @property
    def words(self) -> str:
        """What a page calls it."""
        return str(_TITLES[self])


_TITLES = {BatchKind.FULL: _("full batch"), BatchKind.MINI: _("mini-batch"), BatchKind.ONE: _("one sample")}
