"""Benchmark the reading of drawings: networks, sources, conditions, calibration, not-sure rates, time.

python tests/benchmarks/drawing.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from digitviz import DigitDataset, Hyperparameters, Network, load_digits
from digitviz.drawing import distorted_copies, rasterise, read, to_digit, to_image
from digitviz.pretrained import load_pretrained
from digitviz.pretrained.__main__ import reader_training
from digitviz.pretrained.measure import (
    CONDITIONS,
    calibration_error,
    drawn_accuracy,
    load_drawn_digits,
    load_not_digits,
    not_sure_share,
)
from digitviz.training.run import TrainingRun

DATA = Path(__file__).parents[1] / "data"
ON_COPIES = Hyperparameters(
    input_scale="unit",
    initialization="he",
    optimizer="adam",
    learning_rate=3e-3,
    loss="cross_entropy",
    gradient="exact",
    batch_size=1000,
    batches=600,
    steps_per_batch=5,
    sampling="shuffled_epochs",
    train_fraction=0.99,
)


def trained(dataset: DigitDataset, hyperparameters: Hyperparameters) -> Network:
    run = TrainingRun(dataset, hyperparameters)
    run.advance(hyperparameters.total_steps)
    return run.network


def on_copies(training: DigitDataset, test: DigitDataset) -> Network:
    copies = distorted_copies(training)
    pixels, labels = np.concatenate([copies.pixels, test.pixels]), np.concatenate([copies.labels, test.labels])
    return trained(DigitDataset(pixels, labels), ON_COPIES)


def photograph(canvas: np.ndarray) -> np.ndarray:
    """Return dark ink on unevenly lit paper, with grain and the edge of a dark table."""
    down, across = (np.indices(canvas.shape) + 0.5) / np.reshape(canvas.shape, (2, 1, 1))
    grain = np.random.default_rng(0).normal(0, 0.01, canvas.shape)
    paper = (0.9 - 0.35 * down - 0.25 * across) * (1 - 0.6 * canvas / 255)
    paper[: len(paper) // 28] = 0.05
    photo = (255 * np.clip(paper + grain, 0, 1)).astype(np.uint8)
    assert to_digit(photo).photograph
    return photo


def microseconds(call: Callable[[], object], times: int = 300) -> float:
    """Return the median time per call, which brief load on the machine does not affect."""
    call()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds)) * 1e6


def main() -> None:
    drawn = load_drawn_digits(DATA / "drawn_dev.npz")
    others, kinds = load_not_digits(DATA / "not_digits_dev.npz")
    letters = [d for d, kind in zip(others, kinds, strict=True) if kind == "letter"]
    scribbles = [d for d, kind in zip(others, kinds, strict=True) if kind != "letter"]
    digits = load_digits()
    training, test = digits.split()
    networks = {
        "the notebook's": (trained(digits, Hyperparameters()), training),
        "distorted copies": (on_copies(training, test), training),
        "reader": (load_pretrained(), reader_training()),
    }
    columns = ("mnist", "pen", *CONDITIONS, "last 180", "calib.", "n.s.digit", "letter", "scribble")
    print(f"{'network':18}" + "".join(f"{column:>10}" for column in columns))
    for name, (network, rows) in networks.items():
        numbers = [
            *drawn_accuracy(network, drawn).values(),
            network.accuracy(test.pixels, test.labels),
            calibration_error(network.predict_proba(drawn.pixels), drawn.labels),
            *(not_sure_share(group, network, rows) for group in (drawn.drawings, letters, scribbles)),
        ]
        print(f"{name:18}" + "".join(f"{number:10.3f}" for number in numbers))

    canvas = rasterise([[(100, 80), (150, 70), (170, 100), (130, 130), (175, 160), (150, 205), (95, 195)]])
    colour = np.dstack([canvas, canvas, canvas, np.full_like(canvas, 255)])
    drawing, (reader, rows) = to_digit(canvas), networks["reader"]
    pictures = {side: canvas[np.ix_(*2 * [np.arange(side) * len(canvas) // side])] for side in (280, 600, 1200, 4000)}
    photos = {side: photograph(picture) for side, picture in pictures.items()}
    print(f"\nmicroseconds per call ({canvas.shape[0]} x {canvas.shape[1]})")
    for name, call in {
        "to_digit, grey": lambda: to_digit(canvas),
        "to_digit, RGBA": lambda: to_digit(colour),
        **{f"to_digit, {side} x {side}": partial(to_digit, picture) for side, picture in pictures.items()},
        **{f"to_digit, photo {side} x {side}": partial(to_digit, photo) for side, photo in photos.items()},
        "to_image": lambda: to_image(canvas),
        "rasterise": lambda: rasterise([[(100, 80), (170, 100), (95, 195)]]),
        f"read, {len(rows):,} training digits": lambda: read(drawing, reader, rows),
        "read alone": lambda: read(drawing, reader),
    }.items():
        print(f"{name:32}{microseconds(call):8.0f}")
    start = time.perf_counter()
    distorted_copies(training)
    print(f"10 distorted copies of {len(training):,} digits: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
