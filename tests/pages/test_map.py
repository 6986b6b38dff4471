from __future__ import annotations

import json
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, align, kept_neighbours, project, torn
from digitviz.dashboard.maps.controls import DEFAULTS
from digitviz.dashboard.maps.gallery import coordinates_csv
from digitviz.projections import METHODS
from digitviz.projections.spaces import space, space_names
from tests.pages.reading import take_home
from tests.waiting import wait_until

LAYERS = ("pixels", "hidden_1", "logits", "w1_rows", "labels")


@pytest.fixture
def open_map(tmp_path, monkeypatch):
    """Open the page, by default on its quickest map."""
    monkeypatch.setenv("DIGITVIZ_HOME", str(tmp_path))  # nothing is kept yet
    st.cache_resource.clear()

    def open_map(**address: str) -> AppTest:
        page = AppTest.from_file("../../app.py", default_timeout=30)
        for name, text in ({"method": "pca"} | address).items():
            page.query_params[name] = text
        page.switch_page("pages/map.py").run()
        return finish(page)

    return open_map


def finish(page: AppTest) -> AppTest:
    wait_until(lambda: not any(thread.name == "digitviz-maps" for thread in threading.enumerate()))
    page.run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.caption, *page.markdown, *page.warning, *page.error])


def figure(page: AppTest, name: str = "map_large") -> dict:
    return json.loads(page.session_state["frames"][name][1])["figure"]


def dots(page: AppTest, number: int = 0) -> dict:
    return figure(page)["data"][figure(page)["layout"]["meta"]["map"]["points"][number]]


def count(page: AppTest, number: int = 0) -> int:
    return int(dots(page, number)["customdata"]["shape"].split(",")[0])


def test_it_asks_a_question_and_draws_the_map_of_the_core(open_map, digits):
    page = open_map(method="tsne")
    assert page.title[0].value.endswith("?")
    expected = project(digits.pixels, "tsne", labels=digits.labels)
    quality = f"trustworthiness {expected.trustworthiness:.1%} · neighbour accuracy {expected.neighbour_accuracy:.1%}"
    assert quality in words(page)
    assert count(page) == len(digits)
    assert "the seed changes little" in words(page)
    file = take_home(page, "download_map_1")
    assert file.name == "digitviz-tsne-pixels-seed-0.csv"
    assert file.content == coordinates_csv(expected, digits.labels)


@pytest.mark.parametrize(("name", "points"), [*zip(LAYERS, (1797, 1797, 1797, 64, 10), strict=True)])
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


def test_options_come_from_the_registry_and_change_the_map(open_map, digits):
    page = open_map(method="isomap")
    assert METHODS["isomap"].citation in words(page)
    page.number_input("map_option_isomap_quick_neighbours").set_value(12).run()
    finish(page)
    expected = project(digits.pixels, "isomap", labels=digits.labels, neighbours=12)
    quality = f"trustworthiness {expected.trustworthiness:.1%} · neighbour accuracy {expected.neighbour_accuracy:.1%}"
    assert quality in words(page)


def test_best_is_another_map_than_quick(open_map, digits):
    page = open_map(method="mds")
    page.button_group("map_quality").set_value("best").run()
    finish(page)
    expected = project(digits.pixels, "mds", labels=digits.labels, quality="best")
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
    np.testing.assert_allclose(page.session_state["map_placed"].coordinates, expected.coordinates)
    page.number_input("map_seed").set_value(7).run()
    assert "between seed 1 and seed 7" in words(finish(page))
    page.button("map_seed_0").click().run()
    assert "between seed 7 and seed 0" in words(finish(page))
    np.testing.assert_array_equal(page.session_state["map_placed"].coordinates, project(points, "umap").coordinates)


def test_a_map_of_the_data_comes_from_disk_and_can_be_computed_again(open_map):
    open_map(method="mds")
    st.cache_resource.clear()  # a session later
    page = open_map(method="mds")
    assert "now from disk" in words(page)
    page.button("map_again").click().run()
    finish(page)
    assert "now from disk" not in words(page)


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
    assert not any(thread.name == "digitviz-maps" for thread in threading.enumerate())  # nor does a rerun start it
    page.button("map_again").click().run()
    assert "Stopped" not in words(page)
    page.button("map_stop").click().run()
    page.number_input("map_option_tsne_quick_iterations").set_value(20)
    page.number_input("map_option_tsne_quick_attempts").set_value(1).run()
    assert "Stopped" not in words(finish(page))


def test_misclassified_digits_are_counted_and_circled(open_map, digits):
    page = open_map()
    run = page.session_state["job"].run
    run.advance(200)
    run.settle()  # some other training may have taken these steps already
    page.run()
    wrong = np.flatnonzero(run.network.predict(digits.pixels) != digits.labels)
    toggle = page.toggle("map_rings")
    assert toggle.label == f"Circle misclassified digits: {len(wrong):,} of 1,797"
    assert not figure(page)["layout"]["meta"]["map"]["ringed"]
    toggle.set_value(True).run()
    assert figure(page)["layout"]["meta"]["map"]["ringed"]
    assert figure(page)["layout"]["meta"]["map"]["misread"] == wrong.tolist()
    assert "after 200 steps" in words(page)


def test_separated_neighbours_are_counted_and_drawn(open_map, digits):
    page = open_map()
    page.toggle("map_pairs").set_value(True).run()
    pairs = torn(digits.pixels, project(digits.pixels, "pca").coordinates)
    assert f"This map separates {len(pairs):,} pairs of nearest neighbours" in words(page)
    assert "The 100 worst are shown" in words(page)


