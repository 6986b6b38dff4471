from __future__ import annotations

import base64
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun, project
from digitviz.dashboard.components.pad import pack
from digitviz.dashboard.maps.weights import ON_THE_PAD, neurons_in_words
from digitviz.dashboard.session.moment import moment
from digitviz.drawing import to_digit
from digitviz.drawing.picture import canvas_from_digit
from digitviz.explanations.neurons import like_their_digits, sorted_neurons, votes
from digitviz.numbers import a_digit
from digitviz.projections.manifold import fitted_to_grid
from digitviz.training.pool import Job
from digitviz.training.presets import PRESETS
from tests.pages.reading import open_page, take_home, words_on
from tests.store.made import kept_drawing
from tests.waiting import wait_until

LEARNS = Hyperparameters(batches=4, steps_per_batch=30, optimizer="adam", learning_rate=0.003)


@pytest.fixture
def page(digits):
    st.cache_resource.clear()
    page = AppTest.from_file("../../app.py", default_timeout=30)
    run = TrainingRun(digits, LEARNS)
    run.advance(90)
    page.session_state["job"] = Job(run, None)
    page.switch_page("pages/weights.py").run()
    assert not page.exception
    return page


def let_go_at(page: AppTest, batch: int) -> None:
    """Release the slider, as its own script does. The script is tested in `tests/browser/test_through.py`."""
    page.session_state["weights_moment"] = batch
    page.run()


def picture(page: AppTest, key: str) -> dict:
    return json.loads(page.session_state["frames"][key][1])["figure"]


def manifold(page: AppTest) -> np.ndarray:
    """Return the positions of the first digit's pixels in the lower row."""
    places = [trace for trace in picture(page, "manifold")["data"] if trace.get("marker", {}).get("coloraxis")]
    lower = places[1]
    return np.array([lower["x"], lower["y"]]).T


def shows(page: AppTest, weights: np.ndarray, method: str = "pca") -> None:
    expected = fitted_to_grid(project(weights.astype(float), method).coordinates)

    def drawn() -> bool:
        page.run()
        assert not page.exception
        return "frames" in picture(page, "manifold") and np.allclose(manifold(page), expected, atol=0.01)

    wait_until(drawn)


def test_the_slider_of_another_run_begins_at_its_end(page, digits):
    let_go_at(page, 1)
    page.run()
    assert page.session_state["weights_moment"] == 1
    other = TrainingRun(digits, Hyperparameters(batches=4, steps_per_batch=20))
    other.advance(60)
    page.session_state["job"] = Job(other, None)
    page.run()
    assert page.session_state["weights_moment"] == 3


def test_the_huge_last_weights_of_a_diverged_run_do_not_whiten_all_others(page, digits):
    run = TrainingRun(digits, replace(PRESETS["diverging"].hyperparameters, steps_per_batch=5))
    run.advance(run.total_steps)
    assert np.abs(run.parameters.weights[0]).max() > 1e6
    page.session_state["job"] = Job(run, None)
    page.run()
    let_go_at(page, 0)
    layout = picture(page, "neuron_pictures")["layout"]
    assert layout["coloraxis"]["cmax"] < 1
    assert layout["meta"]["follows"]["least"] == 0


def test_the_page_shows_the_pixels_where_the_weights_have_them_at_any_moment(page):
    run = page.session_state["job"].run
    assert run.history.checkpoint_batches() == [0, 1, 2, 3]
    shows(page, run.history.parameters_after(2).weights[0])
    let_go_at(page, 1)
    shows(page, run.history.parameters_after(0).weights[0])
    let_go_at(page, 0)
    shows(page, run.initial_parameters.weights[0])
    page.selectbox("pixel_method").set_value("mds").run()
    shows(page, run.initial_parameters.weights[0], "mds")
    file = take_home(page, "download_pixels")
    assert (file.name, len(file.content.splitlines())) == ("digitviz-pixels-mds.csv", 1 + 64)


