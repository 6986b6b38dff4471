"""The subject of a map has an id before any of its points are computed."""

from __future__ import annotations

import dataclasses

import pytest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.session.map_jobs import id_of, id_of_network, id_of_points, request_of
from digitviz.networks.network import Network
from digitviz.projections.spaces import space, space_names

SETTINGS = Hyperparameters(hidden=(6,), batches=3, steps_per_batch=2, batch_size=10)


@pytest.fixture
def run(digits) -> TrainingRun:
    return TrainingRun(digits[:100], SETTINGS)


def test_a_moment_of_a_run_is_known_by_its_step_or_by_the_batch_after_which_it_is_recorded(run, digits):
    first = run.snapshot
    run.advance(2)
    ids = [
        id_of(first),
        id_of(run.snapshot),
        id_of(run, 0),
        id_of(run, 1),
        id_of(TrainingRun(digits, SETTINGS).snapshot),
    ]
    assert len(set(ids)) == 5
    assert ids[:4] == [id_of(first), id_of(run.snapshot), id_of(run, 0), id_of(run, 1)]
    run.reset()
    assert id_of(run.snapshot) == id_of(TrainingRun(digits[:100], SETTINGS).snapshot) == ids[0]


def test_a_network_is_known_by_all_that_makes_its_answers(run):
    network = run.network
    same = Network(network.parameters.copy(), network.activation, network.input_scale)
    assert id_of_network(same) == id_of_network(network)
    same.parameters.weights[1][0, 0] += 1
    others = [
        same,
        *(dataclasses.replace(network, **change) for change in ({"activation": "tanh"}, {"input_scale": "unit"})),
    ]
    assert len({id_of_network(network), *map(id_of_network, others)}) == 4


def test_points_are_known_by_what_they_depend_on_and_by_nothing_else(digits):
    names = space_names(3)
    changed = {
        name: (
            id_of_points(name, digits[:50], "weights") != id_of_points(name, digits, "weights"),
            id_of_points(name, digits, "others") != id_of_points(name, digits, "weights"),
        )
        for name in names
    }
    assert changed == {
        "pixels": (True, False), "hidden_1": (True, True), "hidden_2": (True, True), "logits": (True, True),
        "w1_rows": (False, True), "labels": (False, True),
    }  # fmt: skip
    assert len({id_of_points(name, digits, "weights") for name in names}) == len(names)


def test_a_request_has_its_id_before_its_points_are_made(run, monkeypatch):
    monkeypatch.setattr(Network, "layers", None)
    for name in space_names(2):
        of = space(name, run.dataset, run.network)
        request = request_of(of, run.dataset, id_of(run.snapshot), "pca")
        assert request.id == request_of(of, run.dataset, id_of(run.snapshot), "pca").id
        assert request.id != request_of(of, run.dataset, id_of(run.snapshot), "pca", for_placing=True).id
