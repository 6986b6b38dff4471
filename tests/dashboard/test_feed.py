"""What a page asks for by itself while its training runs."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from digitviz import TrainingRun
from digitviz.dashboard import live, session
from digitviz.dashboard.feed import MOST_BYTES, MOST_PICTURES, feed
from digitviz.training.pool import Job
from tests.pages.reading import live_on
from tests.waiting import wait_until


def ask(token: str, *pictures: str):
    query = "&".join(f"picture={name.replace(' ', '+')}" for name in pictures)
    request = Request({
        "type": "http", "method": "GET", "path": f"/digitviz-feed/{token}", "path_params": {"token": token},
        "query_string": query.encode(), "headers": [],
    })  # fmt: skip
    with ThreadPoolExecutor(1) as thread:  # a browser's tests leave a loop running in this one
        return thread.submit(asyncio.run, feed(request)).result()


def training_page(**address: str) -> AppTest:
    page = AppTest.from_file("../../app.py", default_timeout=30)
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
    return live_on(page)["feed"].removeprefix("digitviz-feed/")


def drawn_on(page: AppTest) -> dict[str, dict]:
    return {key: json.loads(packed) for key, (_, packed) in page.session_state["frames"].items()}


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


def test_a_picture_of_the_feed_is_the_one_that_the_page_shows(page):
    token = token_of(page)
    page.button("pause").click().run()
    assert session.pool().wait(page.session_state["job"])
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
    run = page.session_state["job"].run
    names = [*live.pictures(run, run.snapshot)]
    assert len(names) <= MOST_PICTURES
    left, answers = names, 0
    while left:  # what is left out of an answer is asked for again
        answer = ask(token_of(page), *left).body
        assert len(answer) <= MOST_BYTES + 1_000  # the headline beside
        sent = [*json.loads(answer)["pictures"]]
        assert sent == left[: len(sent)] != []
        left, answers = left[len(sent) :], answers + 1
    assert answers > 1
    many = ask(token_of(page), *["course"] * 1000)
    assert [*json.loads(many.body)["pictures"]] == ["course"]


def test_what_no_training_has_is_not_answered(page):
    assert json.loads(ask(token_of(page), "weights 9", "<script>", "course").body)["pictures"].keys() == {"course"}
    for token in ("", "wrong", token_of(page)[:-1]):
        with pytest.raises(HTTPException) as refused:
            ask(token)
        assert refused.value.status_code == 404


def test_a_session_that_is_closed_is_not_answered(digits):
    seat, job = session._Seat(), Job(TrainingRun(digits))
    session.shelf().put(job, always=True)
    seat.take(job)
    assert not json.loads(ask(seat.token).body)["running"]
    seat.leave()
    with pytest.raises(HTTPException):
        ask(seat.token)


def test_the_more_trainings_run_the_less_often_pictures_are_asked_for(monkeypatch):
    for jobs, expected in ((0, 1), (1, 1), (10, 5), (30, 15)):
        monkeypatch.setattr(session.pool(), "counts", lambda jobs=jobs: {"jobs": jobs})
        assert live.pace() == expected
