"""Parts of a trajectory, by what computed them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from digitviz.training.fingerprint import Fingerprint


@dataclass(frozen=True)
class Segment:
    """A part of a trajectory that was computed by the same kind of machine and engine.

    Parameters
    ----------
    step : int
        Steps that are taken before it begins.
    fingerprint : Fingerprint
    engine_version : int
        Which numbers of the engine, see `ENGINE_VERSIONS`: not the recipe's where an older recipe was gone on with.
    """

    step: int
    fingerprint: Fingerprint
    engine_version: int

    def is_like(self, other: Segment) -> bool:
        """Whether the same computed both."""
        return (self.fingerprint, self.engine_version) == (other.fingerprint, other.engine_version)


def overlapping(segments: tuple[Segment, ...], before: int, step: int) -> tuple[Segment, ...]:
    """Return the parts of segments that lie after the step `before` and up to `step`."""
    ends = [*(segment.step for segment in segments[1:]), step]
    return tuple(
        dataclasses.replace(segment, step=max(segment.step, before))
        for segment, end in zip(segments, ends, strict=False)
        if segment.step < step and end > before
    )
