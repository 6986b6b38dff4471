"""Descriptions of optimizers."""

from __future__ import annotations

import pytest

from digitviz.training.optimizers import Optimizer


def test_an_optimizer_that_does_not_say_how_it_takes_a_step_cannot_be_made():
    class Forgetful(Optimizer):
        moments = 0

    with pytest.raises(TypeError, match="update"):
        Forgetful(0.1)