def test_the_clicked_digit_shows_its_neighbours_in_both(open_map, digits):
    page = open_map()
    page.session_state["map_picked"] = ("digits", 17)
    page.run()
    assert not page.exception
    kept = kept_neighbours(digits.pixels, project(digits.pixels, "pca").coordinates, 17)
    said = words(page)
    assert f"Number 18, a {digits.labels[17]}, read as" in said
    assert (
        f"Of its 10 nearest neighbours in the data (◇), the map keeps {len(kept.common)} among the nearest (✓), puts "
        f"{10 - len(kept.common) - len(kept.torn)} a little farther off, and separates {len(kept.torn)} (red lines)."
    ) in said
    for part, found in (("map", kept.in_map), ("data", kept.in_data)):
        captions = [note["text"] for note in figure(page, f"map_nearest_1_{part}")["layout"]["annotations"]]
        assert [caption.split("<br>")[1] for caption in captions] == [f"{length:.3g}" for length in found.distances]
        assert [" ✓" in caption for caption in captions] == np.isin(found.indices, kept.common).tolist()
    assert figure(page)["layout"]["meta"]["map"]["near"] == [kept.in_data.indices.tolist()]
    page.button("map_clear_picked").click().run()
    assert "Click** a point" in words(page)


def test_selected_digits_are_listed_and_can_be_let_go(open_map, digits):
    page = open_map()
    chosen = tuple(range(0, 200, 5))
    page.session_state["map_selected"] = ("digits", chosen)
    page.run()
    assert not page.exception
    assert "**40** selected" in words(page)
    assert len(take_home(page, "download_selection").content.splitlines()) == 1 + 40
    label, most = max(
        ((label, int((digits.labels[list(chosen)] == label).sum())) for label in range(10)), key=lambda pair: pair[1]
    )
    assert f"{most} × **" in words(page)
    assert f"× **{label}**" in words(page)
    assert page.code[0].value.split(", ") == [str(index + 1) for index in chosen]
    notes = figure(page, "map_chosen")["layout"]["annotations"]
    assert [note["text"] for note in notes[:2]] == [f"a {digits.labels[index]}<br>#{index + 1}" for index in (0, 5)]
    page.button("map_clear_selected").click().run()
    assert "selected" not in words(page)


@pytest.mark.parametrize(
    ("name", "index", "said", "listed"),
    [("w1_rows", 19, "The pixel in row 3, column 4", "2, 20"), ("labels", 9, "The label 9", "1, 9")],
)
def test_pixels_and_labels_can_be_picked_and_selected_too(open_map, name, index, said, listed):
    page = open_map(space=name)
    page.session_state["map_picked"], page.session_state["map_selected"] = (name, index), (name, (1, index))
    assert not page.run().exception
    assert said in words(page)
    assert page.code[0].value == listed
    page.selectbox("map_space").set_value("pixels").run()  # they are no digits
    assert "selected" not in words(finish(page))


def test_two_maps_share_what_is_picked_and_selected(open_map, digits):
    page = open_map()
    page.toggle("map_compare").set_value(True).run()
    page.selectbox("map_second_space").set_value("logits").run()
    page.selectbox("map_second_method").set_value("isomap").run()
    page.session_state["map_picked"] = ("digits", 5)
    page.session_state["map_selected"] = ("digits", (1, 2, 3))
    finish(page)
    assert count(page, 0) == count(page, 1) == 1797
    assert [dots(page, number)["marker"]["opacity"] < 0.5 for number in (0, 1)] == [True, True]
    titles = [title["text"] for title in figure(page)["layout"]["annotations"]]
    assert titles == ["PCA of raw pixels", "Isomap of logits"]
    logits = page.session_state["job"].run.network.logits(digits.pixels)
    second = project(logits, "isomap")
    expected = align(project(digits.pixels, "pca").coordinates, second.coordinates)
    assert f"**Disparity {expected.disparity:.3f}** between the two" in words(page)
    kept = kept_neighbours(logits, second.coordinates, 5)
    assert f"the map on the right keeps {len(kept.common)} among the nearest (✓)" in words(page)
    page.selectbox("map_space").set_value("labels").run()  # digits have no place among labels
    finish(page)
    assert page.selectbox("map_second_space").value == "labels"
    assert count(page, 1) == 10


def test_the_choice_stands_in_the_address_and_is_taken_from_it(open_map):
    page = open_map(space="labels", method="mds", dimensions="3", seed="5", quality="best")
    assert (page.selectbox("map_space").value, page.selectbox("map_method").value) == ("labels", "mds")
    assert page.number_input("map_seed").value == 5
    assert dots(page)["type"] == "scatter3d"
    page.button("map_other_seed").click().run()
    page.button_group("map_quality").set_value("quick").run()
    written = {name: value if isinstance(value, str) else value[0] for name, value in page.query_params.items()}
    assert written == {"space": "labels", "method": "mds", "dimensions": "3", "seed": "6"}
    finish(page)


def test_a_wrong_address_is_said_and_changes_nothing(open_map):
    page = open_map(space="w1_rows", method="nothing")
    assert "The address says `method=nothing`." in page.error[0].value
    assert page.selectbox("map_method").value == DEFAULTS["method"]
    page.button("map_understood").click().run()
    assert not page.error


def test_a_training_that_goes_on_does_not_change_the_map_until_it_is_asked_for(open_map, monkeypatch):
    page = open_map(space="hidden_1")
    run = page.session_state["job"].run
    monkeypatch.setattr("digitviz.dashboard.session.current_run.progress", lambda: SimpleNamespace(is_running=True))
    before = figure(page)["data"][2]["x"]
    run.advance(50)
    run.settle()
    page.run()
    assert figure(page)["data"][2]["x"] == before
    finish(page.button("map_up_to_now").click().run())
    assert figure(page)["data"][2]["x"] != before
    assert "after 50 steps" in words(page)
