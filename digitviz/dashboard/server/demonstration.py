"""The notebook's training for the start page and for the example: once per server, the same for all visitors."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import training_data
from digitviz.dashboard.session.example import Example
from digitviz.networks.parameters import OUTPUTS
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.run import TrainingRun

SETTINGS = Hyperparameters()
REST_SECONDS = 0.005
"""Pause after each batch for the server's other threads."""
PLACES = 3
"""Number of decimals of an accuracy."""


class Demonstration:
    """Trains the notebook's network in the background and records the data of a small picture for each batch."""

    def __init__(self) -> None:
        self._dataset = training_data.pixels("digits")
        _, test = self._dataset.split(SETTINGS.train_fraction)
        first = [int(np.flatnonzero(test.labels == label)[0]) for label in range(OUTPUTS)]
        self._shown = test.pixels[first]
        self._always = {
            "digits": test.images[first].reshape(OUTPUTS, -1).astype(int).tolist(),
            "batches": SETTINGS.batches,
            "steps": SETTINGS.steps_per_batch,
        }
        self._moments: list[dict[str, Any]] = []  # one per batch, never changed
        self._seconds: float | None = None

    def train(self, over: threading.Event) -> None:
        """Train to the end, or until `over` is set, and keep the finished run as the example.

        Other threads may call `since` meanwhile.
        """
        begun, run = time.monotonic(), TrainingRun(self._dataset, SETTINGS)
        while not run.finished and not over.wait(REST_SECONDS):
            run.advance(SETTINGS.steps_per_batch)
            self._moments.append(self._moment(run))
        if run.finished:
            self._seconds = time.monotonic() - begun
            example = shared().get(Example)
            example.trained_at, example.run = time.time(), run

    def since(self, known: int) -> dict[str, Any]:
        """Return the data so far, without the batches that the browser already has, as plain data for JSON.

        Parameters
        ----------
        known : int
            Number of batches that the browser has. Untrusted.

        Returns
        -------
        dict
            The constant "digits", the "moments" of the new batches, the total number of "batches", and the
            "seconds" that training took, or None until it ends.
        """
        return self._always | {"moments": self._moments[max(0, known) :], "seconds": self._seconds}

    def _moment(self, run: TrainingRun) -> dict[str, Any]:
        guesses = run.network.predict_proba(self._shown).argmax(axis=1)
        return {"accuracy": round(run.test_accuracy, PLACES), "guesses": guesses.tolist()}
