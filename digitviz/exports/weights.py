"""The weights as safetensors and npz."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from digitviz.exports.metadata import of_weights
from digitviz.exports.moment import Moment
from digitviz.training.run import TrainingRun


def weights_safetensors(run: TrainingRun | Moment) -> bytes:
    """Pack the weights and biases w1, w2, ..., b1, ... as they are now, in the run's precision.

    The metadata are texts: `format`, `activation`, `input_scale`, `step`, and `hyperparameters` and `recipe` as JSON.
    """
    from safetensors.numpy import save

    moment = Moment.of(run)
    arrays = {name: np.ascontiguousarray(array) for name, array in moment.network.parameters.named_arrays}
    return save(arrays, of_weights(moment))


def weights_npz(run: TrainingRun | Moment) -> bytes:
    """Pack the weights w1, ... and w1_before, ... and the accuracies after every batch, for `numpy.load`.

    The texts that are metadata in the safetensors file are arrays of one text here.
    """
    moment = Moment.of(run)
    snapshot, history = moment.snapshot, moment.snapshot.history
    before = moment.trajectory.setup.initial_parameters
    arrays: dict[str, Any] = {f"{name}_before": array for name, array in before.named_arrays}
    arrays |= dict(moment.network.parameters.named_arrays)
    arrays |= {
        "train_accuracy": history.train_accuracy[: snapshot.batch],
        "test_accuracy": history.test_accuracy[: snapshot.batch],
        **of_weights(moment),
    }
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()
