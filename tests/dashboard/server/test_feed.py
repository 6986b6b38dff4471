"""Requests that a page sends automatically during training."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.server.feed import MAX_BYTES, MAX_PICTURES, MAX_QUERY_BYTES, feed
from digitviz.dashboard.session import current_run, storage, training_data
from digitviz.dashboard.session.addresses import feed_address
from digitviz.dashboard.session.current_run import ATTACHED, SessionRun
from digitviz.dashboard.session.lease import Lease
from digitviz.dashboard.train import accuracy, live
from digitviz.language import speaking
from digitviz.networks.network import Network
from digitviz.store.records import Kind, Trouble
from digitviz.training.pool import Job
from tests.dashboard.server.holding import held
from tests.pages.reading import live_on
from tests.recorded import recorded_trajectory
from tests.waiting import wait_until


def ask(token: str, *pictures: str, language: str = "en"):
    query = "&".join([f"lang={language}", *(f"picture={name.replace(' ', '+')}" for name in pictures)])
    request = Request({
        "type": "http", "method": "GET", "path": f"/digitviz-feed/{token}", "path_params": {"token": token},
        "query_string": query.encode(), "headers": [],
    })  # fmt: skip
    with ThreadPoolExecutor(1) as thread:  # browser tests leave a running loop in this thread
        return thread.submit(asyncio.run, feed(request)).result()


def training_page(**address: str) -> AppTest:
    page = AppTest.from_file("../../../app.py", default_timeout=30)
    for name, value in ({"batches": "2000", "steps_per_batch": "1000"} | address).items():
        page.query_params[name] = value
    page.switch_page("pages/train.py").run()
    page.button("train").click().run()
    assert not page.exception
    return page


@pytest.fixture
def page():
    page = training_page()
    yield page
    page.session_state["job"].pause()


def token_of(page: AppTest) -> str:
    return urlsplit(str(live_on(page)["feed"])).path.removeprefix("digitviz-feed/")


def drawn_on(page: AppTest) -> dict[str, dict]:
    return {key: json.loads(packed) for key, (_, packed) in page.session_state["frames"].items()}


def test_the_feed_tells_the_owner_of_a_run_and_nobody_else_that_it_is_not_saved(page, monkeypatch):
    token, run = token_of(page), page.session_state["open_run"]
    trouble = Trouble(Kind.LOCKED, 0.0)
    monkeypatch.setattr(storage, "store", lambda: SimpleNamespace(trouble=trouble))
    answer = json.loads(ask(token).body)
    assert "has locked the file of saved runs" in answer["unsaved"]
    assert answer["waits"]
    assert "没有被保存" in json.loads(ask(token, language="zh").body)["unsaved"]
    run.viewers.add(token)
    run.tabs.discard(token)
    answer = json.loads(ask(token).body)
    assert answer["unsaved"] is None
    assert not answer["waits"]
    run.tabs.add(token)
    trouble = Trouble(Kind.DAMAGED, 0.0, aside="/home/digitviz.db.damaged")
    answer = json.loads(ask(token).body)
    assert "renamed to digitviz.db.damaged," in answer["unsaved"]
    assert not answer["waits"]
    trouble = None
    assert json.loads(ask(token).body)["unsaved"] is None


def test_the_feed_tells_how_far_the_training_is_and_sends_what_was_asked_for(page):
    run = page.session_state["job"].run
    wait_until(lambda: run.step > 0)
    answer = json.loads(ask(token_of(page), "course", "weights 2").body)
    assert answer["running"]
    assert answer["headline"]["words"].startswith("step ")
    assert 0 < answer["headline"]["share"] < 1
    assert set(answer["pictures"]) == {"course", "weights 2"}
    assert answer["pictures"]["weights 2"]["name"] == "weights_2"
    assert json.loads(ask(token_of(page)).body)["pictures"] == {}


def test_the_feed_speaks_the_language_that_it_is_asked_in_and_english_if_it_has_none_such(page):
    token = token_of(page)
    answer = json.loads(ask(token, "course", language="zh").body)
    assert " 步 · " in answer["headline"]["words"]
    assert answer["pictures"]["course"]["figure"]["layout"]["xaxis"]["title"]["text"] == "批次数"
    for unknown in ("", "fr", "<script>", "z" * 1000):
        assert "step " in json.loads(ask(token, language=unknown).body)["headline"]["words"]


def test_a_page_follows_a_feed_in_its_own_language(page):
    assert live_on(page)["feed"].endswith("?lang=en")
    with speaking("zh"):
        assert feed_address("token").endswith("?lang=zh")


def test_a_picture_of_the_feed_is_the_one_that_the_page_shows(page):
    token = token_of(page)
    page.button("pause").click().run()
    assert current_run.pool().wait(page.session_state["job"])
    page.run()
    drawn = {frame["name"]: frame for frame in drawn_on(page).values()}
    answer = json.loads(ask(token, "losses linear", "course", "guesses", "weights 1", "weights 2").body)
    assert not answer["running"]
    assert answer["headline"] == live_on(page)["headline"]
    assert len(answer["pictures"]) == 5
    for name, frame in answer["pictures"].items():
        assert frame["live"]["name"] == name
        assert frame["figure"] == drawn[frame["name"]]["figure"]


def test_all_that_can_be_asked_for_at_a_time_is_bounded(page):
    job = page.session_state["job"]
    names = [*live.pictures(job, job.run.snapshot)]
    assert len(names) <= MAX_PICTURES
    left, answers = names, 0
    while left:  # pictures left out of a response are requested again
        answer = ask(token_of(page), *left).body
        assert len(answer) <= MAX_BYTES + 1_000  # plus the headline
        sent = [*json.loads(answer)["pictures"]]
        assert sent == left[: len(sent)] != []
        left, answers = left[len(sent) :], answers + 1
    assert answers > 1
    many = ask(token_of(page), *["course"] * 1000)
    assert [*json.loads(many.body)["pictures"]] == ["course"]


@pytest.mark.parametrize(("before", "answered"), [(MAX_PICTURES - 1, ["course"]), (MAX_PICTURES, [])])
def test_what_is_asked_for_beyond_the_bound_is_not_even_looked_up(page, before, answered):
    answer = ask(token_of(page), *(f"weights {number + 10}" for number in range(before)), "course")
    assert [*json.loads(answer.body)["pictures"]] == answered


def test_what_no_training_has_is_not_answered(page):
    assert json.loads(ask(token_of(page), "weights 9", "<script>", "course").body)["pictures"].keys() == {"course"}
    for token in ("", "wrong", token_of(page)[:-1]):
        with pytest.raises(HTTPException) as refused:
            ask(token)
        assert refused.value.status_code == 404


def test_a_session_that_is_closed_is_not_answered(digits):
    session, job = Lease(), Job(TrainingRun(digits))
    session.hold(ATTACHED, SessionRun(session.token, job))
    assert not json.loads(ask(session.token).body)["running"]
    session.end()
    with pytest.raises(HTTPException):
        ask(session.token)


def test_the_more_trainings_run_the_less_often_pictures_are_asked_for(monkeypatch):
    for jobs, expected in ((0, 1), (1, 1), (10, 5), (30, 15)):
        monkeypatch.setattr(current_run.pool(), "counts", lambda jobs=jobs: {"jobs": 30, "computing": jobs})
        assert live.pace() == expected


LARGEST = {
    "widest": Hyperparameters(hidden=(512,) * 4, batch_size=2000, batches=200, steps_per_batch=10_000),
    "most batches": Hyperparameters(hidden=(512,) * 4, batch_size=2000, batches=10_000, steps_per_batch=200),
    "longest batches": Hyperparameters(hidden=(512,) * 4, batch_size=2000, batches=20, steps_per_batch=100_000),
}


def half_way_through(settings: Hyperparameters) -> TrainingRun:
    """Return a run on all available digits, in a state like the middle of its middle batch."""
    step = (settings.total_steps + settings.steps_per_batch) // 2
    known = recorded_trajectory(training_data.pixels("both"), settings, step)
    run = TrainingRun(known.setup.dataset, settings, lambda *_: known)
    run.advance(step)
    return run


@pytest.fixture
def digits_read(monkeypatch) -> list[int]:
    """Number of digits in each pass through a network."""
    read: list[int] = []
    forward = Network.layers

    def counting(network, pixels):
        read.append(len(pixels))
        return forward(network, pixels)

    monkeypatch.setattr(Network, "layers", counting)
    return read


@pytest.fixture(scope="module")
def seconds_to_judge_the_largest() -> float:
    """Time to classify all test digits with the largest network: too long for any response to wait."""
    run = TrainingRun(training_data.pixels("both"), next(iter(LARGEST.values())))
    taken = []
    for _ in range(3):
        begin = time.thread_time()
        run.network.accuracy(run.test.pixels, run.test.labels)
        taken.append(time.thread_time() - begin)
    return min(taken)


@pytest.mark.parametrize("settings", LARGEST.values(), ids=LARGEST.keys())
def test_an_answer_keeps_no_other_waiting_however_large_the_run(settings, digits_read, seconds_to_judge_the_largest):
    run = half_way_through(settings)
    with held(run) as session:
        for name in live.pictures(Job(run), run.snapshot):
            taken = []
            for _ in range(5):
                run._publish(run.initial_parameters.copy(), run.step, True)  # a state without any cached results
                begin = time.process_time()
                answer = answers(session, name)
                taken.append(time.process_time() - begin)
                assert answer["pictures"].keys() == {name}
            assert min(taken) < seconds_to_judge_the_largest / 2, name
    assert max(digits_read) <= live.MAX_GUESSES


def answers(session: Lease, *pictures: str) -> dict:
    return json.loads(ask(session.token, *pictures).body)


def test_of_a_long_question_only_the_beginning_is_read(page):
    names = ["x" * 50] * (MAX_QUERY_BYTES // 50)
    assert json.loads(ask(token_of(page), *names, "course").body)["pictures"] == {}
    assert json.loads(ask(token_of(page), "course", *names * 100).body)["pictures"].keys() == {"course"}


def test_the_accuracy_of_a_large_run_that_stands_is_waited_for(digits):
    run = TrainingRun(digits, Hyperparameters(hidden=(512,) * 4))
    with held(run) as session:
        answer = answers(session)
        assert (answer["headline"]["accuracy"], answer["running"], answer["more"]) == (None, False, True)
        accuracy.provide(session.held(ATTACHED).job, running=False)
        wait_until(lambda: not accuracy.is_awaited(session.held(ATTACHED).job))
        answer = answers(session)
        known = f"{run.test_accuracy:.1%}"
        assert (answer["headline"]["accuracy"], answer["running"], answer["more"]) == (known, False, False)
