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


def test_how_many_points_there_are_is_known_before_they_are_made(digits, network, monkeypatch):
    spaces = [space(name, digits, network) for name in space_names(3)]
    with monkeypatch.context() as patched:
        patched.setattr(type(network), "layers", None)
        known = [of.count for of in spaces]
    assert known == [len(of.points) for of in spaces]
    assert all(of.points is of.points for of in spaces)


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


def test_the_centre_of_a_cloud_is_where_a_third_of_it_is_nearest_not_its_median(random):
    few = np.array([[10.0, 0], [10.1, 0], [9.9, 0]])
    places = np.concatenate([few, 8 * random.normal(size=(5, 2))])
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    expected = places[np.sort(apart, axis=1)[:, len(places) // 3].argmin()]
    assert cloud_centres(places, np.zeros(len(places), int))[0].tolist() == expected.tolist()


def test_the_picture_of_a_label_that_no_digit_has_is_blank(digits):
    drawn = pictures("labels", digits[digits.labels != 7])
    assert not drawn[7].any()
    assert all(drawn[label].any() for label in range(10) if label != 7)
