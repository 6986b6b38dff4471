from __future__ import annotations

import threading

import numpy as np
import pytest
import streamlit as st

from digitviz import Hyperparameters, align, project
from digitviz.dashboard.maps.gallery import coordinates_csv
from digitviz.dashboard.session.storage import store
from digitviz.projections import METHODS
from digitviz.projections.spaces import space, space_names
from tests.pages.map_page import MAPPED, count, dots, finish, words
from tests.pages.reading import take_home
from tests.waiting import wait_until

LAYERS = ("pixels", "hidden_1", "logits", "w1_rows", "labels")


def test_it_asks_a_question_and_draws_the_map_of_the_core(open_map, mapped):
    page = open_map(method="tsne")
    assert page.title[0].value.endswith("?")
    expected = project(mapped.pixels, "tsne", labels=mapped.labels)
    quality = f"trustworthiness {expected.trustworthiness:.1%} · neighbour accuracy {expected.neighbour_accuracy:.1%}"
    assert quality in words(page)
    assert count(page) == len(mapped)
    assert "the seed has little effect" in words(page)
    file = take_home(page, "download_map_1")
    assert file.name == "digitviz-tsne-pixels-seed-0.csv"
    assert file.content == coordinates_csv(expected, mapped.labels)


@pytest.mark.parametrize(("name", "points"), [*zip(LAYERS, (MAPPED, MAPPED, MAPPED, 64, 10), strict=True)])
def test_every_space_can_be_mapped_in_the_plane_and_in_space(open_map, name, points):
    page = open_map(space=name)
    assert count(page) == points
    assert dots(page)["type"] == "scatter"
    page.button_group("map_dimensions").set_value(3).run()
    assert dots(finish(page))["type"] == "scatter3d"
    assert count(page) == points


def test_labels_by_every_method_say_what_was_reduced(open_map):
    page = open_map(space="labels")
    for method in METHODS:
        page.selectbox("map_method").set_value(method).run()
        finish(page)
        assert count(page) == 10
        if method == "tsne":
            assert "Perplexity reduced from 30 to 3" in words(page)


def test_a_network_with_more_layers_offers_each_and_with_none_takes_what_there_is(open_map):
    page = open_map(space="hidden_1")
    run = page.session_state["job"].run
    run.__init__(run.dataset, Hyperparameters(hidden=(12, 8)))
    finish(page)
    assert len(page.selectbox("map_space").options) == len(space_names(3)) == 6
    page.selectbox("map_space").set_value("hidden_2").run()
    assert "PCA of hidden layer 2 activations" in words(finish(page))
    run.__init__(run.dataset, Hyperparameters(hidden=()))
    page.run()
    assert "PCA of raw pixels" in words(finish(page))


def test_options_come_from_the_registry_and_change_the_map(open_map, mapped):
    page = open_map(method="isomap")
    assert METHODS["isomap"].citation in words(page)
    page.number_input("map_option_isomap_quick_neighbours").set_value(12).run()
    finish(page)
    expected = project(mapped.pixels, "isomap", labels=mapped.labels, neighbours=12)
    quality = f"trustworthiness {expected.trustworthiness:.1%} · neighbour accuracy {expected.neighbour_accuracy:.1%}"
    assert quality in words(page)


def test_best_is_another_map_than_quick(open_map, mapped):
    page = open_map(method="mds")
    page.button_group("map_quality").set_value("best").run()
    finish(page)
    expected = project(mapped.pixels, "mds", labels=mapped.labels, quality="best")
    assert f"stress {expected.stress:.2f}" in words(page)
    assert f"trustworthiness {expected.trustworthiness:.1%}" in words(page)


def test_another_seed_is_laid_onto_the_last_map_and_there_is_a_way_back(open_map, random):
    page = open_map(space="w1_rows", method="umap")
    assert "Disparity" not in words(page)
    points = space("w1_rows", page.session_state["job"].run.dataset, page.session_state["job"].run.network).points
    page.button("map_other_seed").click().run()
    finish(page)
    expected = align(project(points, "umap").coordinates, project(points, "umap", seed=1).coordinates)
    assert f"**Disparity {expected.disparity:.3f}** between seed 0 and seed 1" in words(page)
    assert "a map of pure noise may be repeated just as well" in words(page)
    np.testing.assert_allclose(page.session_state["map_placed"].coordinates, expected.coordinates)
    page.number_input("map_seed").set_value(7).run()
    assert "between seed 1 and seed 7" in words(finish(page))
    page.button("map_seed_0").click().run()
    assert "between seed 7 and seed 0" in words(finish(page))
    np.testing.assert_array_equal(page.session_state["map_placed"].coordinates, project(points, "umap").coordinates)


def test_a_map_of_the_data_comes_from_disk_and_can_be_computed_again(open_map):
    open_map(method="mds")
    assert store().flush(90)
    st.cache_resource.clear()  # a new session
    page = open_map(method="mds")
    assert "loaded from disk" in words(page)
    page.button("map_again").click().run()
    finish(page)
    assert "loaded from disk" not in words(page)


def test_a_long_drawing_can_be_stopped_and_taken_up_again(open_map):
    page = open_map(space="w1_rows")
    page.selectbox("map_method").set_value("tsne").run()
    page.number_input("map_option_tsne_quick_attempts").set_value(20)
    page.number_input("map_option_tsne_quick_iterations").set_value(2000).run()
    page.button("map_stop").click().run()
    wait_until(lambda: not any(thread.name == "digitviz-maps" for thread in threading.enumerate()))
    page.run()
    assert not page.exception
    assert "Stopped" in words(page)
    assert not any(thread.name == "digitviz-maps" for thread in threading.enumerate())  # a rerun does not start it
    page.button("map_again").click().run()
    assert "Stopped" not in words(page)
    page.button("map_stop").click().run()
    page.number_input("map_option_tsne_quick_iterations").set_value(20)
    page.number_input("map_option_tsne_quick_attempts").set_value(1).run()
    assert "Stopped" not in words(finish(page))
