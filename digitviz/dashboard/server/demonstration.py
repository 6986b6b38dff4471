"""The training that the first page shows: the notebook's, once on each server, the same for all its visitors."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np

from digitviz.dashboard.session import training_data
from digitviz.figures.draw import denser_at_the_start
from digitviz.networks.parameters import OUTPUTS
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.run import TrainingRun

SETTINGS = Hyperparameters()
POINTS = 12
"""Of each loss curve: all of them together are 13 kB."""
REST_SECONDS = 0.005
"""After each batch the server's other threads have their turn for so long."""
PLACES = 3
"""Decimals of an accuracy."""


class Demonstration:
    """Trains the notebook's network in the background, and keeps of each batch what a small picture of it needs."""

    def __init__(self) -> None:
        self._dataset = training_data.pixels("digits")
        _, test = self._dataset.split(SETTINGS.train_fraction)
        first = [int(np.flatnonzero(test.labels == label)[0]) for label in range(OUTPUTS)]
        self._shown = test.pixels[first]
        self._points = denser_at_the_start(SETTINGS.steps_per_batch, POINTS)
        self._always = {
            "digits": test.images[first].reshape(OUTPUTS, -1).astype(int).tolist(),
            "points": (self._points + 1).tolist(),
            "batches": SETTINGS.batches,
            "steps": SETTINGS.steps_per_batch,
        }
        self._moments: list[dict[str, Any]] = []  # one for each batch; what is in it does not change
        self._seconds: float | None = None

    def train(self, over: threading.Event) -> None:
        """Train to the end, or until `over` is set; others may ask for what there is meanwhile."""
        begun, run = time.monotonic(), TrainingRun(self._dataset, SETTINGS)
        while not run.finished and not over.wait(REST_SECONDS):
            run.advance(SETTINGS.steps_per_batch)
            self._moments.append(self._moment(run))
        if run.finished:
            self._seconds = time.monotonic() - begun

    def since(self, known: int) -> dict[str, Any]:
        """Return what there is to see, without the batches that are known already; plain data, for JSON.

        Parameters
        ----------
        known : int
            Batches. Untrusted.

        Returns
        -------
        dict
            "digits" and "points" as in all answers; "moments" of the batches after those; the number of all "batches",
            and the "seconds" that the training took, None until it is over.
        """
        return self._always | {"moments": self._moments[max(0, known) :], "seconds": self._seconds}

    def _moment(self, run: TrainingRun) -> dict[str, Any]:
        losses, network = run.history.recorded_losses[run.batch - 1, self._points], run.network
        return {
            "accuracy": round(run.test_accuracy, PLACES),
            "losses": [float(f"{loss:.3g}") for loss in losses],
            "guesses": network.predict_proba(self._shown).argmax(axis=1).tolist(),
        }