def test_the_digits_can_be_chosen_and_none_gets_a_sentence(page, digits):
    page.multiselect("digits").set_value([0, 7]).run()
    assert not page.exception
    titles = [words["text"] for words in picture(page, "manifold")["layout"]["annotations"]]
    assert titles == ["#1 (label 0)", "#8 (label 7)"]
    page.multiselect("digits").set_value([]).run()
    assert not page.exception
    assert "Choose at least one digit" in page.info[0].value


def test_the_drawing_on_the_pad_and_the_saved_ones_can_be_shown_too(page, digits):
    assert "Draw a digit" in [link.proto.label for link in page.get("page_link")]
    three = next(number for number in range(len(digits)) if digits.labels[number] == 3)
    canvas = canvas_from_digit(digits.images[three])
    page.session_state["pad_put"] = (1, pack(canvas))
    page.session_state["saved_drawings"] = [kept_drawing(digit=tuple(to_digit(canvas).digit.ravel()), label=3)]
    page.run()
    page.multiselect("own_digits").set_value([ON_THE_PAD, 1]).run()
    assert not page.exception
    titles = [words["text"] for words in picture(page, "manifold")["layout"]["annotations"]]
    assert titles[4:] == ["the drawing on the pad", "drawing 1 (label 3)"]
    inks = [trace["marker"]["color"] for trace in picture(page, "manifold")["data"] if "marker" in trace]
    drawn = to_digit(canvas).digit.ravel()
    assert any(np.array_equal(numbers(ink), drawn) for ink in inks if isinstance(ink, dict))
    page.session_state["saved_drawings"] = []
    page.run()
    assert not page.exception
    assert page.multiselect("own_digits").value == [ON_THE_PAD]
    page.session_state["pad_put"] = (2, "broken")
    page.run()
    assert not page.exception
    assert "Draw a digit" in [link.proto.label for link in page.get("page_link")]


