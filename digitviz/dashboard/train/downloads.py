"""What can be downloaded of a training."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import streamlit as st

from digitviz.table import csv_of
from digitviz.training.run import Snapshot, TrainingRun


def losses_csv(snapshot: Snapshot) -> bytes:
    """Write every recorded loss: batch, step on the batch, loss."""
    losses = snapshot.history.losses.ravel()[: snapshot.step].tolist()
    steps = snapshot.history.losses.shape[1]
    rows = ((place // steps + 1, place % steps + 1, loss) for place, loss in enumerate(losses))
    return csv_of(["batch", "step", "loss"], rows)


def weights_npz(run: TrainingRun) -> bytes:
    """Pack the weights before and now, the accuracies after every batch and the settings, for `numpy.load`."""
    file = io.BytesIO()
    snapshot = run.snapshot
    history = snapshot.history
    arrays: dict[str, Any] = {f"{name}_before": array for name, array in run.initial_parameters.named_arrays}
    arrays |= dict(snapshot.network.parameters.named_arrays)
    arrays |= {
        "train_accuracy": history.train_accuracy[: snapshot.batch],
        "test_accuracy": history.test_accuracy[: snapshot.batch],
        "hyperparameters": json.dumps(run.hyperparameters.to_dict()),
    }
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def show(run: TrainingRun) -> None:
    """Show the download buttons; a file is made when its button is pressed."""
    with st.container(horizontal=True):
        st.download_button(
            "Losses (CSV)", lambda: losses_csv(run.snapshot), "digitviz-losses.csv", "text/csv", on_click="ignore",
            key="download_losses",
        )  # fmt: skip
        st.download_button(
            "Weights (npz)", lambda: weights_npz(run), "digitviz-weights.npz", "application/octet-stream",
            on_click="ignore", key="download_weights",
        )  # fmt: skip
        st.download_button(
            "Settings (JSON)", lambda: json.dumps(run.hyperparameters.to_dict(), indent=1), "digitviz-settings.json",
            "application/json", on_click="ignore", key="download_settings",
        )  # fmt: skip
