from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, Network, TrainingRun, straight_line
from digitviz.networks.losses import LOSSES


def untrained(digits, seed: int, hidden=(6, 5)) -> Network:
    return TrainingRun(digits, Hyperparameters(hidden=hidden, seed=seed)).network


@pytest.mark.parametrize("loss", LOSSES)
def test_every_point_is_what_the_network_there_does(digits, loss):
    start, end, some = untrained(digits, 1), untrained(digits, 2), digits[:50]
    seen = []
    line = straight_line(start, end, some, loss, points=5, on_progress=lambda done, of: seen.append((done, of)))
    assert line.fractions.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert seen == [(done, 5) for done in range(5)]
    one, other = (network.parameters.to_vector().astype(float) for network in (start, end))
    for fraction, accuracy, value in zip(line.fractions, line.accuracies, line.losses, strict=True):
        weights = start.parameters.from_vector(one + fraction * (other - one))
        logits = Network(weights, start.activation, start.input_scale).logits(some.pixels)
        assert accuracy == np.mean(logits.argmax(axis=1) == some.labels)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        slow = LOSSES[loss].value(logits, powers / powers.sum(axis=1, keepdims=True), some.one_hot) / 50
        assert value == pytest.approx(slow)


def test_what_is_raised_on_the_way_ends_it(digits):
    def enough(done: int, of: int) -> None:
        if done == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        straight_line(untrained(digits, 1), untrained(digits, 2), digits[:5], "cross_entropy", on_progress=enough)


def test_there_is_no_line_between_networks_of_other_layers(digits):
    with pytest.raises(ValueError, match="different layers"):
        straight_line(untrained(digits, 1), untrained(digits, 2, (5, 6)), digits[:5], "cross_entropy")
