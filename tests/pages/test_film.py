from __future__ import annotations

import json
import threading

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import digitviz
from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.maps.film import MAX_FRAMES, film_csv, fitted, frames_of
from digitviz.projections.spaces import space
from digitviz.training.pool import Job
from tests.pages.reading import take_home
from tests.waiting import wait_until


def open_page(digits, batches: int, **settings) -> AppTest:
    st.cache_resource.clear()
    page = AppTest.from_file("../../app.py", default_timeout=30)
    run = TrainingRun(digits, Hyperparameters(batches=40, steps_per_batch=5, **settings))
    run.advance(5 * batches)
    page.session_state["job"] = Job(run, None)
    page.switch_page("pages/film.py").run()
    assert not page.exception
    finish(page)
    return page


def finish(page: AppTest) -> None:
    wait_until(lambda: not any(thread.name == "digitviz-maps" for thread in threading.enumerate()))
    page.run()
    assert not page.exception


def picture(page: AppTest) -> dict:
    return json.loads(page.session_state["frames"]["film"][1])["figure"]


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_the_film_shows_each_moment_where_the_core_puts_it_with_its_accuracy(digits, mapped, method):
    page = open_page(digits, batches=2)
    page.segmented_control("film_method").set_value(method).run()
    finish(page)
    run = page.session_state["job"].run
    moments = frames_of(run)
    assert [now.batch for now in moments] == [0, 1, 2]
    expected = digitviz.film([space("hidden_1", mapped, now.recorded).points for now in moments], method)
    for frame, places in zip(picture(page)["frames"], expected, strict=True):
        drawn = np.array([frame["data"][0]["x"], frame["data"][0]["y"]]).T
        places = fitted(places, expected[-1])
        np.testing.assert_allclose(drawn, places, atol=1e-3 * np.abs(places).max())
        assert np.ptp(places / np.ptp(expected[-1], axis=0), axis=0).max() == pytest.approx(1)  # fills the picture
    words = picture(page)["layout"]["meta"]["film"]["labels"]
    assert words[0].startswith("before training")
    assert words[2] == f"after batch 2 · reads {100 * run.history.test_accuracy[1]:.0f} of 100"
    assert picture(page)["layout"]["meta"]["lit"]["asks"]
    written = [int(text.strip("</b>")) for text in picture(page)["data"][1]["text"]]
    assert written == list(range(len(picture(page)["layout"]["meta"]["faces"]["colours"])))
    file = take_home(page, "download_film")
    assert file.name == f"digitviz-film-{method}-hidden_1.csv"
    assert file.content == film_csv([0, 1, 2], expected, mapped.labels)


def test_a_layer_of_one_neuron_has_a_film_on_one_line(digits, mapped):
    page = open_page(digits, batches=2, hidden=(1,), activation="tanh", input_scale="unit")
    moments = frames_of(page.session_state["job"].run)
    ends = digitviz.film([space("hidden_1", mapped, now.recorded).points for now in moments])
    for frame, places in zip(picture(page)["frames"], ends, strict=True):
        np.testing.assert_allclose(frame["data"][0]["x"], fitted(places, ends[-1])[:, 0], atol=1e-3 * np.ptp(ends[-1]))
        assert np.ptp(frame["data"][0]["x"]) > 0
        assert np.ptp(frame["data"][0]["y"]) == 0


def test_a_film_can_be_taken_home_as_a_table():
    table = film_csv([0, 4], [np.zeros((2, 2)), np.array([[0.1, 0.2], [0.3, 0.4]])], np.array([7, 9])).decode()
    assert table.split()[0] == "batch,index,label,x,y"
    assert table.split()[3:] == ["4,0,7,0.1,0.2", "4,1,9,0.3,0.4"]


def test_a_long_training_is_shown_in_some_of_its_moments_the_first_and_the_last_among_them(digits):
    run = TrainingRun(digits, Hyperparameters(batches=40, steps_per_batch=1))
    run.advance(40)
    batches = [now.batch for now in frames_of(run)]
    assert len(batches) == MAX_FRAMES
    assert batches[0] == 0
    assert batches[-1] == 40


def test_without_a_training_the_page_says_what_to_do(digits):
    page = open_page(digits, batches=0)
    assert any("no animation, because batch 1 is not finished" in words.value for words in page.markdown)
    assert not picture(page)["layout"]["meta"]["lit"]["asks"]
    assert page.get("page_link")[0].proto.label == "Train"


def test_a_training_that_diverged_in_its_first_batch_has_no_film_and_one_way_to_train(digits):
    hidden = (50, 50, 50, 50)
    page = open_page(digits, 1, hidden=hidden, activation="identity", precision="float32", learning_rate=100.0)
    assert page.session_state["job"].run.diverged
    assert page.session_state["job"].run.history.checkpoint_batches() == [0]
    assert any("because batch 1 is not finished" in words.value for words in page.markdown)
    assert len(page.get("page_link")) == 1


def test_a_layer_in_which_nothing_is_left_gets_the_reason(digits):
    page = open_page(digits, batches=1, initialization="zeros")
    page.segmented_control("film_method").set_value("tsne").run()
    finish(page)
    assert "the same" in json.dumps(picture(page)["layout"]["annotations"])


def test_the_logits_have_a_film_too(digits):
    page = open_page(digits, batches=2)
    before = picture(page)["frames"]
    page.selectbox("film_layer").set_value("logits").run()
    finish(page)
    assert picture(page)["frames"] != before
