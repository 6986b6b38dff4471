"""Marks, picks and selections in a map, and the parameters of its URL."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest

from digitviz import align, kept_neighbours, project, separated_neighbours
from digitviz.dashboard.maps.controls import SETTINGS
from digitviz.figures.maps import POINTS
from digitviz.numbers import a_digit
from tests.pages.map_page import count, dots, figure, finish, words
from tests.pages.reading import take_home

LAYERS = ("pixels", "hidden_1", "logits", "w1_rows", "labels")


def test_misclassified_digits_are_counted_and_circled(open_map, mapped):
    page = open_map()
    run = page.session_state["job"].run
    run.advance(200)
    run.settle()  # another run may have taken these steps already
    page.run()
    wrong = np.flatnonzero(run.network.predict(mapped.pixels) != mapped.labels)
    toggle = page.toggle("map_rings")
    assert toggle.label == f"Circle misclassified digits: {len(wrong):,} of {len(mapped)}"
    assert not figure(page)["layout"]["meta"]["map"]["ringed"]
    toggle.set_value(True).run()
    assert figure(page)["layout"]["meta"]["map"]["ringed"]
    assert figure(page)["layout"]["meta"]["map"]["misread"] == wrong.tolist()
    assert "after 200 steps" in words(page)


def test_separated_neighbours_are_counted_and_drawn(open_map, mapped):
    page = open_map()
    page.toggle("map_pairs").set_value(True).run()
    pairs = separated_neighbours(mapped.pixels, project(mapped.pixels, "pca").coordinates)
    assert f"nearest neighbours that this map separates: {len(pairs):,}." in words(page)
    assert "The 100 worst are shown" in words(page)


def test_the_clicked_digit_shows_its_neighbours_in_both(open_map, mapped):
    page = open_map()
    page.session_state["map_picked"], page.session_state["map_trust"] = ("digits", 12), True
    page.run()
    assert not page.exception
    kept = kept_neighbours(mapped.pixels, project(mapped.pixels, "pca").coordinates, 12)
    said = words(page)
    assert f"Digit #13, label {mapped.labels[12]}, read as" in said
    assert f"**{len(kept.common)} of these 10 stay close** on the map (green)." in said
    [bars] = [each.proto.body for each in page.get("html") if "digitviz-shares" in each.proto.body]
    assert re.findall(r">(\d+ / \d+|\d+%)<", bars) == [
        f"{len(kept.common)} / 10",
        f"{project(mapped.pixels, 'pca').real_neighbours:.0%}",
    ]
    assert f"**{len(kept.separated)} end up far away** (red, dashed)." in said
    for part, found in (("map", kept.in_map), ("data", kept.in_data)):
        tiles = figure(page, f"map_nearest_1_{part}")
        captions = [note["text"] for note in tiles["layout"]["annotations"]]
        assert [caption.split()[0] for caption in captions] == [str(label) for label in mapped.labels[found.indices]]
        told = tiles["data"][1]["text"]
        assert [words.split("<br>")[1] for words in told] == [f"distance {length:.3g}" for length in found.distances]
        lines = [shape["line"] for shape in tiles["layout"]["shapes"]]
        assert [line.get("dash") for line in lines] == ["dash" if i in kept.separated else None for i in found.indices]
        framed = [line["width"] > 1 and "dash" not in line for line in lines]
        assert framed == np.isin(found.indices, kept.common).tolist()
    marks = figure(page)["layout"]["meta"]["map"]
    assert (sorted(marks["near"][0]), marks["torn"]) == (sorted({*kept.in_data.indices} - {*kept.separated}), [[]])
    page.toggle("map_far").set_value(True).run()
    marks = figure(page)["layout"]["meta"]["map"]
    assert (sorted(marks["near"][0]), marks["torn"]) == (sorted(kept.in_data.indices), [kept.separated.tolist()])
    page.session_state["map_picked"] = ("digits", 17)  # the map separates it from none of them
    assert "far away" not in words(page.run())
    page.button("map_clear_picked").click().run()
    assert "Select** a point" in words(page)


def test_the_surprising_digit_is_a_riddle_until_it_is_answered(open_map, mapped):
    page = open_map(method="tsne")
    embedding = project(mapped.pixels, "tsne")
    index = embedding.stray(mapped.labels)
    around = kept_neighbours(mapped.pixels, embedding.coordinates, index).in_map.indices
    own, other = int(mapped.labels[index]), int(np.bincount(mapped.labels[around]).argmax())

    def told() -> dict:
        return figure(page)["layout"]["meta"]["map"]

    first, second = sorted([own, other])
    assert told()["asked"] == [first, second]
    assert told()["question"] == f"Does this digit lie with the {first}s or the {second}s?"
    assert (told()["picked"], told()["near"], told()["torn"]) == (index, [[]], [[]])  # and no look-alike
    assert "clicked" not in figure(page)["layout"]["meta"]["says"]
    assert "map_nearest_1_data" not in page.session_state["frames"]
    assert "read as" not in words(page)
    page.session_state["map_guess"] = index, other  # as the button in the map does
    page.run()
    assert (told()["asked"], told()["question"]) == ([], "")
    assert "clicked" in figure(page)["layout"]["meta"]["says"]
    tiles = [note["text"] for note in figure(page, "map_nearest_1_data")["layout"]["annotations"]]
    assert (len(tiles), str(other) in tiles) == (10, True)
    assert page.header[0].value == f"Right: with the {other}s, although it is {a_digit(own)}."
    page.session_state["map_guess"] = index, own
    assert page.run().header[0].value == f"No: with the {other}s, although it is {a_digit(own)}."


def test_selected_digits_are_listed_and_can_be_let_go(open_map, mapped):
    page = open_map()
    chosen = tuple(range(0, 200, 5))
    page.session_state["map_selected"] = ("digits", chosen)
    page.run()
    assert not page.exception
    assert "**40** selected" in words(page)
    assert len(take_home(page, "download_selection").content.splitlines()) == 1 + 40
    label, most = max(
        ((label, int((mapped.labels[list(chosen)] == label).sum())) for label in range(10)), key=lambda pair: pair[1]
    )
    assert f"{most} × **" in words(page)
    assert f"× **{label}**" in words(page)
    assert page.code[0].value.split(", ") == [str(index + 1) for index in chosen]
    notes = figure(page, "map_chosen")["layout"]["annotations"]
    assert [note["text"] for note in notes[:2]] == [f"label {mapped.labels[index]}<br>#{index + 1}" for index in (0, 5)]
    page.button("map_clear_selected").click().run()
    assert "selected" not in words(page)


@pytest.mark.parametrize(
    ("name", "index", "said", "listed"),
    [("w1_rows", 19, "The pixel in row 3, column 4", "2, 20"), ("labels", 9, "Label 9", "1, 9")],
)
def test_pixels_and_labels_can_be_picked_and_selected_too(open_map, name, index, said, listed):
    page = open_map(space=name)
    page.session_state["map_picked"], page.session_state["map_selected"] = (name, index), (name, (1, index))
    assert not page.run().exception
    assert said in words(page)
    assert page.code[0].value == listed
    page.selectbox("map_space").set_value("pixels").run()  # pixels are not digits
    assert "selected" not in words(finish(page))


def test_two_maps_share_what_is_picked_and_selected(open_map, mapped):
    page = open_map()
    page.toggle("map_compare").set_value(True).run()
    page.selectbox("map_second_space").set_value("logits").run()
    page.selectbox("map_second_method").set_value("isomap").run()
    page.session_state["map_picked"] = ("digits", 5)
    page.session_state["map_selected"] = ("digits", (1, 2, 3))
    finish(page)
    assert count(page, 0) == count(page, 1) == len(mapped)
    assert [dots(page, number)["marker"]["opacity"] < 0.5 for number in (0, 1)] == [True, True]
    titles = [title["text"] for title in figure(page)["layout"]["annotations"]]
    assert titles == ["PCA of raw pixels", "Isomap of logits"]
    logits = page.session_state["job"].run.network.logits(mapped.pixels)
    second = project(logits, "isomap")
    expected = align(project(mapped.pixels, "pca").coordinates, second.coordinates)
    assert f"**Disparity {expected.disparity:.3f}** between the two" in words(page)
    kept = kept_neighbours(logits, second.coordinates, 5)
    assert f"Right, closest in the data: **{len(kept.common)} of these 10 stay" in words(page)
    page.selectbox("map_space").set_value("labels").run()  # digits have no position among labels
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
    page.query_params.clear()  # then a link of the gallery is opened in the same session
    page.query_params.update(space="pixels", method="isomap")
    finish(page.run())
    assert (page.selectbox("map_space").value, page.selectbox("map_method").value) == ("pixels", "isomap")
    assert dots(page)["type"] == "scatter"


def test_a_wrong_address_is_said_and_changes_nothing(open_map):
    page = open_map(space="w1_rows", method="nothing")
    assert "The link says `method=nothing`." in page.error[0].value
    assert page.selectbox("map_method").value == SETTINGS["method"].default
    page.button("map_understood").click().run()
    assert not page.error


def test_a_training_that_goes_on_does_not_change_the_map_until_it_is_asked_for(open_map, monkeypatch):
    page = open_map(space="hidden_1")
    run = page.session_state["job"].run
    monkeypatch.setattr("digitviz.dashboard.session.current_run.progress", lambda: SimpleNamespace(is_running=True))
    before = figure(page)["data"][POINTS]["x"]
    run.advance(50)
    run.settle()
    page.run()
    assert figure(page)["data"][POINTS]["x"] == before
    finish(page.button("map_up_to_now").click().run())
    assert figure(page)["data"][POINTS]["x"] != before
    assert "after 50 steps" in words(page)
