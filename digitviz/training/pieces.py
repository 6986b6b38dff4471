"""Trainings that were kept: written as pieces while they run, and found again from these."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from digitviz.datasets import DigitDataset
from digitviz.training.engines import Checkpoint
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.keeper import Keeper
from digitviz.training.piece import NO_LINK, Piece, PieceForm
from digitviz.training.piece_checks import read_piece
from digitviz.training.recipe import Recipe
from digitviz.training.replay import Replay
from digitviz.training.run import Finder, TrainingRun
from digitviz.training.trajectory import Trajectory

CATCHES_UP_SECONDS = 0.05
"""A run stands where its trajectory ends soon after that has grown, or others are ahead of it: two slices of work."""

log = logging.getLogger(__name__)


def kept_pieces(keeper: Keeper, form: PieceForm, also_left: bool = True) -> Iterator[Piece]:
    """Yield the pieces that are kept of a training, from the first on; drop those from the first damaged one on.

    Parameters
    ----------
    keeper : Keeper
    form : PieceForm
    also_left : bool
        Whether those of what a branch has left go on where its own end early: they are then kept for it, too.
    """
    id, sound, link = form.recipe.id, 0, NO_LINK
    for data in keeper.load(id):
        try:
            piece = read_piece(data, form, sound + 1)
            if piece.after != link:
                raise ValueError("it does not go on from the one before")
        except ValueError as error:
            log.warning("piece %d of a training is damaged, and will be computed again: %s", sound + 1, error)
            keeper.drop(id, sound + 1)
            break
        yield piece
        sound, link = sound + 1, piece.link
    if also_left:
        yield from _left_pieces(keeper, form, sound)


def _left_pieces(keeper: Keeper, form: PieceForm, number: int) -> Iterator[Piece]:
    """Yield the pieces after so many that a branch shares with what it has left."""
    changes = form.recipe.changes
    shared = changes[-1].batch // form.batches if changes else 0
    if number >= shared:
        return
    left = PieceForm(form.recipe.up_to(changes[-1].batch), form.parameters, form.most_stops)
    for place, piece in enumerate(kept_pieces(keeper, left), start=1):
        if number < place <= shared:
            keeper.keep(form.recipe.id, place, piece.to_bytes())
            yield piece


def state_of(run: TrainingRun) -> bytes:
    """Return what a run needs, besides the pieces before it, to stand where it stands; any thread may ask.

    It is the piece that is not complete yet, with an exact checkpoint at its end. Of a run that moves it may end at an
    earlier step, and so it does at the divergence of one that diverged: that is computed again. The caller may have to
    wait for a slice of work.
    """
    return piece_of_state(run).to_bytes()


def piece_of_state(run: TrainingRun) -> Piece:
    """Return what `state_of` writes."""
    trajectory = run.trajectory
    step, checkpoint = _exact(run, trajectory)
    form = trajectory.form
    number = form.pieces_before(step)
    stops = {} if trajectory.writer is None else trajectory.writer.stops.copy()
    return Piece.of(
        trajectory, form, trajectory.links.before(number), stops, number * form.batches, step, checkpoint,
        trajectory.known_since,
    )  # fmt: skip


def _exact(run: TrainingRun, trajectory: Trajectory) -> tuple[int, Checkpoint | None]:
    """Return the last exact checkpoint at which a run has arrived, and its step."""
    snapshot = run.snapshot
    step = min(snapshot.step, trajectory.step)
    before = trajectory.checkpoint_before(step)
    if before[0] == step:
        return before
    if step < trajectory.step and snapshot.is_exact:  # it stands, and others have gone on
        replay = Replay(trajectory, step)
        replay.advance(replay.left)
        return step, replay.checkpoint
    if step < trajectory.step - trajectory.form.length:  # it moves far behind
        return before
    stood, checkpoint = trajectory.checkpoint_at_tip()
    return (stood, checkpoint) if run.wait_for(stood, CATCHES_UP_SECONDS) else before


def restore(
    recipe: Recipe, dataset: DigitDataset, hyperparameters: Hyperparameters, step: int, state: bytes | None,
    find: Finder = Trajectory,
) -> TrainingRun:  # fmt: skip
    """Return a run that stands at a step, or as near before it as is known; it computes nothing.

    When pieces before the state are lost, its curves begin where those of the state do, and it has a trajectory of its
    own, which nobody else is given: see `History.known_from` and `whole`.

    Parameters
    ----------
    recipe : Recipe
    dataset : DigitDataset
    hyperparameters : Hyperparameters
        Those of the run that was kept.
    step : int
    state : bytes, optional
        What `state_of` returned, or whatever it has become: a damaged one is passed over.
    find : callable
        Where trajectories are found, with the pieces that are kept of them.

    Raises
    ------
    ValueError
        If recipe, data set, settings and step do not fit each other.
    """
    if not 0 <= step <= hyperparameters.total_steps:
        raise ValueError(f"step: {step} is not between 0 and {hyperparameters.total_steps}")
    run = TrainingRun.following(recipe, dataset, hyperparameters, find)
    piece = None if state is None else _read_state(state, run.trajectory.form)
    if piece is not None and piece.step > run.trajectory.step:
        _take_up(run, piece)
    run.stand_at(min(step, run.trajectory.step))
    if piece is not None and piece.step == run.step and piece.checkpoint and run.trajectory.agrees_with(piece):
        run.stand_exactly(run.trajectory.form.weights(piece.checkpoint))
    return run


def whole(run: TrainingRun) -> TrainingRun:
    """Return a run of the same training without a gap, to take the place of this one when a job has brought it as far.

    It stands at the start, or as far as others have computed the training since.
    """
    other = TrainingRun.following(run.recipe, run.dataset, run.hyperparameters, run.find)
    other.stand_at(min(run.step, other.trajectory.step))
    return other


def _read_state(state: bytes, form: PieceForm) -> Piece | None:
    try:
        return read_piece(state, form)
    except ValueError as error:
        log.warning("where a training stood is damaged, and will be computed again: %s", error)
        return None


def _take_up(run: TrainingRun, state: Piece) -> None:
    """Let the trajectory of a run know what a state says, or one of its own where the pieces before are lost."""
    trajectory = run.trajectory
    pieces = list[Piece]()
    if state.first * trajectory.form.length > trajectory.step and trajectory.writer is not None:
        kept = kept_pieces(trajectory.writer.keeper, trajectory.form)
        pieces = [piece for piece in kept if piece.first < state.first]
    trajectory.take_up([*pieces, state])
    if trajectory.step < state.first * trajectory.form.length and not trajectory.is_over:
        alone = Trajectory(run.recipe, run.dataset)
        alone.take_up([state], after_a_gap=True)
        run.follow(alone)


def found(
    recipe: Recipe, dataset: DigitDataset, parent: Trajectory | None = None, keeper: Keeper | None = None
) -> Trajectory:
    """Return a trajectory with what is kept of it, or with what its parent knows, if that is more."""
    begun = Trajectory(recipe, dataset, parent, keeper)
    if keeper is None:
        return begun
    kept = Trajectory(recipe, dataset, keeper=keeper)
    kept.take_up(list(kept_pieces(keeper, kept.form, also_left=not begun.step)))
    return begun if begun.step > kept.step else kept
