"""What pages show to a visitor who has trained nothing: the example, trained once on the server."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.components.training_slider import packed_run
from digitviz.dashboard.maps.film import frames_of
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.server.files import stops
from digitviz.dashboard.session import current_run, example
from digitviz.dashboard.session.addresses import stops_address
from digitviz.dashboard.session.example import EARLY, Example
from digitviz.dashboard.session.storage import store
from digitviz.explanations.neurons import votes
from digitviz.training.pool import Job
from digitviz.training.presets import PRESETS
from tests.kept import NOON, kept_run
from tests.pages.reading import open_page, words_on
from tests.waiting import wait_until

PAGES = ("forward", "network", "loss", "backpropagation", "weights", "film", "projections")
NAMED = re.compile("trained on this server|That is how many new digits the example reads")
SHORT = Hyperparameters(batches=24, steps_per_batch=10)


@pytest.fixture(scope="module")
def trained(digits) -> TrainingRun:
    run = TrainingRun(digits, SHORT)
    run.advance(run.total_steps)
    return run


@pytest.fixture(autouse=True)
def _example(trained):
    held = shared().get(Example)
    held.run, held.trained_at = trained, 1_700_000_000.0
    yield
    shared().get(Example).run = None


@pytest.mark.parametrize("name", ["forward", "film", "runs"])
def test_a_page_opened_before_the_example_is_there_says_so_and_then_shows_it(trained, name):
    held = shared().get(Example)
    held.run, held.is_coming = None, True
    page = open_page(name)
    assert "The server is training an example." in words_on(page)
    assert not NAMED.search(words_on(page))
    held.run, held.is_coming = trained, False
    page.session_state["visit_opened"] = False  # as the frame says, which does not run here
    page.run()
    assert "The server is training" not in words_on(page)
    assert NAMED.search(words_on(page))
    assert ("the numbers have changed" in words_on(page)) == (name != "runs")
    assert "the numbers have changed" not in words_on(open_page(name))


def named(run: TrainingRun) -> str:
    return f"The notebook's network, trained on this server: {run.test_accuracy:.1%} of the test digits right."


def figure(page: AppTest, key: str) -> dict:
    return json.loads(page.session_state["frames"][key][1])["figure"]


def numbers(array: dict) -> np.ndarray:
    flat = np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"])
    return flat.reshape([int(size) for size in array["shape"].split(",")])


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.sampled(2)
def test_a_page_names_the_example_until_the_visitor_has_a_run_of_their_own(digits, trained, name):
    page = open_page(name)
    assert named(trained) in words_on(page)
    assert not page.button("train_notebook").disabled
    own = TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=5))
    own.advance(5)
    page = open_page(name, own)
    assert not NAMED.search(words_on(page))
    assert "train_notebook" not in [button.key for button in page.button]


def test_pages_of_maps_and_of_the_lesson_say_how_good_the_visitors_own_network_is(trained):
    told = f"This network: {trained.test_accuracy:.1%} of the test digits right."
    for name in PAGES:
        assert (told in words_on(open_page(name, trained))) == (name != "film")


def test_a_step_that_shows_nothing_of_the_example_does_not_name_it(trained):
    for step, is_named in ((2, True), (3, False), (4, False)):
        assert bool(NAMED.search(words_on(open_page("network", step=step)))) == is_named


def test_a_network_that_still_guesses_is_told_from_one_that_can_learn_no_more(digits):
    early = TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=5))
    early.advance(5)
    assert "At step 5, this network still guesses" in words_on(open_page("weights", early))
    dead = TrainingRun(digits, Hyperparameters(learning_rate=10.0, batches=3, steps_per_batch=50))
    for step in (100, dead.total_steps):  # on the way and at its end
        dead.advance(step - dead.step)
        words = words_on(open_page("weights", dead))
        assert "This network is stuck: since step " in words
        assert "still guesses" not in words
        assert "Training turns noise" not in words
    diverged = TrainingRun(digits, replace(PRESETS["diverging"].hyperparameters, batches=3))
    diverged.advance(diverged.total_steps)
    words = words_on(open_page("weights", diverged))
    assert f"The training diverged at step {diverged.fault.step:,}. Its last weights get" in words
    assert "still guesses" not in words


def test_without_the_example_a_page_shows_the_visitors_random_weights():
    shared().get(Example).run = None
    page = open_page("forward")
    assert not NAMED.search(words_on(page))


def test_the_visitors_own_network_replaces_the_example_when_it_is_trained(trained, monkeypatch):
    own = Hyperparameters(batches=2, steps_per_batch=20)
    monkeypatch.setattr(example, "Hyperparameters", lambda: own)
    before, page = trained.step, open_page("loss")
    page.button("train_notebook").click().run()
    job = page.session_state["job"]
    assert job.run is not trained
    assert job.run.trajectory is not trained.trajectory
    wait_until(lambda: job.run.finished and not current_run.pool().progress(job).is_at_work)
    page.run()
    assert not NAMED.search(words_on(page))
    assert f"This network: {job.run.test_accuracy:.1%} of the test digits right." in words_on(page)
    assert trained.step == before


def test_the_numbers_are_those_of_the_example(trained):
    page = open_page("loss")
    place = page.number_input("loss_digit").value
    chosen = trained.test[place - 1 : place]
    label = int(chosen.labels[0])
    expected = trained.network.predict_proba(chosen.pixels)[0, label]
    assert page.slider(f"loss_p{label}").value == pytest.approx(expected, abs=2e-3)
    shown = figure(open_page("weights"), "neuron_pictures")
    drawn, neuron = shown["data"], int(shown["layout"]["meta"]["spots"]["words"][0].split()[1]) - 1
    for data, parameters in ((drawn[0], trained.parameters), (drawn[2], trained.initial_parameters)):
        expected = parameters.weights[0][:, neuron].reshape(8, 8)
        np.testing.assert_allclose(numbers(data["z"])[:8, :8], expected, rtol=1e-6)
    assert drawn[1]["text"][0] == f"{neuron + 1} → {votes(trained.parameters)[neuron]}"  # it has learned too little


def test_the_animation_goes_through_the_examples_checkpoints(trained):
    page = open_page("film")
    wait_until(lambda: "frames" in figure(page.run(), "film"))
    film = figure(page, "film")["layout"]["meta"]["film"]
    assert film["autoplay"]
    assert len(film["labels"]) == len(frames_of(trained))
    read = f"{100 * trained.test_accuracy:.0f} of 100"
    assert film["labels"][-1].startswith(f"after batch {SHORT.batches} · reads {read}")


def answer(query: str) -> bytes:
    request = Request(
        {"type": "http", "method": "GET", "path_params": {"token": "t"}, "query_string": query.encode(), "headers": []}
    )
    with ThreadPoolExecutor(1) as thread:
        return bytes(thread.submit(asyncio.run, stops(request)).result().body)


def test_the_slider_gets_the_weights_of_the_example_even_if_the_visitors_run_has_its_recipe(
    digits, trained, monkeypatch
):
    own = TrainingRun(digits, replace(SHORT, engine=trained.engine))
    assert own.serial == trained.serial
    monkeypatch.setattr(current_run, "job_of", lambda token: Job(own))
    query = stops_address("t", trained, is_example=True).partition("?")[2]
    assert answer(query) == packed_run(trained)
    last = trained.parameters.to_vector().astype("<f4").tobytes()
    assert answer(f"{query}&batch={SHORT.batches}") == last
    assert answer(stops_address("t", own).partition("?")[2]) == packed_run(own)
    shared().get(Example).run = None
    with pytest.raises(HTTPException) as refused:
        answer(query)
    assert refused.value.status_code == 409


def page_of(owner: str, name: str = "runs") -> AppTest:
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.query_params["lang"] = "en"
    page.session_state["owner"], page.session_state["owner_is_remembered"] = owner, True
    page.switch_page(f"pages/{name}.py").run()
    assert not page.exception
    return page


@pytest.mark.parametrize("name", ["evaluate", "network", "draw"])
def test_a_new_tab_offers_the_latest_run_of_its_visitor(name):
    owner = secrets.token_hex(32)
    run, older, new = kept_run(owner), kept_run(owner, changed=NOON - 60, pinned=True), kept_run(owner, step=0)
    for each in (run, older, new):
        store().save_run(each, None)
    page = page_of(owner, name)
    if name == "draw":
        page.button_group("who").set_value("yours").run()
        assert "Your network in this tab is not trained yet" in words_on(page)
    page.button("open_latest").click().run()
    assert page.query_params["run"] in (run.id, [run.id])


def test_my_runs_shows_the_example_at_three_points_until_there_is_a_run_and_never_saves_it(trained):
    owner = secrets.token_hex(32)
    page = page_of(owner)
    assert store().flush(60)
    assert store().runs_of(owner) == store().runs_of(example.NOBODY) == []
    bodies = [element.proto.body for element in page.get("html") if 'digitviz-run"' in element.proto.body]
    rows = [row for body in bodies for row in body.split('<div class="digitviz-run"')[1:]]
    for row, batch in zip(rows[1:], (SHORT.batches, *reversed(EARLY)), strict=True):
        assert f"Example, {batch / SHORT.batches:.0%} trained" in row
        assert f"{trained.history.test_accuracy[batch - 1]:.1%}" in row
        assert "; on 180 other digits, perhaps " in row
    assert page.title[0].value == f"Can your network beat {trained.test_accuracy * 180:.0f} of 180?"
    assert page.button("first_run")
    assert not [button.key for button in page.button if (button.key or "").startswith("open_")]
    store().save_run(kept_run(owner), None)
    bodies = [element.proto.body for element in page_of(owner).get("html")]
    (examples,) = [body for body in bodies if 'digitviz-run"' in body and "Example, " in body]
    assert examples.count('digitviz-run"') == 3  # to compare a single run with
    store().save_run(kept_run(owner), None)
    page = page_of(owner)
    assert not [element for element in page.get("html") if "Example, " in element.proto.body]
    assert "first_run" not in [button.key for button in page.button]
