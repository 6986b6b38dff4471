"""What is read of a training that was kept is what was written, or it is computed again."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitviz.packing import pack, unpack
from digitviz.training.piece import FORMAT, Piece
from digitviz.training.piece_checks import read_piece
from digitviz.training.pieces import state_of
from tests.examples import examples
from tests.training.keeping import Kept, everything, pieces_of, same
from tests.training.test_pieces import kept_run, restored
from tests.training.test_slicing import DIGITS
from tests.training.test_trajectory import SMALL, in_one_go

SETTINGS = dataclasses.replace(SMALL, hidden=(2,), optimizer="adam", learning_rate=1e-3, engine="numpy")


@pytest.fixture(scope="module")
def kept():
    """A keeper with three pieces, the run that it kept them of, in the middle of the next one, and its state."""
    keeper = Kept()
    with pieces_of(1):
        run = kept_run(DIGITS, SETTINGS, 35, keeper)
        yield keeper, run, state_of(run)


damages = st.one_of(
    st.tuples(st.just("flipped"), st.integers(0, 10**6), st.integers(1, 255)),
    st.tuples(st.just("cut off"), st.integers(0, 10**6), st.just(0)),
    st.tuples(st.just("longer"), st.integers(0, 10**6), st.integers(1, 100)),
)


def damaged(data: bytes, damage: tuple[str, int, int]) -> bytes:
    kind, place, by = damage
    place %= len(data)
    if kind == "flipped":
        return data[:place] + bytes([data[place] ^ by]) + data[place + 1 :]
    return data[:place] if kind == "cut off" else data + b"x" * by


@settings(max_examples=examples(400), deadline=None, derandomize=True)
@given(damages)
def test_a_damaged_piece_is_refused_or_says_the_same(kept, damage):
    keeper, run, state = kept
    piece = keeper.load(run.recipe.id)[1]
    for data, number in ((piece, 2), (state, None)):
        try:
            read = read_piece(damaged(data, damage), run.trajectory.form, number)
        except ValueError:
            continue
        assert read.to_bytes() == data  # in the header some spaces have no meaning


def test_every_single_byte_counts(kept):
    _keeper, run, state = kept
    form, read = run.trajectory.form, 0
    for place in range(len(state)):
        try:
            assert read_piece(damaged(state, ("flipped", place, 1)), form).to_bytes() == state
            read += 1
        except ValueError:
            pass
    assert read <= 8  # spaces that fill the header up


@settings(max_examples=examples(25), deadline=None, derandomize=True)
@given(st.integers(1, 3), damages, st.booleans())
def test_what_is_damaged_is_dropped_and_computed_and_kept_again(kept, number, damage, of_state):
    keeper, run, state = kept
    mine = Kept()
    mine.pieces = dict(keeper.pieces)
    sound = mine.pieces[run.recipe.id, number]
    mine.pieces[run.recipe.id, number] = damaged(sound, damage)
    again = restored(run, damaged(state, damage) if of_state else None, mine)
    assert again.step in {(number - 1) * 10, 30, 35}
    if again.step < 30:
        assert mine.dropped == [number]
        assert mine.numbers(run.recipe.id) == list(range(1, number))
    again.advance(60)
    assert everything(again.trajectory) == everything(in_one_go(run.recipe, 60))
    assert mine.numbers(run.recipe.id) == [1, 2, 3, 4, 5, 6]


def altered(kept, **changes) -> bytes:
    """A piece that was written with something else in it, by somebody who knows how."""
    keeper, run, _state = kept
    piece = read_piece(keeper.load(run.recipe.id)[1], run.trajectory.form, 2)
    return dataclasses.replace(piece, **changes).to_bytes()


def renoted(kept, **changes) -> bytes:
    keeper, run, _state = kept
    notes, arrays = unpack(FORMAT, keeper.load(run.recipe.id)[1])
    return pack(FORMAT, notes | changes, arrays)


NAN = np.full(10, np.nan)


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "0" * 64}, {"first": 2}, {"step": 21}, {"step": 30}, {"after": "0"}, {"after": None},
        {"known_since": -1.0}, {"known_since": float("nan")}, {"known_since": True}, {"losses": np.zeros(9)},
        {"losses": NAN}, {"losses": np.zeros(10, np.float32)}, {"of_batches": np.full((4, 1), 2.0)},
        {"of_batches": np.zeros((1, 4))}, {"stops": {3: np.zeros(148, np.float32)}},
        {"stops": {2: np.zeros(3, np.float32)}}, {"stops": {2: np.full(148, np.nan, np.float32)}}, {"segments": ()},
        {"checkpoint": {"w1": np.zeros((64, 2))}},
    ],
    ids=lambda changes: f"{next(iter(changes))} is {str(next(iter(changes.values())))[:20]}",
)  # fmt: skip
def test_a_piece_of_something_else_is_refused(kept, changes):
    with pytest.raises(ValueError, match=r".+"):
        read_piece(altered(kept, **changes), kept[1].trajectory.form, 2)


FAULT = [1, 0.0, False]


@pytest.mark.parametrize(
    "notes",
    [
        {"step": 20.0}, {"first": True}, {"stops": [2.0]}, {"stops": None}, {"spells": [[11, 9, *FAULT]]},
        {"spells": [[5, 12, *FAULT]]}, {"spells": [[11, 12, 1, 2.0, False]]}, {"spells": [[11, 12, 1, 0.5, 1]]},
        {"spells": [[11, 15, *FAULT], [12, 16, *FAULT]]}, {"spells": 3}, {"spells": [[]]}, {"more": 1},
        {"segments": [[10, 1, {}]]}, {"segments": [[11, 1]]}, {"segments": [3]}, {"segments": {"a": 1}},
    ],
    ids=str,
)  # fmt: skip
def test_a_piece_with_other_notes_is_refused(kept, notes):
    with pytest.raises(ValueError, match=r".+"):
        read_piece(renoted(kept, **notes), kept[1].trajectory.form, 2)


def test_a_sound_piece_is_read_when_it_is_written_by_hand(kept):
    spells = [[11, 12, 5, 0.25, True], [14, 20, 13, 1.0, False]]
    read = read_piece(renoted(kept, spells=spells), kept[1].trajectory.form, 2)
    assert [spell.fault.all_weights_zero for spell in read.spells] == [True, False]
    with pytest.raises(ValueError, match=r"."):
        read_piece(renoted(kept), kept[1].trajectory.form, 3)


def test_what_is_not_finite_in_a_checkpoint_is_refused(kept):
    keeper, run, _state = kept
    piece = read_piece(keeper.load(run.recipe.id)[1], run.trajectory.form, 2)
    checkpoint = piece.checkpoint | {"w1": np.full((64, 2), np.inf)}
    with pytest.raises(ValueError, match="finite"):
        read_piece(altered(kept, checkpoint=checkpoint), run.trajectory.form, 2)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"\x02" + bytes(7) + b"{}", b"\x02" + bytes(7) + b"[]", b"\xff" * 40, bytes(100),
        b"\x10" + bytes(7) + b"[" * 16, b"\xa0\x86\x01" + bytes(5) + b"[" * 100_000,
        *(
            len(header).to_bytes(8, "little") + header + bytes(8)
            for header in (
                json.dumps({"__metadata__": {"digitviz": text}, "a": array}).encode()
                for text in ('{"notes": "{}", "sha256": "", "format": ""}', "3", "")
                for array in (
                    {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}, {"dtype": "F64", "shape": [-1]}, 3,
                    {"dtype": "F64", "shape": [-1, -1], "data_offsets": [0, 8]},
                    {"dtype": "F16", "shape": [4], "data_offsets": [0, 8]},
                    {"dtype": "F64", "shape": ["1"], "data_offsets": [0, 8]},
                    {"dtype": "F64", "shape": [10**400], "data_offsets": [0, 8]},
                    {"dtype": "F64", "shape": [0], "data_offsets": [8.0, 8.0]},
                )
            )
        ),
    ],
)  # fmt: skip
def test_anything_at_all_is_refused_without_a_traceback(data):
    with pytest.raises(ValueError, match=r"."):
        unpack(FORMAT, data)


def test_it_is_a_safetensors_file(kept):
    from safetensors.numpy import load

    arrays = load(kept[2])
    assert arrays["losses"].tobytes() == kept[1].history.losses.ravel()[30:35].tobytes()
    assert "checkpoint.w1" in arrays


def test_pieces_of_two_machines_that_do_not_go_on_from_one_another_are_not_mixed(kept):
    keeper, run, state = kept
    mine = Kept()
    mine.pieces = dict(keeper.pieces)
    second = read_piece(mine.pieces[run.recipe.id, 2], run.trajectory.form, 2)
    other = dataclasses.replace(second, losses=second.losses * (1 + 1e-15))
    assert isinstance(other, Piece)
    mine.pieces[run.recipe.id, 2] = other.to_bytes()
    again = restored(run, None, mine)
    assert again.step == 20
    assert mine.dropped == [3]
    alone = restored(run, state, mine)
    assert (alone.step, alone.history.known_from) == (35, 3)
    assert not same_curves(alone, run)
    np.testing.assert_array_equal(alone.parameters.to_vector(), run.parameters.to_vector())


def same_curves(one, other) -> bool:
    try:
        return same(one, other)
    except AssertionError:
        return False
