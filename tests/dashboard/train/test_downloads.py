from __future__ import annotations

import io

import numpy as np

from digitviz import Hyperparameters, train
from digitviz.dashboard.train import downloads


def test_what_is_taken_home_is_all_of_it(digits):
    run = train(digits, Hyperparameters(batches=3, steps_per_batch=4))
    lines = downloads.losses_csv(run.snapshot).decode().splitlines()
    assert lines[0] == "batch,step,loss"
    assert len(lines) == 13
    batch, step, loss = lines[6].split(",")
    assert (batch, step, float(loss)) == ("2", "2", run.history.losses[1, 1])
    weights = np.load(io.BytesIO(downloads.weights_npz(run)), allow_pickle=False)
    np.testing.assert_array_equal(weights["w1"], run.parameters.weights[0])
    np.testing.assert_array_equal(weights["w2_before"], run.initial_parameters.weights[1])
