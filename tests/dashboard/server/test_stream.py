"""The stream sends a tab the missing data of its run."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.server import stream as served
from digitviz.dashboard.server.stream import (
    BEAT_SECONDS,
    FRAME_SECONDS,
    GONE,
    MAX_REQUEST_BYTES,
    MAX_SOCKETS,
    STATE_SECONDS,
    TOO_LONG,
    TOO_MANY,
    Stream,
    Viewer,
)
from digitviz.dashboard.session import current_run, storage, training_data
from digitviz.dashboard.session.current_run import ATTACHED, SessionRun
from digitviz.dashboard.session.lease import Lease
from digitviz.dashboard.session.open_sweeps import SHOWN, Shown, told
from digitviz.dashboard.train import accuracy, live
from digitviz.dashboard.train.live import MAX_DIGITS
from digitviz.explanations.neurons import strongest
from digitviz.language import language
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.shares import NICENESS
from digitviz.store.records import Kind, Trouble
from digitviz.training.background_sweep import BackgroundSweep, SweepState
from digitviz.training.pool import Job, Pool, ProgressState
from digitviz.training.record import BATCH_CURVES
from digitviz.training.sweep import Sweep
from tests.dashboard.server.holding import held
from tests.dashboard.server.listening import listen
from tests.pages.reading import live_on
from tests.recorded import recorded_trajectory
from tests.waiting import wait_until

CURVES, WEIGHTS = {"parts": ["curves"]}, {"parts": ["weights"]}


def a_state(heard) -> bool:
    return bool(heard.states)


def part(name: str, count: int = 1):
    return lambda heard: len(heard.parts.get(name, ())) >= count


@pytest.fixture
def page():
    page = AppTest.from_file("../../../app.py", default_timeout=30)
    page.query_params["batches"], page.query_params["steps_per_batch"] = "2000", "1000"
    page.switch_page("pages/train.py").run()
    page.button("train").click().run()
    assert not page.exception
    yield page
    page.session_state["job"].pause()


def token_of(page: AppTest) -> str:
    return urlsplit(str(live_on(page)["stream"])).path.removeprefix("digitviz-stream/")


def test_the_owner_of_a_run_and_nobody_else_is_told_that_it_is_not_saved(page, monkeypatch):
    token, run = token_of(page), page.session_state["open_run"]
    trouble = Trouble(Kind.LOCKED, 0.0)
    monkeypatch.setattr(storage, "store", lambda: SimpleNamespace(trouble=trouble))

    def state(**request: object) -> dict:
        return listen(token, request, until=a_state).states[0]

    assert "has locked the file of saved runs" in state()["unsaved"]
    assert state()["waits"]
    assert "没有被保存" in state(lang="zh")["unsaved"]
    run.viewers.add(token)
    run.tabs.discard(token)
    assert state()["unsaved"] is None
    assert not state()["waits"]
    run.tabs.add(token)
    trouble = Trouble(Kind.DAMAGED, 0.0, aside="/home/digitviz.db.damaged")
    assert "renamed to digitviz.db.damaged," in state()["unsaved"]
    assert not state()["waits"]
    trouble = None
    assert state()["unsaved"] is None


def test_the_state_says_how_far_the_training_is_in_the_language_that_is_asked_for(page):
    run, token = page.session_state["job"].run, token_of(page)
    wait_until(lambda: run.step > 0)
    said = listen(token, {}, until=a_state).states[0]
    assert said["more"]
    assert 0 < said["headline"]["step"] < said["headline"]["steps"] == 2_000_000
    assert said["names"]["course"].startswith(("Accuracy and loss after", "After "))
    assert "训练" in listen(token, {"lang": "zh"}, until=a_state).states[0]["headline"]["spoken"]
    for unknown in ("", "fr", "<script>", 7, None, "z" * 1000):
        assert "Training" in listen(token, {"lang": unknown}, until=a_state).states[0]["headline"]["spoken"]


def stood(digits, **settings: object) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(**{"batches": 300, "steps_per_batch": 20} | settings))
    run.advance(130)
    return run


def test_the_curves_are_sent_once_and_then_only_what_they_gain(digits):
    run = stood(digits)
    with held(run) as session:
        (head, numbers), *others = listen(session.token, CURVES, until=a_state).parts["curves"]
        assert not others
        assert (head["from"], head["to"], head["steps"], head["batches"]) == (0, 130, 20, 300)
        assert head["shown"] == [*range(7)]
        assert head["ends"] == [*range(6)]
        losses, ends = numbers[: -6 * len(BATCH_CURVES)], numbers[-6 * len(BATCH_CURVES) :].reshape(6, -1)
        flat = run.history.losses.ravel()
        points = [20 * batch + point for batch in range(7) for point in head["points"] if 20 * batch + point < 130]
        assert np.array_equal(losses, flat[points].astype(np.float32))
        assert np.array_equal(ends[:, 1], run.history.test_accuracy[:6].astype(np.float32))
        known = {**CURVES, "fresh": True, "run": head["run"], "step": 130}
        assert "curves" not in listen(session.token, known, until=a_state).parts
        run.advance(50)
        ((gain, numbers),) = listen(session.token, known, until=a_state).parts["curves"]
        assert (gain["from"], gain["to"], gain["shown"], gain["ends"]) == (130, 180, [6, 7, 8], [6, 7, 8])
        assert "points" not in gain
        expected = [20 * b + p for b in (6, 7, 8) for p in head["points"] if 130 <= 20 * b + p < 180]
        assert np.array_equal(numbers[:-12], run.history.losses.ravel()[expected].astype(np.float32))


@pytest.mark.parametrize(
    "claims", [{"run": "other", "step": 30}, {"run": None, "step": -1}, {"step": 10**9}, {"step": "x"}]
)
def test_a_browser_that_has_something_else_is_sent_all(digits, claims):
    with held(stood(digits)) as session:
        ((head, _),) = listen(session.token, {**CURVES, "fresh": True, **claims}, until=a_state).parts["curves"]
        assert (head["from"], head["to"]) == (0, 130)


EXPERIMENT = {"parts": ["tape"], "experiment": True}


@contextmanager
def racing(digits, size: int = 2):
    """Show a race that stands after some steps, and return it with its session."""
    settings = Hyperparameters(batches=10, steps_per_batch=10, learning_rate=1e-5, engine="numpy")
    planned = Sweep.of({}, size, digits, settings)
    work = BackgroundSweep(planned, digits, Pool(1), race_seconds=100.0)
    work._pool.submit = lambda _job: None  # this thread trains
    work.go_on()
    with held(stood(digits)) as session:
        session.hold(SHOWN, Shown(work, lambda: told(work, "seed")))
        yield session, work, list(work.begun.values())


def test_a_newcomer_is_sent_the_whole_tape_of_a_race_and_then_what_it_lacks(digits):
    with racing(digits) as (session, work, (one, other)):
        one.advance(25)
        other.advance(10)
        heard = listen(session.token, EXPERIMENT, until=part("tape"))
        ((head, numbers),) = heard.parts["tape"]
        assert (head["from"], head["to"], head["run"]) == (0, 3, work.serial)
        rows = numbers.reshape(3, 6)
        assert [row.tolist() for row in rows[:, :2]] == [[0, 10], [0, 20], [1, 10]]
        known = [*one.so_far.curves["test_accuracy"][:2], other.so_far.curves["test_accuracy"][0]]
        assert np.array_equal(rows[:, 3], np.float32(known))
        assert "curves" not in heard.parts
        has = {**EXPERIMENT, "fresh": True, "run": work.serial, "step": 3}
        assert "tape" not in listen(session.token, has, until=a_state).parts
        other.advance(10)
        ((head, numbers),) = listen(session.token, has, until=part("tape")).parts["tape"]
        assert (head["from"], head["to"], numbers[:2].tolist()) == (3, 4, [1, 20])
        for claims in ({"run": "other", "step": 3}, {"run": work.serial, "step": 99}):  # a gap is filled by all
            ((head, _),) = listen(session.token, {**has, **claims}, until=part("tape")).parts["tape"]
            assert (head["from"], head["to"]) == (0, 4)


def test_after_a_cancel_another_tape_begins(digits):
    with racing(digits) as (session, work, (one, _other)):
        one.advance(10)
        before = work.serial
        has = {**EXPERIMENT, "fresh": True, "run": before, "step": 1}
        work.cancel()
        one.advance(10)  # the end of its slice
        ((head, numbers),) = listen(session.token, has, until=part("tape")).parts["tape"]
        assert (head["from"], head["to"], len(numbers)) == (0, 0, 0)
        assert head["run"] == work.serial != before


def test_two_viewers_of_a_race_are_sent_the_same_bytes_which_are_encoded_once(digits):
    with racing(digits) as (session, work, (one, _other)):
        one.advance(20)
        second = Lease(session.owner)
        second.hold(ATTACHED, session.held(ATTACHED))
        second.hold(SHOWN, session.held(SHOWN))
        before = shared().get(Stream).encoded
        for each in (session, second) * 5:
            assert part("tape")(listen(each.token, EXPERIMENT, until=part("tape")))
        assert shared().get(Stream).encoded - before == 1
        assert work.state is SweepState.RUNNING


def test_a_hidden_race_or_one_out_of_view_is_sent_nothing_of_the_tape_and_a_session_only_its_own(digits):
    with racing(digits) as (session, _work, (one, _other)):
        one.advance(20)
        heard = listen(session.token, {**EXPERIMENT, "parts": []}, until=a_state)
        assert not heard.parts
        assert heard.states[0]["stands"] == SweepState.RUNNING
        assert (heard.states[0]["words"], heard.states[0]["share"]) == ("seed", 0.1)
        asleep = listen(session.token, {**EXPERIMENT, "awake": False}, {"parts": []}, until=a_state)
        assert not asleep.parts
        with held(stood(digits)) as stranger:
            heard = listen(stranger.token, EXPERIMENT, {"parts": []}, until=a_state)
            assert "headline" in heard.states[0]
            assert not heard.parts


def test_a_sweep_tells_the_end_of_each_training(digits):
    settings = Hyperparameters(batches=4, steps_per_batch=5, engine="numpy")
    work = BackgroundSweep(Sweep.of({"bias": [False, True]}, 2, digits, settings), digits, Pool(2))
    work.go_on()
    wait_until(lambda: work.state is SweepState.FINISHED)
    assert sorted(row[:2] for row in work.tape) == [(number, 20) for number in range(4)]
    found = {row[0]: row[3] for row in work.tape}
    assert [found[number] for number in range(4)] == work.table.columns["test_accuracy"].tolist()


def test_nobody_sees_further_than_their_own_position_on_a_shared_training(digits):
    ahead = stood(digits)
    behind = ahead.copy()
    behind.reset()
    behind.advance(50)
    for run, step in ((ahead, 130), (behind, 50)):
        with held(run) as session:
            ((head, _),) = listen(session.token, CURVES, until=a_state).parts["curves"]
            assert head["to"] == step


def test_what_many_see_at_one_step_is_encoded_once(digits):
    run = stood(digits)
    with held(run) as session:
        before = shared().get(Stream).encoded
        for _ in range(8):
            listen(session.token, {"parts": ["curves", "weights"]}, until=part("weights"))
        assert shared().get(Stream).encoded - before <= 3  # curves, network, weights


@pytest.fixture
def loop():
    """An event loop that tests need not enter."""
    loop = asyncio.new_event_loop()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "get_running_loop", lambda: loop)
        yield loop
    loop.close()


@pytest.mark.usefixtures("loop")
def test_the_texts_about_a_run_are_made_once_for_all_who_see_it_in_a_language(digits, monkeypatch):
    made, headline = [], live.headline
    monkeypatch.setattr(live, "headline", lambda *of: made.append(language()) or headline(*of))
    with held(stood(digits)) as session:
        attached, stream = session.held(ATTACHED), Stream()

        def told(viewer: Viewer, now: float) -> list[str]:
            return stream._of_run(viewer, attached, attached.job, now)

        viewers = [Viewer(None, session.token, "", ("en", "zh")[number % 2]) for number in range(30)]
        texts = {text for viewer in viewers for text in told(viewer, 0.0)}
        assert len(texts) == 2
        assert made == ["en", "zh"]
        assert not [text for viewer in viewers for text in told(viewer, STATE_SECONDS)]  # nothing has changed
        assert all(told(viewer, BEAT_SECONDS) for viewer in viewers)
        assert made == ["en", "zh"]
        attached.job.run.advance(1)
        assert all(told(viewer, BEAT_SECONDS + STATE_SECONDS) for viewer in viewers)
        assert made == ["en", "zh"] * 2


@pytest.mark.usefixtures("loop")
def test_a_pause_is_said_in_the_next_frame_and_the_button_does_what_it_says(digits, monkeypatch):
    with held(stood(digits)) as session:
        attached, viewer, stream = session.held(ATTACHED), Viewer(None, session.token, ""), Stream()
        job, running, paused = attached.job, {"state": ProgressState.RUNNING}, {"state": ProgressState.PAUSED}
        states = iter([running, running | {"is_pausing": True}, paused, running])
        progress = current_run.pool().progress(job)
        monkeypatch.setattr(type(current_run.pool()), "progress", lambda *_: replace(progress, **next(states)))

        def told(frame: int) -> list[tuple[bool, bool]]:
            said = [json.loads(text) for text in stream._of_run(viewer, attached, job, frame * FRAME_SECONDS)]
            return [(each["resumes"], attached.resumes) for each in said]

        job.run_to(job.run.total_steps)
        assert told(0) == [(False, False)]
        assert not told(1)
        job.pause()
        assert told(2) == [(True, True)]  # its worker has not noticed
        assert told(3) == [(True, True)]
        assert not told(4)
        job.run_to(job.run.total_steps)
        assert told(5) == [(False, False)]


def test_a_click_on_pause_or_resume_counts_over_the_stream_if_the_run_is_the_visitors_own(digits, monkeypatch):
    submitted, again = list[Job](), list[str]()
    monkeypatch.setattr(Pool, "submit", lambda pool, job: submitted.append(job))
    monkeypatch.setattr(current_run, "run_again", again.append)
    with held(stood(digits)) as session:
        attached = session.held(ATTACHED)
        job = attached.job
        attached.run = SimpleNamespace(job=job, is_away=False, tabs=set(), viewers=set(), checked=1.0)

        def press(*what: object) -> None:
            listen(session.token, *({"pressed": each} for each in what), until=lambda _: True)

        job.run_to(job.run.total_steps)
        press("pause")
        assert job.wants_steps, "it is somebody else's run"
        attached.may_move = True
        press(["pause"], "stop")
        assert job.wants_steps
        assert not again
        listen(session.token, {"pressed": "pause"}, until=lambda _: not job.wants_steps)
        press("pause")  # twice is like once, and the page runs again
        assert (job.wants_steps, again) == (False, [session.token])
        attached.run.job = None  # another tab has reset the run
        press("resume")
        assert (job.wants_steps, len(again)) == (False, 2)
        attached.run.job = job
        listen(session.token, {"pressed": "resume"}, until=lambda _: job.wants_steps)
        assert submitted == [job]
        assert attached.run.checked == 0.0, "it is not saved soon"


@pytest.mark.parametrize("steps", [1, 20])
@pytest.mark.thorough
def test_the_longer_a_training_the_more_batches_are_left_out_and_none_comes_back(digits, steps):
    settings = Hyperparameters(batches=8_000, steps_per_batch=steps, batch_size=5, engine="numpy")
    run = TrainingRun(digits[:100], settings)  # each of thousands of batches ends with a look at all digits
    with held(run) as session:
        known, every = set(), 1
        limit = 200 if steps > 1 else 2_500
        for _ in range(8):
            run.advance(limit * steps * 3 // 8)
            ((head, _),) = listen(session.token, CURVES, until=a_state).parts["curves"]
            assert head["every"] >= every
            every, shown = head["every"], set(head["shown"])
            assert limit / 2 <= len(shown) <= limit + 1 or every == 1
            assert {batch for batch in known if batch % every == 0} <= shown
            known = shown
        assert every > 1


def test_the_weights_come_with_what_is_needed_to_compute_with_them(digits):
    run = stood(digits, hidden=(7,), bias=True)
    with held(run) as session:
        parts = listen(session.token, WEIGHTS, until=part("weights")).parts
        ((network, given),) = parts["network"]
        ((weights, vector),) = parts["weights"]
        assert network["shapes"] == [[64, 7], [7, 10]]
        assert (network["bias"], network["labels"]) == (True, run.test.labels[:MAX_DIGITS].tolist())
        initial = run.initial_parameters.to_vector().astype(np.float32)
        assert np.array_equal(given, [*initial, *run.test.pixels[:MAX_DIGITS].ravel()])
        assert weights["step"] == 130
        assert np.array_equal(vector, run.parameters.to_vector().astype(np.float32))


def test_of_a_large_network_only_what_is_seen_is_sent(digits):
    run = TrainingRun(digits, Hyperparameters(hidden=(200, 300), batches=2, steps_per_batch=2))
    run.advance(1)
    with held(run) as session:
        parts = listen(session.token, WEIGHTS, until=part("weights")).parts
        ((network, _),) = parts["network"]
        ((weights, numbers),) = parts["weights"]
        at = 0
        for (rows, columns), matrix in zip(network["cells"], run.parameters.weights, strict=True):
            count = len(rows) * len(columns)
            assert np.array_equal(numbers[at : at + count], matrix[np.ix_(rows, columns)].astype(np.float32).ravel())
            at += count
        digits_sent = run.test[:MAX_DIGITS]
        shown = run.network.predict_proba(digits_sent.pixels).astype(np.float32)
        assert np.allclose(numbers[at : at + 120].reshape(12, 10), shown)
        at += 120
        chosen = strongest(run.parameters)
        assert weights["shown"] == [neurons.tolist() for neurons in chosen]
        active = [layer[:, each] for layer, each in zip(run.network.hidden(digits_sent.pixels), chosen, strict=True)]
        ends = [range(64), *chosen, range(10)]
        between = [matrix[np.ix_(*pair)] for matrix, pair in zip(run.parameters.weights, pairwise(ends), strict=True)]
        expected = np.concatenate([part.ravel() for part in [*active, *between]])
        assert np.allclose(numbers[at:], expected, rtol=1e-5)
        assert len(numbers) < run.parameters.size / 2


def test_the_weights_of_a_large_network_arrive_while_it_trains(digits):
    run = TrainingRun(digits, Hyperparameters(hidden=(200, 300), batches=2000, engine="numpy"))
    with held(run) as session:
        job = session.held(ATTACHED).job
        job.run_to(run.total_steps)
        current_run.pool().submit(job)
        heard = listen(session.token, WEIGHTS, until=part("weights", 3))
        job.pause()
    steps = [head["step"] for head, _ in heard.parts["weights"]]
    assert steps == sorted(set(steps))
    assert len(heard.parts["network"]) == 1


def test_a_page_that_is_hidden_or_shows_nothing_live_is_sent_no_pictures(digits, monkeypatch):
    monkeypatch.setattr(served, "BEAT_SECONDS", BEAT_SECONDS / 5)
    with held(stood(digits)) as session:
        heard = listen(session.token, {"parts": []}, until=lambda heard: len(heard.states) >= 2)
        assert not heard.parts
        asleep = {"awake": False, "parts": ["curves"]}
        woken = listen(session.token, asleep, {"parts": []}, until=a_state)
        assert not woken.parts


def test_a_training_that_stands_is_heard_of_every_second_so_that_silence_is_noticed(digits, monkeypatch):
    assert BEAT_SECONDS == 1
    monkeypatch.setattr(served, "BEAT_SECONDS", BEAT_SECONDS / 5)
    with held(stood(digits)) as session:
        began = time.monotonic()
        heard = listen(session.token, {}, until=lambda heard: len(heard.states) >= 3)
        assert heard.states[0] == heard.states[2]
        assert time.monotonic() - began >= 1.9 / 5  # two beats


def test_the_stream_of_a_closed_or_unknown_session_ends(digits):
    session, job = Lease(), Job(TrainingRun(digits))
    session.hold(ATTACHED, SessionRun(session.token, job))
    assert listen(session.token, {}, until=a_state).code is None
    session.end()
    for token in (session.token, "", "wrong"):
        assert listen(token, {}, until=a_state).code == GONE


@pytest.mark.parametrize(
    "request_", ["[]", "{", "[" * 1500, "null", '{"parts": 7}', '{"parts": [[]], "awake": true}', '{"lang": {}}']
)
def test_nonsense_is_no_request_and_does_no_harm(digits, request_):
    with held(stood(digits)) as session:
        assert listen(session.token, request_, {}, until=a_state).code is None


def test_a_request_that_is_too_long_ends_the_connection(digits):
    with held(stood(digits)) as session:
        assert listen(session.token, "x" * (MAX_REQUEST_BYTES + 1), until=a_state).code == TOO_LONG


def test_an_owner_has_a_bounded_number_of_connections(digits, monkeypatch):
    with held(stood(digits)) as session:
        others = [SimpleNamespace(owner=session.owner)] * MAX_SOCKETS
        monkeypatch.setattr(shared().get(Stream), "viewers", others)
        assert listen(session.token, {}, until=a_state).code == TOO_MANY


def test_a_browser_that_does_not_read_is_disconnected(digits, monkeypatch):
    monkeypatch.setattr(served, "STALLED_SECONDS", 0.2)
    with held(stood(digits)) as session:
        assert listen(session.token, CURVES, until=a_state, reads=False).code == TOO_LONG


LARGEST = {
    "widest": Hyperparameters(hidden=(512,) * 4, batch_size=2000, batches=200, steps_per_batch=10_000),
    "most batches": Hyperparameters(hidden=(512,) * 4, batch_size=2000, batches=10_000, steps_per_batch=200),
    "longest batches": Hyperparameters(hidden=(512,) * 4, batch_size=2000, batches=20, steps_per_batch=100_000),
}


def half_way_through(settings: Hyperparameters) -> TrainingRun:
    """Return a run on all digits that seems to be in the middle of its middle batch."""
    step = (settings.total_steps + settings.steps_per_batch) // 2
    known = recorded_trajectory(training_data.pixels("both"), settings, step)
    run = TrainingRun(known.setup.dataset, settings, lambda *_: known)
    run.advance(step)
    return run


@pytest.mark.parametrize("settings", LARGEST.values(), ids=LARGEST.keys())
def test_the_event_loop_is_never_held_by_a_large_network(settings, monkeypatch):
    """Other threads, which give way, do all work with more than `MAX_WEIGHTS` numbers."""
    here: list[str] = []

    def watch(owner: type, name: str) -> None:
        method = getattr(owner, name)

        def watched(*arguments: object, **named: object) -> object:
            here.append(threading.current_thread().name)
            assert sys.platform != "linux" or os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == NICENESS
            return method(*arguments, **named)

        monkeypatch.setattr(owner, name, watched)

    watch(Network, "layers")
    watch(Parameters, "to_vector")
    run = half_way_through(settings)
    here.clear()
    with held(run) as session:
        heard = listen(session.token, {"parts": ["curves", "weights"]}, until=part("weights"))
    assert all(name.startswith("digitviz-encoder") for name in here), here
    ((_, numbers),) = heard.parts["curves"]
    assert len(numbers) < 7_000


def test_the_accuracy_of_a_large_run_that_stands_is_waited_for(digits):
    run = TrainingRun(digits, Hyperparameters(hidden=(512,) * 4))
    with held(run) as session:
        state = listen(session.token, {}, until=a_state).states[0]
        assert (state["headline"]["accuracy"], state["headline"]["running"], state["more"]) == (None, False, True)
        accuracy.provide(session.held(ATTACHED).job, running=False)
        wait_until(lambda: not accuracy.is_awaited(session.held(ATTACHED).job))
        state = listen(session.token, {}, until=a_state).states[0]
        known = f"{run.test_accuracy:.1%}"
        assert (state["headline"]["accuracy"], state["headline"]["running"], state["more"]) == (known, False, False)
