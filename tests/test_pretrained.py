"""The pretrained files match their model card."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import digitviz
from digitviz import load_digits
from digitviz.datasets import load_handwriting
from digitviz.pretrained import load_pretrained
from digitviz.pretrained.__main__ import TRAINING_DIGITS, TRAINING_HANDWRITING, fit, pixels_of
from digitviz.pretrained.measure import drawn_accuracy, load_drawn_digits

TESTS_DATA = Path(__file__).parent / "data"
DATA = Path(digitviz.__file__).parent / "data"


@pytest.fixture(scope="module")
def drawn():
    return load_drawn_digits(TESTS_DATA / "drawn_dev.npz")


def test_the_reader_has_the_notebooks_architecture():
    parameters = load_pretrained().parameters
    assert [w.shape for w in parameters.weights] == [(64, 50), (50, 10)]
    assert parameters.biases is None


def test_shipped_files_are_small():
    assert (DATA / "reader.safetensors").stat().st_size < 100_000
    assert (DATA / "likeness.safetensors").stat().st_size < 100_000
    assert (DATA / "handwriting.npz").stat().st_size < 1_500_000


def test_the_reader_reproduces_its_card(drawn):
    reader, scores = load_pretrained(), json.loads((DATA / "reader.json").read_text())["scores"]
    digits, hands = load_digits()[TRAINING_DIGITS:], load_handwriting()[TRAINING_HANDWRITING:]
    assert reader.accuracy(digits.pixels, digits.labels) == pytest.approx(scores["last 180 digits"], abs=1e-4)
    assert reader.accuracy(hands.pixels, hands.labels) == pytest.approx(scores["held-out handwriting"], abs=1e-4)
    assert drawn_accuracy(reader, drawn) == pytest.approx(scores["drawn"], abs=1e-4)


def test_the_reader_reads_drawings_of_both_sources(drawn):
    scores = drawn_accuracy(load_pretrained(), drawn)
    assert scores["mnist"] >= 0.93
    assert scores["pen"] >= 0.89


def test_the_notebooks_network_reads_most_drawings(drawn, notebook_run):
    scores = drawn_accuracy(notebook_run.network, drawn)
    assert scores["mnist"] >= 0.68
    assert scores["pen"] >= 0.77


def test_handwriting_comes_in_both_forms_and_says_where_from():
    hands = load_handwriting()
    assert hands.pixels.shape == (6000, 64)
    assert hands.images28.shape == (6000, 28, 28)
    assert hands.images28.dtype == np.uint8
    assert np.bincount(hands.labels).min() > 500
    for words in ("Y. LeCun, C. Cortes, C. Burges, The MNIST database", "Creative Commons Attribution-Share Alike 3.0"):
        assert words in (DATA / "README.md").read_text(encoding="utf-8")


def test_handwriting_went_the_way_of_a_drawing():
    from digitviz.drawing import to_digit

    hands = load_handwriting()
    np.testing.assert_array_equal(pixels_of(hands.images28[:300]), hands.pixels[:300])
    for k in range(0, 300, 30):
        np.testing.assert_array_equal(to_digit(hands.images28[k]).digit, hands.images[k])


def test_fitting_separates_what_can_be_separated_and_repeats_itself(random):
    x = random.random((1024, 64))
    targets = np.eye(10)[x[:, :10].argmax(axis=1)]
    first, again = (fit(x, targets, 30, epochs=60, rate=1e-2, decay=0.0, seed=1, bias=True) for _ in range(2))
    for a, b in zip(first.arrays, again.arrays, strict=True):
        np.testing.assert_array_equal(a, b)
    right = digitviz.Network(first).predict(x) == targets.argmax(axis=1)
    assert right.mean() > 0.8
