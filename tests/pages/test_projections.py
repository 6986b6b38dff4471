from __future__ import annotations

import csv
import io
import json
import re
import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import Embedding, Hyperparameters, TrainingRun, kept_neighbours, project
from digitviz.dashboard.maps.gallery import BEST_FIRST, coordinates_csv, ranking, trusted
from digitviz.dashboard.session import lease, map_jobs
from digitviz.dashboard.session.storage import store
from digitviz.projections import METHODS
from digitviz.projections.spaces import LABELS, PIXELS
from tests.pages.reading import downloads_on, open_page, take_home
from tests.waiting import wait_until

NUMBERS = range(1, 9)
"""Positions of the maps."""


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITVIZ_HOME", str(tmp_path))  # an empty store
    st.cache_resource.clear()
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.switch_page("pages/projections.py").run()
    assert not page.exception
    finish(page)
    yield page
    st.cache_resource.clear()  # including the store of the previous folder


def finish(page: AppTest) -> None:
    wait_until(lambda: not any(thread.name == "digitviz-maps" for thread in threading.enumerate()))
    page.run()
    assert not page.exception
    assert any("8 of 8 maps finished: 6 of pixels, 2 of the network" in words.value for words in page.markdown)


def said(page: AppTest) -> list[str]:
    """Measured numbers of the maps, in the order of their positions."""
    page.session_state["numbers_box"] = True
    page.run()
    [numbers] = [words.value for words in page.markdown if words.value.startswith("- **")]
    return [line.split("**: ", 1)[1] for line in numbers.splitlines() if line.startswith("- ")]


def picture(page: AppTest, number: int) -> dict:
    return json.loads(page.session_state["frames"][f"map_{number}"][1])


def test_the_gallery_shows_the_last_hidden_layer(digits):
    run = TrainingRun(digits, Hyperparameters(hidden=(5, 4), batches=1, steps_per_batch=1))
    page = open_page("projections", run)
    assert "**PCA of hidden layer 2 activations**" in [link.proto.label for link in page.get("page_link")]


def test_all_maps_are_drawn_each_with_its_quality(page, mapped):
    links = [each.proto for each in page.get("page_link")]
    links = [link for link in links if link.label.startswith("**")]
    ranked, methods = links[:6], ("tsne", "umap", "isomap", "mds", "spectral", "pca")
    assert ranked[0].label == "**1. Best: Neighbours first** :small[t-SNE]"
    assert ranked[5].label == "**6. Worst: Shadow** :small[PCA]"  # large, too
    assert [link.label for link in ranked[1:5]] == [
        f"**{rank}. {METHODS[name].nickname}**" for rank, name in enumerate(methods[1:5], 2)
    ]
    assert links[6].label == "**PCA of hidden layer 1 activations**"
    assert [links[at].query_string for at in (0, 6)] == ["space=pixels&method=tsne", "space=hidden_1&method=pca"]
    numbers = dict(zip(NUMBERS, said(page), strict=True))
    bars = [html.proto.body for html in page.get("html") if "digitviz-real" in html.proto.body]
    real = [float(re.search(r">([\d.]+) of 10", bar)[1]) for bar in bars]
    assert real == sorted(real, reverse=True)  # the ranks agree with the numbers shown
    places = [METHODS[name].gallery.items() for name in methods]
    assert sorted(place for each in places for place, of in each if of == PIXELS) == sorted(BEST_FIRST)
    assert real == [round(10 * project(mapped.pixels, name).real_neighbours, 1) for name in methods]
    [trusted] = [html.proto.body for html in page.get("html") if "Trust map 1 most and map 6 least." in html.proto.body]
    assert "Which map keeps this one near its ten look-alikes?" in trusted
    lit = [picture(page, number)["figure"]["layout"]["meta"]["lit"] for number in NUMBERS]
    assert [number for number, each in zip(NUMBERS, lit, strict=True) if each["leads"]] == [1, 6]  # the large maps
    [examples] = [each["found"][1] for each in lit if "found" in each and each["found"][1]]  # the best map has them
    assert sorted(mapped.labels[examples]) == list(range(10))
    best, worst = (project(mapped.pixels, name).coordinates for name in (methods[0], methods[-1]))
    kept = [[len(kept_neighbours(mapped.pixels, at, each).common) for at in (best, worst)] for each in examples]
    assert kept[0][0] >= kept[0][1] + 4
    expected = project(mapped.pixels, "tsne", labels=mapped.labels)
    quality = f"trustworthiness {expected.trustworthiness:.1%} · neighbour accuracy {expected.neighbour_accuracy:.1%}"
    assert quality in numbers[6]
    assert ranked[0].help == METHODS["tsne"].description.message
    texts = "".join(each.value for each in page.markdown)
    assert "A good map keeps digits that look alike together." in texts
    assert not downloads_on(page)
    page.session_state["downloads_box"] = True
    page.run()
    assert len(downloads_on(page)) == 8
    file = take_home(page, "download_map_6")
    assert (file.name, file.content) == ("digitviz-tsne-pixels.csv", coordinates_csv(expected, mapped.labels))
    assert [len(picture(page, number)["figure"].get("frames", [])) > 5 for number in range(1, 9)] == [
        False, False, False, True, False, True, True, False,
    ]  # fmt: skip
    assert not picture(page, 6)["figure"]["layout"]["meta"]["film"]["autoplay"]


