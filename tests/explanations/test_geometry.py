from __future__ import annotations

import importlib
from itertools import permutations

import numpy as np
import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.questions.geometry import borders
from digitviz.explanations.ablation import accuracy_and_loss
from digitviz.explanations.geometry import border_plane, share_in_plane, vector_walk, walk_plane
from digitviz.explanations.landscape import landscape
from digitviz.explanations.matching import interpolate, match_neurons, permute_neurons, random_orders
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.losses import LOSSES
from digitviz.networks.network import Network
from tests.explanations.made import made_network

module = importlib.import_module("digitviz.explanations.landscape")


@pytest.mark.parametrize("hidden", [(8,), (1,), (6, 5), (4, 3, 5, 6)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("input_scale", ["raw", "unit"])
@pytest.mark.parametrize("biases", [True, False])
def test_a_walk_ends_at_the_networks_own_numbers(digits, hidden, activation, input_scale, biases):
    network = made_network(hidden, activation, input_scale, biases=biases)
    digit = digits.pixels[11]
    walk = vector_walk(network, digit)
    np.testing.assert_allclose(walk.logits, network.logits(digit[None])[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(walk.bent, network.hidden(digit[None])[-1][0], rtol=1e-10, atol=1e-12)
    for k in range(len(walk.order)):
        added = walk.amounts[k] * network.parameters.weights[-2][walk.order[k]]
        np.testing.assert_allclose(walk.sums[k + 1] - walk.sums[k], added, atol=1e-12)
    lengths = np.linalg.norm(np.diff(walk.sums, axis=0), axis=1)
    assert (np.diff(lengths) <= 0).all()
    assert (walk.amounts != 0).all()
    if len(hidden) == 1:
        assert set(walk.order) == set(np.flatnonzero(digit))


def test_the_plane_of_walks_holds_the_most_of_all_three_alike(digits):
    network = made_network((8,))
    plane = walk_plane(network, digits.pixels)
    np.testing.assert_allclose(plane @ plane.T, np.eye(2), atol=1e-12)
    groups = [network.parameters.weights[0], network.hidden(digits.pixels)[0], network.parameters.weights[1].T]

    def held(directions) -> float:
        return sum(((g @ directions.T) ** 2).sum() / (g**2).sum() for g in groups)

    rng = np.random.default_rng(0)
    for _ in range(200):
        other = np.linalg.qr(rng.normal(size=(8, 2)))[0].T
        assert held(other) < held(plane)
    assert walk_plane(made_network((1,)), digits.pixels).tolist() == [[1.0], [0.0]]


def test_without_a_hidden_layer_there_is_no_space_to_walk_through(digits):
    for ask in (vector_walk, walk_plane):
        with pytest.raises(ValueError, match="no hidden layer"):
            ask(made_network(()), digits.pixels[0])


@pytest.mark.parametrize("hidden", [(), (8,), (6, 5, 4, 3)])
def test_every_point_of_a_plane_is_read_by_the_network(digits, hidden):
    network, three = made_network(hidden), digits.pixels[[3, 14, 15]]
    plane = border_plane(network, three, resolution=20)
    np.testing.assert_allclose(plane.pixels_at(plane.corners), three, atol=1e-9)
    np.testing.assert_allclose(plane.basis @ plane.basis.T, np.eye(2), atol=1e-12)
    distances = np.linalg.norm(three[:, None] - three[None], axis=2)
    np.testing.assert_allclose(np.linalg.norm(plane.corners[:, None] - plane.corners[None], axis=2), distances)
    for i, y in enumerate(plane.y):
        for j, x in enumerate(plane.x):
            pixels = three[0] + x * plane.basis[0] + y * plane.basis[1]
            probabilities = network.predict_proba(pixels[None])[0]
            assert plane.labels[i, j] == probabilities.argmax()
            assert plane.confidence[i, j] == pytest.approx(probabilities.max())
            assert plane.is_digit[i, j] == (pixels.min() > -1e-9 and pixels.max() < 16 + 1e-9)
    assert plane.x[0] < plane.corners[:, 0].min() < plane.corners[:, 0].max() < plane.x[-1]


def test_a_plane_gets_wider_on_both_sides_and_keeps_its_distances(digits):
    network, three = made_network(), digits.pixels[[3, 14, 15]]
    plain, wide = (border_plane(network, three, 20, aspect=aspect) for aspect in (0.0, 2.5))
    assert np.ptp(wide.x) == pytest.approx(2.5 * np.ptp(wide.y))
    assert wide.x[[0, -1]].mean() == pytest.approx(plain.x[[0, -1]].mean())
    np.testing.assert_allclose(wide.y, plain.y)
    assert np.diff(wide.x).mean() == pytest.approx(np.diff(plain.x).mean(), rel=0.1)
    assert wide.labels.shape == wide.confidence.shape == wide.is_digit.shape == (20, len(wide.x))
    for i, j in ((0, 0), (7, len(wide.x) - 1), (19, len(wide.x) // 2)):
        pixels = wide.pixels_at(np.array([[wide.x[j], wide.y[i]]]))
        assert wide.labels[i, j] == network.predict(pixels)[0]


def test_a_plane_tells_how_far_it_is_and_ends_when_told(digits):
    seen = []

    def watch(done: int, of: int) -> None:
        seen.append((done, of))
        if done == 1000:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        border_plane(made_network(), digits.pixels[[3, 14, 15]], 50, watch)
    assert seen == [(0, 2500), (500, 2500), (1000, 2500)]


def test_three_digits_on_a_line_span_no_plane(digits):
    a, b = digits.pixels[:2]
    for three in ([a, a, b], [a, b, a], [a, b, b], [a, b, (a + b) / 2], [a, a, a]):
        with pytest.raises(ValueError, match="line"):
            border_plane(made_network(), np.array(three))
    with pytest.raises(ValueError, match="resolution"):
        border_plane(made_network(), digits.pixels[:3], resolution=1)


@pytest.fixture(scope="module")
def run(digits) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(batches=6, steps_per_batch=50, hidden=(12,)))
    run.advance(300)
    return run


def path_of(run: TrainingRun) -> np.ndarray:
    stops = [run.initial_parameters, *(run.history.parameters_after(k) for k in range(5)), run.parameters]
    return np.array([each.to_vector().astype(float) for each in stops])


@pytest.mark.parametrize("loss", LOSSES)
def test_a_landscape_is_the_loss_of_networks_around_the_trained_one(run, loss):
    network, path = run.network, path_of(run)
    found = landscape(network, path, run.test, loss, resolution=9)
    end = network.parameters.to_vector()
    for i, y in enumerate(found.y):
        for j, x in enumerate(found.x):
            there = network.parameters.from_vector(end + x * found.directions[0] + y * found.directions[1])
            logits = Network(there, network.activation, network.input_scale).logits(run.test.pixels)
            powers = np.exp(logits - logits.max(axis=1, keepdims=True))
            slow = LOSSES[loss].value(logits, powers / powers.sum(axis=1, keepdims=True), run.test.one_hot) / 180
            assert found.losses[i, j] == pytest.approx(slow)
    np.testing.assert_allclose(found.path[-1], 0, atol=1e-9)
    assert found.path_losses[-1] == pytest.approx(accuracy_and_loss(network, run.test, loss)[1])
    np.testing.assert_allclose(found.directions @ found.directions.T, np.eye(2), atol=1e-9)
    assert found.explained[0] >= found.explained[1] > 0
    assert found.explained.sum() <= 1 + 1e-9
    inside = (found.path >= [found.x[0], found.y[0]]) & (found.path <= [found.x[-1], found.y[-1]])
    assert inside.all()


def test_the_directions_of_a_landscape_are_those_in_which_the_path_moved_most(run):
    path = path_of(run)
    found = landscape(run.network, path, run.test[:20], "cross_entropy", resolution=2)
    centred = path - path.mean(axis=0)
    variances = ((centred @ found.directions.T) ** 2).sum(axis=0)
    rng = np.random.default_rng(0)
    for _ in range(100):
        other = rng.normal(size=path.shape[1])
        assert ((centred @ other) ** 2).sum() / (other @ other) <= variances[0]
    np.testing.assert_allclose(found.explained, variances / (centred**2).sum(), rtol=1e-9)


def test_the_directions_of_a_landscape_are_the_main_components(run):
    path = path_of(run)
    found = landscape(run.network, path, run.test[:20], "cross_entropy", resolution=2)
    _u, singular, slow = np.linalg.svd(path - path.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(found.directions @ slow[:2].T), np.eye(2), atol=1e-7)
    np.testing.assert_allclose(found.explained, (singular**2 / (singular**2).sum())[:2], rtol=1e-9)


def test_a_path_that_is_straight_has_a_landscape_to_both_sides(run):
    end = run.network.parameters.to_vector().astype(float)
    away = np.random.default_rng(0).normal(size=end.size)
    path = np.array([end - 2 * away, end - away, end])
    found = landscape(run.network, path, run.test[:20], "cross_entropy", resolution=3)
    np.testing.assert_allclose(found.directions @ found.directions.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(np.abs(found.directions[0] @ away), np.linalg.norm(away))
    np.testing.assert_allclose(found.explained, [1, 0], atol=1e-12)
    assert found.y[0] < 0 < found.y[-1]


def test_a_landscape_tells_how_far_it_is_and_ends_when_told(run):
    seen = []

    def watch(done: int, of: int) -> None:
        seen.append((done, of))
        if done == 4:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        landscape(run.network, path_of(run), run.test[:5], "cross_entropy", resolution=4, on_progress=watch)
    of = 4 * 4 + 7  # grid points and checkpoints
    assert seen == [(done, of) for done in range(5)]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_landscape_in_less_precision_is_the_same_to_five_digits(run, loss):
    path = path_of(run)
    exact = landscape(run.network, path, run.test, loss, 5)
    quick = landscape(run.network, path, run.test, loss, 5, precision=np.float32)
    np.testing.assert_allclose(quick.losses, exact.losses, rtol=2e-5)
    np.testing.assert_allclose(quick.path_losses, exact.path_losses, rtol=2e-5)
    assert quick.losses.dtype == np.float64


def test_a_landscape_needs_a_path_that_leads_to_the_network(run):
    path = path_of(run)
    for wrong in (path[:2], path[:-1], np.tile(path[-1], (5, 1))):
        with pytest.raises(ValueError, match="path"):
            landscape(run.network, wrong, run.test, "cross_entropy")


@pytest.mark.parametrize("hidden", [(), (8,), (6, 5), (4, 3, 5, 6)])
def test_shuffled_neurons_change_nothing_and_are_matched_back(digits, hidden):
    network = made_network(hidden)
    shuffled = permute_neurons(network, random_orders(network, 3))
    np.testing.assert_allclose(shuffled.logits(digits.pixels), network.logits(digits.pixels), atol=1e-10)
    if hidden:
        assert (shuffled.parameters.weights[0] != network.parameters.weights[0]).any()
    back = permute_neurons(shuffled, match_neurons(network, shuffled))
    for found, expected in zip(back.parameters.arrays, network.parameters.arrays, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_the_order_that_is_found_is_the_best_of_all():
    one, other = made_network((5,), seed=1), made_network((5,), seed=2)

    def likeness(order) -> float:
        ordered = permute_neurons(other, [np.array(order)]).parameters.arrays
        return sum(float((a * b).sum()) for a, b in zip(one.parameters.arrays, ordered, strict=True))

    best = max(permutations(range(5)), key=likeness)
    assert match_neurons(one, other)[0].tolist() == list(best)


def test_matched_neurons_need_not_do_the_most_similar_work(digits):
    runs = [TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=200, seed=seed)) for seed in (0, 1)]
    for run in runs:
        run.advance(run.total_steps)
    one, other = (run.network for run in runs)
    order = match_neurons(one, other)[0]
    first, second = (
        network.hidden(digits.pixels)[0] + 1e-9 * np.arange(len(digits))[:, None] for network in (one, other)
    )
    alike = np.corrcoef(first.T, second.T)[:50, 50:]
    assert (alike.argmax(axis=1) == order).sum() < 25
    matched = permute_neurons(other, [order])
    assert np.linalg.norm(matched.parameters.to_vector() - one.parameters.to_vector()) < np.linalg.norm(
        other.parameters.to_vector() - one.parameters.to_vector()
    )


@pytest.mark.parametrize(("activation", "grow"), [("relu", True), ("tanh", False), ("sigmoid", False)])
def test_far_away_logits_grow_with_relu_and_level_off_with_tanh_and_sigmoid(digits, activation, grow):
    network = made_network((20,), activation)
    away = np.random.default_rng(0).normal(size=(50, 64))

    def differences(distance: float) -> np.ndarray:
        logits = np.sort(network.logits(digits.pixels[:50] + distance * away), axis=1)
        return logits[:, -1] - logits[:, -2]

    near, far = differences(1e3).mean(), differences(1e4).mean()
    assert far == pytest.approx(10 * near if grow else near, rel=0.1)
    assert not np.isclose(far, 0, atol=0.1)
    assert "with tanh or sigmoid they level off" in str(borders.solution)


def test_matching_several_layers_never_makes_them_less_alike():
    one, other = made_network((6, 5, 4), seed=1), made_network((6, 5, 4), seed=2)
    matched = permute_neurons(other, match_neurons(one, other))

    def distance(network) -> float:
        return float(np.linalg.norm(network.parameters.to_vector() - one.parameters.to_vector()))

    assert distance(matched) < distance(other)


def test_the_straight_line_between_two_networks(digits):
    one, other = made_network((6,), seed=1), made_network((6,), seed=2)
    for fraction, expected in ((0.0, one), (1.0, other)):
        found = interpolate(one, other, fraction)
        np.testing.assert_array_equal(found.logits(digits.pixels), expected.logits(digits.pixels))
    middle = interpolate(one, other, 0.25).parameters.weights[0]
    np.testing.assert_allclose(middle, 0.75 * one.parameters.weights[0] + 0.25 * other.parameters.weights[0])


def test_networks_of_other_layers_are_refused():
    one = made_network((6,))
    for other in (made_network((5,)), made_network(()), made_network((6,), biases=False), made_network((6,), "relu")):
        for ask in (match_neurons, lambda a, b: interpolate(a, b, 0.5)):
            with pytest.raises(ValueError, match="different layers"):
                ask(one, other)


def test_a_plane_holds_what_is_left_of_the_lengths_in_it(digits):
    network = made_network((8,))
    plane, states = walk_plane(network, digits.pixels[:50]), network.hidden(digits.pixels[:50])[-1]
    slow = sum((state @ plane[0]) ** 2 + (state @ plane[1]) ** 2 for state in states) / sum(s @ s for s in states)
    assert share_in_plane(plane, states) == pytest.approx(slow)
    assert share_in_plane(plane, plane * 3) == pytest.approx(1)
    assert share_in_plane(plane, np.zeros((4, 8))) == 1
