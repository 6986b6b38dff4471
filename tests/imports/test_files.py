"""Files are recognized by their content; settings and drawings are read or refused."""

from __future__ import annotations

import io
import json
import pickle

import numpy as np
import pytest
from safetensors.numpy import save

from digitviz import Hyperparameters
from digitviz.dashboard.session.saved_drawings import npz as saved_npz
from digitviz.imports import Drawings, Settings, Unreadable, Weights, read_file, read_settings
from digitviz.imports.unreadable import MAX_BYTES
from digitviz.language import speaking
from tests.fuzz.imports import INK, arrays_of, drawings_npz, npz
from tests.store.made import kept_drawing

OWN = Hyperparameters(hidden=(30, 20), learning_rate=1e-3, optimizer="adam", batches=50, steps_per_batch=10)


def refusal(read, data: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        read(data)
    return str(refused.value)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (save(arrays_of()), Weights),
        (npz(**arrays_of()), Weights),
        (drawings_npz(), Drawings),
        (json.dumps(OWN.to_dict()).encode(), Settings),
        (b'\xef\xbb\xbf \n{"seed": 3}', Settings),
        ('{"seed": 3}'.encode("utf-16"), Settings),
    ],
)
def test_a_file_is_told_by_its_content(data, kind):
    assert isinstance(read_file(data), kind)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"{" + bytes(MAX_BYTES), "larger than 20 MB"),
        (b"hello", "not a file of weights"),
        (b"\x93NUMPY\x01\x00", "not a file of weights"),
        (pickle.dumps({"w1": 1}), "is a pickle"),
        (b"PK\x03\x04", "damaged"),
        (b"\x10\0\0\0\0\0\0\0{}", "damaged"),
        (save(arrays_of())[:-1], "damaged"),
        (b"[1]", "not a settings file"),
        (b"{}", "contains no settings"),
        (b'{"seed": 3', "not a settings file"),
        (b'{"seed": "\xff"}', "not a settings file"),
    ],
)
def test_any_other_is_refused_in_a_sentence(data, words):
    assert words in refusal(read_file, data)


def test_a_refusal_speaks_the_language_in_which_it_is_read():
    with pytest.raises(Unreadable) as refused:
        read_file(b"")
    with speaking("zh"):
        assert str(refused.value) == "文件是空的。"
    assert str(refused.value) == "The file is empty."


def test_settings_come_back_as_they_were():
    assert read_settings(json.dumps(OWN.to_dict(), indent=1).encode()) == (OWN, {}, True)
    assert read_settings(b'{"digits": "both", "split": 0}') == (
        Hyperparameters(),
        {"digits": "both", "split": 0},
        False,
    )


def test_settings_that_are_not_allowed_are_all_named():
    told = refusal(
        read_settings,
        json.dumps({"seed": -1, "activation": "swish", "a": 1, "b": 2, "c": 3, "d": 4, "split": -1}).encode(),
    )
    assert "Seed: a whole number from 0 to 4,294,967,295. The file says '-1'." in told
    assert "Seed of the split: a whole number from 0 to 4,294,967,295. The file says '-1'." in told
    assert "Activation: one of relu, " in told
    assert "The file says 'swish'." in told
    assert told.count("There is no setting") == 3
    most = refusal(read_settings, b'{"batches": 10000, "steps_per_batch": 100000}')
    assert most.endswith("is more than 2,000,000.")


def test_what_a_file_says_is_shown_as_whoever_shows_it_wants():
    with pytest.raises(Unreadable) as refused:
        read_settings(b'{"activation": "[a](http://evil)"}')
    assert "The file says <16>." in refused.value.told(lambda text: f"<{len(text)}>")


def test_drawings_come_back_with_their_ink_and_labels():
    kept = [
        kept_drawing(ink=np.packbits(ink != 0).tobytes(), label=label) for ink, label in zip(INK, (7, 1), strict=True)
    ]
    found = read_file(saved_npz(kept))
    np.testing.assert_array_equal(found.inks, INK != 0)
    assert found.labels.tolist() == [7, 1]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (npz(images=INK), "it contains 'images'"),
        (npz(labels=np.array([1])), "it contains 'labels'"),
        (drawings_npz(images=INK[:, :100]), "280 × 280 pixels"),
        (drawings_npz(images=INK.astype(float)), "280 × 280 pixels"),
        (drawings_npz(images=INK[0]), "280 × 280 pixels"),
        (drawings_npz(images=INK[:0], labels=np.zeros(0, int)), "no drawings"),
        (drawings_npz(labels=np.array([7])), "one label"),
        (drawings_npz(labels=np.array([7.0, 1.0])), "one label"),
        (drawings_npz(labels=np.array([7, 10])), "0 to 9"),
        (drawings_npz(labels=np.array([-1, 1])), "0 to 9"),
        (drawings_npz(images=np.zeros((900, 280, 280), np.uint8), labels=np.zeros(900, int)), "more than 64 MB"),
    ],
)
def test_what_are_no_drawings_is_refused_in_a_sentence(data, words):
    assert words in refusal(read_file, data)


def test_an_npz_of_one_array_without_a_name_says_what_it_holds():
    file = io.BytesIO()
    np.savez(file, np.ones(3))
    assert "it contains 'arr_0'" in refusal(read_file, file.getvalue())
