"""Some batches of a training, as bytes that can be kept anywhere and are checked when they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from digitviz.networks.parameters import Parameters
from digitviz.packing import pack
from digitviz.training.engines.checkpoint import Checkpoint
from digitviz.training.recipe import Recipe
from digitviz.training.records import Curves, Records, Spell
from digitviz.training.segment import Segment, overlapping

FORMAT = "digitviz piece 1"
"""Names what is written and in which form; another form needs another number."""
PIECE_BYTES = 256_000
"""Losses of a piece, at most, if it has more than one batch."""
MOST_BATCHES = 25
"""Of a piece."""
SMALL_BYTES = 500_000
"""Each piece has an exact checkpoint if that is no larger; else those have one whose number is a power of two."""
CHECKPOINT = "checkpoint."
NO_LINK = "0" * 64
"""That of nothing."""

Stops = Mapping[int, np.ndarray]
"""Weights for display by the number of finished batches, float32, shape (size,)."""


class PieceForm:
    """Where the pieces of a training begin and what they hold: it follows from the recipe alone.

    Parameters
    ----------
    recipe : Recipe
    parameters : Parameters
        Give the shapes.
    most_stops : int
        Weights for display that a trajectory keeps.

    Attributes
    ----------
    batches : int
        Of each piece.
    length : int
        Steps on each batch.
    recipe, parameters, most_stops
        As given.
    """

    def __init__(self, recipe: Recipe, parameters: Parameters, most_stops: int) -> None:
        self.recipe, self.parameters, self.most_stops = recipe, parameters, most_stops
        self.length = recipe.hyperparameters.steps_per_batch
        self.batches = min(max(PIECE_BYTES // (8 * self.length), 1), MOST_BATCHES)

    def is_stop(self, batches: int) -> bool:
        """Whether a piece holds the weights after so many batches: all are there that `Thinned` keeps in the end."""
        every = 1 << (-(-batches // self.most_stops) - 1).bit_length()  # the power of two from batches / most on
        return batches % every == 0

    def has_checkpoint(self, number: int, checkpoint: Checkpoint) -> bool:
        """Whether a piece, by its number from 1, holds the exact checkpoint of its end."""
        return sum(each.nbytes for each in checkpoint.values()) <= SMALL_BYTES or number & (number - 1) == 0

    def pieces_before(self, step: int) -> int:
        """Return how many pieces are complete after a step."""
        return step // (self.batches * self.length)

    def source(self, step: int) -> str:
        """Return the id of all that the steps up to this one follow from: a branch shares it with what it left."""
        batch, changes = -(-step // self.length), self.recipe.changes
        return self.recipe.id if not changes or changes[-1].batch < batch else self.recipe.up_to(batch).id

    def weights(self, checkpoint: Checkpoint) -> Parameters:
        """Return the weights and biases of a checkpoint, in arrays of their own."""
        return self.parameters.from_arrays([checkpoint[name].copy() for name, _ in self.parameters.named_arrays])

    def shown(self, checkpoint: Checkpoint) -> np.ndarray:
        """Return the weights and biases of a checkpoint for display, float32, shape (size,)."""
        with np.errstate(over="ignore"):
            return self.weights(checkpoint).to_vector().astype(np.float32)


class Links:
    """Hashes of everything that is recorded before each piece: those of the same training are chained by them.

    Parameters
    ----------
    curves : Curves
    form : PieceForm
    """

    def __init__(self, curves: Curves, form: PieceForm) -> None:
        self._curves, self._form = curves, form
        self._first = 0
        self._links: tuple[str, ...] = (NO_LINK,)

    def begin_with(self, first: int, link: str) -> None:
        """Go on from a piece before which nothing is recorded."""
        self._first, self._links = first, (link,)

    def before(self, number: int) -> str:
        """Return the link after so many pieces; all of them must be recorded."""
        links, batches = self._links, self._form.batches
        while len(links) <= number - self._first:
            start = (self._first + len(links) - 1) * batches
            losses = self._curves.losses[start : start + batches]
            links = (*links, _link(links[-1], losses, self._curves.of_batches[:, start : start + batches]))
        self._links = links
        return links[number - self._first]


def _link(after: str, losses: np.ndarray, of_batches: np.ndarray) -> str:
    return hashlib.sha256(after.encode() + losses.tobytes() + of_batches.tobytes()).hexdigest()


@dataclass(frozen=True, eq=False)
class Piece:
    """What is recorded of some batches of a training; the last need not be finished.

    Parameters
    ----------
    source : str
        See `PieceForm.source`.
    first : int
        Batches before it.
    step : int
        Steps that are taken at its end, in all.
    after : str
        The link of everything before it.
    known_since : float
        When its last step was computed, in seconds since 1970.
    losses : ndarray of float64, shape (steps,)
    of_batches : ndarray of float64, shape (4, finished batches)
        As in `Curves`.
    stops : mapping of int to ndarray
    spells : tuple of Spell
    segments : tuple of Segment
    checkpoint : dict or None
        The exact one of its end.
    """

    source: str
    first: int
    step: int
    after: str
    known_since: float
    losses: np.ndarray
    of_batches: np.ndarray
    stops: Stops
    spells: tuple[Spell, ...]
    segments: tuple[Segment, ...]
    checkpoint: Checkpoint | None

    @classmethod
    def of(
        cls, records: Records, form: PieceForm, after: str, stops: Stops, first: int, step: int,
        checkpoint: Checkpoint | None, known_since: float,
    ) -> Piece:  # fmt: skip
        """Return what is recorded from a batch on up to a step.

        Parameters
        ----------
        records : Records
        form : PieceForm
        after : str
        stops : mapping of int to ndarray
            Weights for display of these batches, as far as the records do not keep them any more.
        first, step : int
        checkpoint : dict, optional
        known_since : float
        """
        start, finished = first * form.length, step // form.length
        wanted = [batches for batches in range(first + 1, finished + 1) if form.is_stop(batches)]
        if step > finished * form.length and finished > first and finished not in wanted:
            wanted.append(finished)  # at the end of a batch its checkpoint tells
        shown = {each: stops[each] if each in stops else records.stops.after(each) for each in wanted}
        return cls(
            form.source(step), first, step, after, known_since,
            losses=records.curves.losses.ravel()[start:step].copy(),
            of_batches=records.curves.of_batches[:, first:finished].copy(),
            stops={each: vector for each, vector in shown.items() if vector is not None},
            spells=records.spells.between(start, step),
            segments=overlapping(records.segments, start, step),
            checkpoint=checkpoint,
        )  # fmt: skip

    @cached_property
    def link(self) -> str:
        """The link of everything up to its end, if it is complete."""
        return _link(self.after, self.losses, self.of_batches)

    def to_bytes(self) -> bytes:
        """Return what `read_piece` reads."""
        notes = {
            "source": self.source, "first": self.first, "step": self.step, "after": self.after,
            "known_since": self.known_since, "stops": list(self.stops),
            "spells": [
                [each.first, each.last, each.fault.step, each.fault.dead_neurons, each.fault.all_weights_zero]
                for each in self.spells
            ],
            "segments": [[each.step, each.engine_version, each.fingerprint.to_dict()] for each in self.segments],
        }  # fmt: skip
        arrays = {"losses": self.losses, "of_batches": self.of_batches}
        if self.stops:
            arrays["stops"] = np.stack(list(self.stops.values()))
        arrays |= {CHECKPOINT + name: array for name, array in (self.checkpoint or {}).items()}
        return pack(FORMAT, notes, arrays)

    def write_into(self, records: Records, form: PieceForm, since: int) -> None:
        """Record its steps in records that end after the step `since`; there must be room for them."""
        length, finished = form.length, self.step // form.length
        records.curves.losses.ravel()[since : self.step] = self.losses[since - self.first * length :]
        known = max(since // length, self.first)
        records.curves.of_batches[:, known:finished] = self.of_batches[:, known - self.first :]
        for batches, vector in self.stops.items():
            if batches > since // length:
                records.stops.add(batches, vector)
        for spell in self.spells:
            if spell.last > since:
                records.spells.record(spell.first, spell.last, spell.fault)
        for segment in overlapping(self.segments, since, self.step):
            records.begin_segment(segment)
        if self.checkpoint is not None and self.step == finished * length:
            records.checkpoints.add(finished, self.checkpoint)
            if finished not in self.stops and finished > self.first:
                records.stops.add(finished, form.shown(self.checkpoint))

    def agrees_with(self, records: Records, step: int) -> bool:
        """Whether what it says of the steps up to this one is what is recorded, to the last bit."""
        length = records.curves.losses.shape[1]
        start = self.first * length
        recorded = records.curves.losses.ravel()[start : min(step, self.step)]
        return recorded.tobytes() == self.losses[: len(recorded)].tobytes()
