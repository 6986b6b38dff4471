"""The digits that a browser reads anew at every moment of a training: a session holds them until it asks for them."""

from __future__ import annotations

from collections.abc import Sequence

from digitviz.dashboard.components.through import packed_digits, that_follow
from digitviz.dashboard.session.addresses import digits_address
from digitviz.dashboard.session.lease import Kind, lease, lease_of
from digitviz.datasets import DigitDataset
from digitviz.training.run import TrainingRun

_HELD = Kind[dict[str, DigitDataset]](lambda _digits: None)


def offer(run: TrainingRun, sets: Sequence[DigitDataset]) -> dict[str, str]:
    """Hold those digits that can follow the slider of a run; return where they are asked for, by their ids."""
    held = lease().hold(_HELD, {digits.id: digits for digits in that_follow(run, sets)})
    return {id: digits_address(lease().token, run, id) for id in held}


def packed(token: str, id: str) -> bytes | None:
    """Return digits for the browser of the session with this token; None for those that it does not hold."""
    found = lease_of(token)
    digits = None if found is None else (found.held(_HELD) or {}).get(id)
    return None if digits is None else packed_digits(digits)
