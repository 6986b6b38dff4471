"""The contributions of the pixels add up to the network's answer."""

from __future__ import annotations

import numpy as np
import pytest

from digitviz import Network, Parameters
from digitviz.explanations.receipt import receipt
from digitviz.pretrained import load_pretrained


def test_pixels_of_a_relu_network_without_biases_add_up_to_the_lead(digits):
    reader = load_pretrained()
    for image in digits.images[:20]:
        told = receipt(reader, image)
        logits = reader.logits(image.reshape(1, 64))[0]
        assert told.label == logits.argmax()
        assert told.lead == pytest.approx(logits[told.label] - logits[told.against])
        assert told.pixel_leads.sum() == pytest.approx(told.lead)
        assert told.remainder == pytest.approx(0, abs=1e-9)
        assert not told.pixel_leads[image == 0].any()


def test_a_pixels_contribution_is_the_gradient_of_the_lead_times_its_ink(digits):
    reader, x = load_pretrained(), digits.images[3].reshape(64).copy()
    told = receipt(reader, x)
    pixel = int(x.argmax())
    step = np.zeros(64)
    step[pixel] = 1e-6
    ahead, behind = reader.logits(np.stack([x + step, x - step]))
    derivative = ((ahead - behind)[told.label] - (ahead - behind)[told.against]) / 2e-6
    assert told.pixel_leads.ravel()[pixel] == pytest.approx(derivative * x[pixel], rel=1e-5)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_what_biases_and_curves_add_is_the_remainder(random, digits, activation):
    parameters = Parameters(
        [random.normal(0, 0.1, (64, 20)), random.normal(0, 0.3, (20, 10))], [random.normal(size=20), np.zeros(10)]
    )
    told = receipt(Network(parameters, activation, "unit"), digits.images[0])
    assert told.remainder != pytest.approx(0, abs=1e-6)
    assert told.pixel_leads.sum() + told.remainder == pytest.approx(told.lead)
