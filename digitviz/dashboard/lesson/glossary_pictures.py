"""Small pictures for some of the glossary's terms, of the session's own network once it is trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import current_run
from digitviz.explanations.receipt import receipt
from digitviz.figures.loss_lesson import guess_and_target
from digitviz.lesson.neuron import fire
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.network import Network
from digitviz.projections import project
from digitviz.projections.spaces import cloud_centres
from digitviz.training.history import History
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.presets import PRESETS
from digitviz.training.run import RunState, Snapshot, TrainingRun
from digitviz.training.setup import batch_rows

HEIGHT = 190
"""Of a picture, pixels."""
HEIGHTS = {"neuron": 230, "hidden_layer": 250, "accuracy": 320}
"""Of those that need more."""
_FEW = 12
"""Things of a kind that are shown: neurons, digits."""


class _Shown(NamedTuple):
    """What the pictures are made of: a digit, and a training with the network that it has led to."""

    digit: np.ndarray
    label: int
    network: Network
    history: History
    batches: int

    @property
    def probabilities(self) -> np.ndarray:
        return self.network.predict_proba(self.digit[None])[0]


def show(code: str) -> None:
    """Show the picture of a term, if it has one.

    Parameters
    ----------
    code : str
        In `digitviz.lesson.glossary.GLOSSARY`.
    """
    training = _training()
    test = current_run.shipped_digits().split()[1]
    shown = _Shown(test.pixels[0], int(test.labels[0]), training.network, training.history, training.batch)
    fingerprint = training.history.serial, training.step
    plot(
        f"term_{code}",
        fingerprint,
        partial(PICTURES[code], shown),
        height=HEIGHTS.get(code, HEIGHT),
        main=code == "neuron",
    )


def _training() -> Snapshot:
    """Return the session's own training if it has finished a batch, and can be shown; else a short one."""
    begun = current_run.begun()
    if begun is not None and begun.run.hyperparameters.hidden:
        own = begun.run.snapshot
        if own.batch > 0 and own.state != RunState.DIVERGED:
            return own
    return shared().get(_short_training)


def _short_training() -> Snapshot:
    settings = dataclasses.replace(PRESETS["adam"].hyperparameters, batches=40)
    run = TrainingRun(current_run.shipped_digits(), settings)
    run.advance(settings.total_steps)
    return run.snapshot


def _neuron(shown: _Shown) -> Any:
    inputs, weights, bias = [1.0, 0.5], [0.8, -0.6], 0.1
    relu = ACTIVATIONS["relu"]
    firing = fire(inputs, weights, bias, relu)
    products = firing.products.tolist()
    return figures.perceptron.plain(inputs, weights, products, bias, firing.z, firing.output, str(relu.title))


def _hidden_layer(shown: _Shown) -> Any:
    importance = receipt(shown.network, shown.digit).leads
    return figures.hidden_cells.plain(shown.network.hidden(shown.digit[None])[-1][0], importance)


def _test_data(shown: _Shown) -> Any:
    test = current_run.shipped_digits().split()[1][:_FEW]
    return figures.guesses.plain(test.images, test.labels, shown.network.predict_proba(test.pixels))


def _batch(shown: _Shown) -> Any:
    digits = current_run.shipped_digits().split()[0]
    rows = batch_rows(Hyperparameters(), len(digits), 0)[:_FEW]
    return figures.digit_grid.plain(digits.images[rows], digits.labels[rows], columns=6)


def _softmax(shown: _Shown) -> Any:
    logits = shown.network.logits(shown.digit[None])[0]
    return figures.logits_and_probabilities.plain(logits, shown.probabilities, shown.label)


def _pca() -> tuple[np.ndarray, np.ndarray]:
    digits = current_run.mapped_digits()
    return project(digits.pixels, "pca").coordinates, digits.labels


def _map(shown: _Shown) -> Any:
    coordinates, labels = shared().get(_pca)
    return figures.digit_map.plain(coordinates, labels, cloud_centres(coordinates, labels), marker_size=2)


PICTURES: dict[str, Callable[[_Shown], Any]] = {
    "neuron": _neuron,
    "weight": lambda shown: figures.neuron_images.plain(shown.network.parameters, columns=6, limit=_FEW),
    "activation_function": lambda shown: figures.activation_curves.plain(ACTIVATIONS["relu"], 0.5),
    "hidden_layer": _hidden_layer,
    "softmax": _softmax,
    "probability": lambda shown: figures.probability_bars.plain(shown.probabilities, shown.label),
    "loss": lambda shown: figures.loss_curves.plain(shown.history.losses),
    "batch": _batch,
    "one_hot": lambda shown: guess_and_target(shown.probabilities, shown.label),
    "test_data": _test_data,
    "accuracy": lambda shown: figures.progress_curves.plain(shown.history, shown.batches),
    "dimensionality_reduction": _map,
}
"""By the codes of their terms: from what is shown to the figure."""