def numbers(packed: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"])


def test_a_moment_that_was_seen_before_is_there_at_once_and_can_be_computed_again(page):
    run = page.session_state["job"].run
    shows(page, run.history.parameters_after(2).weights[0])
    let_go_at(page, 1)
    shows(page, run.history.parameters_after(0).weights[0])
    let_go_at(page, 3)
    assert any("reused" in caption.value for caption in page.caption)
    page.button("pixels_again").click().run()
    shows(page, run.history.parameters_after(2).weights[0])
    assert not any("reused" in caption.value for caption in page.caption)


def test_neurons_come_in_the_chosen_order(page):
    captions = {}
    page.toggle("all_neurons").set_value(True).run()
    for order in ("number", "vote"):
        page.segmented_control("neuron_order").set_value(order).run()
        assert not page.exception
        captions[order] = picture(page, "neuron_pictures")["data"][1]["text"]
    assert [words.split(" → ")[0] for words in captions["number"]] == [str(number) for number in range(1, 51)]
    by_vote, by_number = captions["vote"], captions["number"]
    digits = [words.split(" → ")[1] for words in by_vote]
    assert digits == sorted(digits)
    assert sorted(by_vote) == sorted(by_number)


def most_like_their_digits(run: TrainingRun) -> np.ndarray:
    means = np.stack([run.train.images[run.train.labels == digit].mean(axis=0) for digit in range(10)])
    return like_their_digits(run.parameters, means)[:6]


def test_the_page_asks_for_the_digit_of_one_neuron_after_another_and_outlines_each_guess_on_it(page):
    run = page.session_state["job"].run
    before, now = run.initial_parameters, run.history.parameters_after(2)
    neurons = most_like_their_digits(run)
    assert len({*votes(now)[neurons].tolist()}) == 6
    means = np.stack([run.train.images[run.train.labels == digit].mean(axis=0) for digit in range(10)])
    for neuron in neurons:
        key, voted = f"neuron_digit_{run.serial}_{neuron}", int(votes(now)[neuron])
        drawn = picture(page, "neuron_pictures")
        assert [trace["type"] for trace in drawn["data"]] == ["heatmap", "scatter"] * 2
        for trace, parameters in zip(drawn["data"][::2], (now, before), strict=True):
            image = parameters.weights[0][:, neuron].reshape(8, 8)
            np.testing.assert_allclose(numbers(trace["z"]).reshape(-1, 8)[:8], image, rtol=1e-6)
        assert "votes" not in json.dumps(drawn)
        assert not is_clickable(page)  # the dialog would tell
        assert "Press one to lay its outline" in words_on(page)
        for guess in ((voted + 1) % 10, voted):
            page.button_group(key).set_value(guess).run()
            assert not page.exception
            halo, line = picture(page, "neuron_pictures")["data"][4:]
            for outline in (halo, line):
                np.testing.assert_allclose(numbers(outline["z"]).reshape(10, 10)[1:-1, 1:-1], means[guess], rtol=1e-5)
            assert (f"**Right: it votes for {voted}.**" in words_on(page)) == (guess == voted)
            assert (f"**Not {a_digit(guess)}.**" in words_on(page)) == (guess != voted)
            assert is_clickable(page)
        page.button("next_neuron").click().run()
    assert f"**Right: it votes for {votes(now)[neurons[0]]}.**" in words_on(page)  # the first one again


def is_clickable(page: AppTest) -> bool:
    return json.loads(page.session_state["frames"]["neuron_pictures"][1])["clickable"]


def test_the_neuron_stays_the_same_at_every_point_in_training(page):
    run = page.session_state["job"].run
    [neuron] = picture(page, "neuron_pictures")["layout"]["meta"]["follows"]["shown"]
    assert neuron == most_like_their_digits(run)[0]
    assert row_names(page) == ["after batch 3", "before training"]
    let_go_at(page, 1)
    assert row_names(page) == ["after batch 1", "before training"]
    drawn = picture(page, "neuron_pictures")
    assert drawn["layout"]["meta"]["follows"]["shown"] == [neuron]
    image = run.history.parameters_after(0).weights[0][:, neuron].reshape(8, 8)
    np.testing.assert_allclose(numbers(drawn["data"][0]["z"]).reshape(-1, 8)[:8], image, rtol=1e-6)


def row_names(page: AppTest) -> list[str]:
    return [note["text"] for note in picture(page, "neuron_pictures")["layout"]["annotations"][:2]]


def test_all_neurons_are_shown_with_their_votes_and_why_not_each_has_its_digit(page):
    run = page.session_state["job"].run
    assert page.title[0].value == "What does this neuron look for?"
    page.toggle("all_neurons").set_value(True).run()
    assert not page.exception
    assert page.title[0].value == "What does each neuron look for?"
    voted = votes(run.history.parameters_after(2))
    shown = sorted_neurons(run.parameters, "vote")
    assert picture(page, "neuron_pictures")["data"][1]["text"] == [f"{one + 1} → {voted[one]}" for one in shown]
    assert "a stroke that several digits share" in words_on(page)
    assert is_clickable(page)


@pytest.mark.parametrize(
    ("hyperparameters", "steps"),
    [(LEARNS, 0), (Hyperparameters(batches=4, steps_per_batch=30), 90), (replace(LEARNS, hidden=()), 90)],
)
def test_nothing_is_asked_of_neurons_that_have_learnt_nothing_or_are_the_digits(digits, hyperparameters, steps):
    run = TrainingRun(digits, hyperparameters)
    run.advance(steps)
    page = open_page("weights", run)
    assert page.title[0].value == "What does each neuron look for?"
    assert "Press one to lay its outline" not in words_on(page)
    assert "a stroke that several digits share" not in words_on(page)
    assert "all_neurons" not in [toggle.key for toggle in page.toggle]
    shown = picture(page, "neuron_pictures")["layout"]["meta"]["follows"]["shown"]
    assert len(shown) == run.parameters.weights[0].shape[1]


def test_noise_after_training_is_not_called_what_the_neurons_look_for(digits):
    run = TrainingRun(digits, Hyperparameters(hidden=(2,), batches=1, steps_per_batch=5))
    assert "Training turns noise" in words_on(open_page("weights", run))
    run.advance(5)
    assert "Training turns noise" not in words_on(open_page("weights", run))


def test_an_opened_neuron_is_shown_over_the_page_as_it_was_at_that_moment(page):
    page.session_state["opened_neuron"], page.session_state["visit_opened"] = 16, False
    page.run()
    assert not page.exception
    run = page.session_state["job"].run
    parameters = run.history.parameters_after(2)
    image = numbers(picture(page, "opened_neuron_picture")["data"][0]["z"])
    np.testing.assert_allclose(image, parameters.weights[0][:, 16], rtol=1e-6)
    said = f"Neuron 17 votes most strongly for **{parameters.weights[1][16].argmax()}**, after batch 3."
    assert said in [words.value for words in page.markdown]
    assert picture(page, "neuron_pictures")
    page.session_state["visit_opened"] = True  # the page was closed and reopened
    page.run()
    assert not any("votes most strongly for" in words.value for words in page.markdown)


def test_an_output_looks_for_what_all_layers_before_it_pass_on_and_names_its_strongest_inputs(page):
    first, second = page.session_state["job"].run.history.parameters_after(2).weights
    page.session_state["opened_neuron"], page.session_state["visit_opened"] = first.shape[1] + 3, False
    page.run()
    image = numbers(picture(page, "opened_neuron_picture")["data"][0]["z"])
    np.testing.assert_allclose(image, (first @ second)[:, 3], rtol=1e-5)
    words = words_on(page)
    assert "What the output for digit 3 looks for" in words
    assert f"neurons of layer 1: {np.abs(second[:, 3]).argmax() + 1} (" in words


def test_the_matrices_are_those_of_the_moment(page):
    let_go_at(page, 0)
    difference = picture(page, "matrix_1")["data"][2]["z"]
    assert not np.frombuffer(base64.b64decode(difference["bdata"]), difference["dtype"]).any()


def test_before_training_the_scrubber_says_so(digits):
    run = TrainingRun(digits, Hyperparameters())
    assert run.history.checkpoint_batches() == [0]
    assert moment(run, 0).words == "before training"
    assert moment(run, 0).accuracy == run.test_accuracy


def test_inside_the_first_batch_the_page_shows_the_weights_as_they_are(digits):
    run = TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=200))
    run.advance(150)
    page = open_page("weights", run)
    assert "Batch 1 is not finished: the second row shows the weights after 150 steps." in words_on(page)
    assert "after 150 steps" in json.dumps(picture(page, "neuron_pictures"))
    difference = picture(page, "matrix_1")["data"][2]["z"]
    shown = np.frombuffer(base64.b64decode(difference["bdata"]), difference["dtype"])
    assert np.abs(shown).max() == pytest.approx(
        np.abs(run.network.parameters.weights[0] - run.initial_parameters.weights[0]).max(), rel=0.01
    )
    shows(page, run.network.parameters.weights[0])


def test_a_moment_carries_accuracy_and_loss_of_its_weights(digits):
    run = TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=10))
    run.advance(10)
    for batch in (0, 1):
        now = moment(run, batch)
        assert now.accuracy == pytest.approx(now.network.accuracy(run.test.pixels, run.test.labels), abs=0.01)
        errors = now.network.predict_proba(run.test.pixels) - run.test.one_hot
        assert now.loss == pytest.approx((errors**2).sum(axis=1).mean(), rel=1e-3)


@pytest.mark.parametrize(("accuracy", "words"), [(0.1, "excites a neuron"), (0.9, "looks for")])
def test_whether_the_neurons_look_for_something_is_said_without_computing_weights(accuracy, words):
    run = SimpleNamespace(fault=None, step=7, snapshot=SimpleNamespace(test_accuracy=accuracy))
    assert words in neurons_in_words(run)
