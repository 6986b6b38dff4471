"""Saved data of a run are read exactly as written, or computed again."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from digitviz.packing import pack, unpack
from digitviz.training.chunks import FORMAT, TRAJECTORY, Chunk
from digitviz.training.run import saved_state
from tests.examples import examples
from tests.training.keeping import Kept, chunks_of, everything
from tests.training.test_saved_runs import kept_run, restored
from tests.training.test_slicing import DIGITS
from tests.training.test_trajectory import SMALL, in_one_go

SETTINGS = dataclasses.replace(SMALL, hidden=(2,), optimizer="adam", learning_rate=1e-3, engine="numpy")


@pytest.fixture(scope="module")
def kept():
    """A cache with three chunks, their run in the middle of its fourth batch, and its saved state."""
    keeper = Kept()
    with chunks_of(1):
        run = kept_run(DIGITS, SETTINGS, 35, keeper)
        yield keeper, run, saved_state(run)


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


@settings(max_examples=examples(50), deadline=None, derandomize=True)
@given(damages)
def test_a_damaged_chunk_is_refused_or_says_the_same(kept, damage):
    keeper, run, state = kept
    chunk = keeper.load(TRAJECTORY, run.recipe.id)[1]
    for data, number in ((chunk, 2), (state, None)):
        try:
            read = Chunk.read(damaged(data, damage), run.trajectory.setup, number)
        except ValueError:
            continue
        assert read.to_bytes() == data  # some spaces in the header are insignificant


@pytest.mark.thorough
def test_every_single_byte_counts(kept):
    _keeper, run, state = kept
    setup, read = run.trajectory.setup, 0
    for place in range(len(state)):
        try:
            assert Chunk.read(damaged(state, ("flipped", place, 1)), setup).to_bytes() == state
            read += 1
        except ValueError:
            pass
    assert read <= 8  # spaces that pad the header


@settings(max_examples=examples(25), deadline=None, derandomize=True)
@given(st.integers(1, 3), damages, st.booleans())
@pytest.mark.thorough
def test_what_is_damaged_is_dropped_and_computed_and_kept_again(kept, number, damage, of_state):
    keeper, run, state = kept
    mine = Kept()
    mine.chunks = dict(keeper.chunks)
    sound = mine.chunks[run.recipe.id, number]
    mine.chunks[run.recipe.id, number] = damaged(sound, damage)
    again = restored(run, damaged(state, damage) if of_state else None, mine)
    assert again.step in {(number - 1) * 10, 30, 35}
    if again.step < 30:
        assert mine.dropped == [number]
        assert mine.numbers(run.recipe.id) == list(range(1, number))
    again.advance(60)
    assert everything(again.trajectory) == everything(in_one_go(run.recipe, 60))
    assert mine.numbers(run.recipe.id) == [1, 2, 3, 4, 5, 6]


def altered(kept, **changes) -> bytes:
    """Return a validly written chunk with altered content."""
    keeper, run, _state = kept
    chunk = Chunk.read(keeper.load(TRAJECTORY, run.recipe.id)[1], run.trajectory.setup, 2)
    return dataclasses.replace(chunk, **changes).to_bytes()


def renoted(kept, **changes) -> bytes:
    keeper, run, _state = kept
    notes, arrays = unpack(FORMAT, keeper.load(TRAJECTORY, run.recipe.id)[1])
    return pack(FORMAT, notes | changes, arrays)


@pytest.mark.parametrize("changes", [{"recipe_id": "0" * 64}, {"first": 2}, {"step": 21}, {"step": 30}], ids=str)
def test_a_chunk_of_something_else_is_refused(kept, changes):
    with pytest.raises(ValueError, match=r".+"):
        Chunk.read(altered(kept, **changes), kept[1].trajectory.setup, 2)


def test_a_sound_chunk_is_read_when_it_is_written_by_hand(kept):
    stuck = [[11, 12, 5, 0.25, True], [14, 20, 13, 1.0, False]]
    read = Chunk.read(renoted(kept, stuck=stuck), kept[1].trajectory.setup, 2)
    assert [each.fault.all_weights_zero for each in read.stuck] == [True, False]
    with pytest.raises(ValueError, match=r"."):
        Chunk.read(renoted(kept), kept[1].trajectory.setup, 3)


def test_a_curve_that_was_not_recorded_yet_is_nan_in_an_older_chunk(kept):
    keeper, run, _state = kept
    notes, arrays = unpack(FORMAT, keeper.load(TRAJECTORY, run.recipe.id)[1])
    older = pack(FORMAT, notes, {name: array for name, array in arrays.items() if name != "curve.test_loss"})
    read = Chunk.read(older, run.trajectory.setup, 2)
    assert np.isnan(read.of_batches["test_loss"]).all()
    assert read.of_batches["test_accuracy"][0] == run.history.test_accuracy[1]


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

    keeper, run, _state = kept
    arrays = load(keeper.load(TRAJECTORY, run.recipe.id)[1])
    assert arrays["losses"].tobytes() == run.history.losses.ravel()[10:20].tobytes()
    assert "state.w1" in arrays
