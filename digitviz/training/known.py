"""What is known of a training, whether it was computed here or taken up from pieces that were kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from digitviz.datasets import DigitDataset
from digitviz.training.faults import Divergence, Stuck
from digitviz.training.keeper import Keeper
from digitviz.training.piece import Links, Piece, PieceForm
from digitviz.training.piece_writer import PieceWriter
from digitviz.training.recipe import Recipe
from digitviz.training.records import Checkpoint, Records, Thinned, Tip
from digitviz.training.setup import Setup

STOPS = 200
"""Ends of batches whose weights are kept for display, at most."""
STOPS_BYTES = 8_000_000
"""And no more than fit into this, but two at least."""
CHECKPOINTS_BYTES = 16_000_000
"""Exact checkpoints kept of a trajectory, besides the latest."""


class Known(Setup, Records):
    """As much of a training as is known; a `Trajectory` is one that takes further steps.

    Parameters
    ----------
    recipe : Recipe
    dataset : DigitDataset
        That of the recipe.
    keeper : Keeper, optional
        Is given each piece as soon as it is complete.

    Attributes
    ----------
    judged : dict of int to float
        Some test accuracies in the middle of batches, by step.
    known_since : float
        When its last step was computed, in seconds since 1970; 0 before the first.
    known_from : int
        Batches of which nothing is known, because they were lost: 0 but for what `pieces.restore` makes.
    form : PieceForm
    links : Links
    writer : PieceWriter or None
    """

    def __init__(self, recipe: Recipe, dataset: DigitDataset, keeper: Keeper | None) -> None:
        Setup.__init__(self, recipe, dataset)
        stop_bytes, checkpoint_bytes = 4 * self.initial_parameters.size, self.checkpoint_bytes
        Records.__init__(
            self,
            recipe.hyperparameters.steps_per_batch,
            stops=Thinned(min(STOPS, max(2, STOPS_BYTES // stop_bytes)), stop_bytes),
            checkpoints=Thinned(CHECKPOINTS_BYTES // checkpoint_bytes, checkpoint_bytes),
        )
        self.judged, self.known_since, self.known_from = dict[int, float](), 0.0, 0
        self.form = PieceForm(recipe, self.initial_parameters, self.stops.most)
        self.links = Links(self.curves, self.form)
        self.writer = None if keeper is None else PieceWriter(keeper, self.form, self.links)
        self._left_off: Checkpoint | None = None  # where an engine once stood in the batch of the tip
        self._writing = threading.Lock()
        self._tip = Tip(0, self.initial_parameters.copy())

    @property
    def serial(self) -> str:
        """Tells what is recorded from what is recorded of every other training: the id of the recipe, if all is."""
        return f"{self.recipe.id} from batch {self.known_from}" if self.known_from else self.recipe.id

    @property
    def step(self) -> int:
        """Steps that are known."""
        return self._tip.step

    @property
    def tip(self) -> Tip:
        """The last moment that is known."""
        return self._tip

    @property
    def is_over(self) -> bool:
        """Whether it diverged, so that no further step can be taken."""
        return self._tip.divergence is not None

    def fault_at(self, step: int, is_goal: bool = False) -> Divergence | Stuck | None:
        """Tell what is wrong after so many steps, of those that are known.

        Parameters
        ----------
        step : int
        is_goal : bool
            Whether no more were asked for: then a divergence on the batch that comes next is no concern.
        """
        tip, batches = self._tip, step // self.recipe.hyperparameters.steps_per_batch
        if tip.divergence is not None and step == tip.step:
            known = batches > self.known_from  # else the batch before was lost, and ended well
            ended_well = is_goal and step and not (known and np.isnan(self.curves.of_batches[1, batches - 1]))
            return self.spells.at(step) if ended_well else tip.divergence
        return self.spells.at(step)

    def checkpoint_before(self, step: int) -> tuple[int, Checkpoint | None]:
        """Return the last exact checkpoint up to a step, and its step; None for the start."""
        length, left_off = self.recipe.hyperparameters.steps_per_batch, self._left_off
        batches, checkpoint = self.checkpoints.last(step // length) or (0, None)
        if left_off is not None and batches * length < (stood := int(left_off["step"])) <= step:
            return stood, left_off
        return batches * length, checkpoint

    def agrees_with(self, piece: Piece) -> bool:
        """Whether a piece begins within what is known, and says the same of it to the last bit."""
        step, number = max(self.step, self.known_from * self.form.length), piece.first // self.form.batches
        if not self.known_from <= piece.first <= step // self.form.length:
            return False
        return piece.after == self.links.before(number) and piece.agrees_with(self, step)

    def _record_pieces(self, pieces: Sequence[Piece], after_a_gap: bool) -> bool:
        """Record what pieces hold beyond what is known, inside the lock; return whether there was anything."""
        if after_a_gap:
            self.known_from = pieces[0].first
            self.links.begin_with(self.known_from // self.form.batches, pieces[0].after)
        since = max(self.step, self.known_from * self.form.length)
        going_on = self._going_on(pieces)
        if not going_on or self.is_over:
            return False
        last = going_on[-1]
        assert last.checkpoint is not None
        self.curves.reserve(-(-last.step // self.form.length))
        for piece in going_on:
            piece.write_into(self, self.form, since)
            since = piece.step
        if self.writer is not None:
            self.writer.go_on_with(last.stops, last.step)
        self._left_off = last.checkpoint if last.step % self.form.length else None
        self.known_since = max(self.known_since, last.known_since)
        self._tip = Tip(last.step, self.form.weights(last.checkpoint))
        return True

    def _going_on(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        """Return those pieces that go on from what is known, to the last bit, up to the last with a checkpoint."""
        going_on = list[Piece]()
        for piece in pieces:
            before = going_on[-1] if going_on else None
            fits = piece.after == before.link if before else piece.step <= self.step or self.agrees_with(piece)
            if not fits:
                break
            if piece.step > self.step:
                going_on.append(piece)
        while going_on and going_on[-1].checkpoint is None:
            going_on.pop()
        return going_on