def test_maps_have_ranks_when_all_are_finished():
    def done(share: float) -> Any:
        return SimpleNamespace(finished=True, embedding=SimpleNamespace(real_neighbours=share))

    failed, waits = (map_jobs.MapProgress(state) for state in (map_jobs.MapState.FAILED, map_jobs.MapState.WAITING))
    panels: Any = [SimpleNamespace(of=SimpleNamespace(name=of)) for of in (PIXELS, LABELS, PIXELS, PIXELS, PIXELS)]
    assert ranking(panels, [done(0.8), done(0.99), done(0.9), failed, done(0.7)]) == [2, 0, 4]
    assert ranking(panels[:3], [done(0.8), waits, done(0.9)]) == []
    assert "map 2 least" in trusted([1, 0], [done(0.5), done(0.6)])
    assert trusted([0, 1], [done(0.5), done(0.5)]) == trusted([0], [done(0.5)]) == trusted([], []) == ""


def test_a_new_server_finds_all_maps_kept_and_can_compute_them_again(page):
    assert store().flush(90)
    st.cache_resource.clear()  # clears the server's memory
    other = AppTest.from_file("../../app.py", default_timeout=30)
    other.switch_page("pages/projections.py").run()
    finish(other)
    assert ["from disk" in words for words in said(other)] == [True] * 8
    other.button("again").click().run()
    finish(other)
    assert not any("from disk" in words for words in said(other))


def test_another_visitor_finds_the_maps_of_the_data_and_of_the_same_network(page, monkeypatch):
    drawn = []

    def counted(points: np.ndarray, method: str, *rest: object, **options: object) -> Embedding:
        drawn.append(method)
        return project(points, method, *rest, **options)

    visitor = lease.Lease("another visitor")  # all AppTest sessions share a lease
    monkeypatch.setattr(lease, "lease", lambda: visitor)
    monkeypatch.setattr(map_jobs, "project", counted)
    other = AppTest.from_file("../../app.py", default_timeout=30)
    other.switch_page("pages/projections.py").run()
    finish(other)
    assert drawn == []
    assert ["reused" in words for words in said(other)] == [True] * 8


def test_dark_like_the_notebook_whatever_the_page_is(page):
    assert "theme" not in picture(page, 1)["figure"]["layout"]["meta"]
    page.toggle("gallery_dark").set_value(True).run()
    assert not page.exception
    assert picture(page, 7)["figure"]["layout"]["meta"]["theme"] == "dark"


def test_a_map_can_be_taken_home_as_a_table(mapped):
    embedding = project(mapped.pixels, "pca")
    rows = list(csv.reader(io.StringIO(coordinates_csv(embedding, mapped.labels).decode())))
    assert rows[0] == ["index", "label", "x", "y"]
    assert [int(row[1]) for row in rows[1:]] == mapped.labels.tolist()
    np.testing.assert_array_equal(np.array(rows[1:])[:, 2:].astype(float), embedding.coordinates)


def test_the_words_are_about_the_network_that_is_mapped_while_it_goes_on_training(monkeypatch, digits):
    run = TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=10))
    run.advance(10)
    asked = map_jobs.ask
    monkeypatch.setattr(map_jobs, "ask", lambda *given, **how: (run.advance(5), asked(*given, **how))[1])
    page = open_page("projections", run)
    assert any("the network after 10 steps" in words.value for words in page.markdown)
