from __future__ import annotations

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.projections.spaces import cloud_centres, kind_of_points, pictures, space, space_names


@pytest.fixture(scope="module")
def network(digits):
    return TrainingRun(digits, Hyperparameters(hidden=(30, 20), activation="tanh")).network


def test_every_space_holds_what_its_name_says(digits, network):
    w1, w2, w3 = network.parameters.weights
    points = {name: space(name, digits, network).points for name in space_names(3)}
    np.testing.assert_array_equal(points["pixels"], digits.pixels)
    np.testing.assert_allclose(points["hidden_1"], np.tanh(digits.pixels @ w1))
    np.testing.assert_allclose(points["hidden_2"], np.tanh(points["hidden_1"] @ w2))
    np.testing.assert_allclose(points["logits"], points["hidden_2"] @ w3)
    np.testing.assert_array_equal(points["w1_rows"], w1)
    np.testing.assert_allclose(points["labels"], np.eye(10) @ w3.T)


def test_only_the_pixels_depend_on_no_weights(digits, network):
    assert [name for name in space_names(3) if not space(name, digits, network).of_run] == ["pixels"]


def test_a_network_without_hidden_layers_has_no_hidden_space(digits):
    network = TrainingRun(digits, Hyperparameters(hidden=())).network
    assert space_names(1) == ("pixels", "logits", "w1_rows", "labels")
    with pytest.raises(ValueError, match="hidden_1"):
        space("hidden_1", digits, network)


def test_the_centre_of_a_cloud_is_one_of_its_points_also_when_it_lies_in_two_parts():
    places = np.array([[0.0, 0], [0, 1], [1, 0], [0, -1], [-1, 0], [100, 0], [50, 0], [5, 5]])
    centres = cloud_centres(places, np.array([7, 7, 7, 7, 7, 7, 7, 2]))
    assert centres[2].tolist() == [5, 5]
    assert centres[7].tolist() == [0, 0]


def test_every_point_has_a_picture(digits, network):
    for name in space_names(3):
        assert len(pictures(kind_of_points(name), digits)) == len(space(name, digits, network).points)
    np.testing.assert_array_equal(pictures("digits", digits)[5], digits.images[5])
    pixel = pictures("w1_rows", digits)[19]
    assert pixel[2, 3] == pixel.sum() == 16
    sevens = digits.images[digits.labels == 7].mean(axis=0)
    np.testing.assert_allclose(pictures("labels", digits)[7], sevens, atol=0.5)
