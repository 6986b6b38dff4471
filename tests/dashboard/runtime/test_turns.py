from __future__ import annotations

import asyncio
import threading

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.testing.v1 import AppTest

from digitviz.dashboard.runtime import turns as module
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.runtime.turns import Turns
from tests.waiting import wait_until

LONG = 600.0


def start(turns: Turns, done: list[str], name: str, may_end: threading.Event) -> threading.Thread:
    def run() -> None:
        with turns.take():
            done.append(f"{name} begins")
            assert may_end.wait(60)
            done.append(f"{name} ends")

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_one_waits_until_the_other_is_done():
    turns, done, first, second = Turns(1, LONG), [], threading.Event(), threading.Event()
    threads = [start(turns, done, "first", first)]
    wait_until(lambda: done == ["first begins"])
    threads.append(start(turns, done, "second", second))
    second.set()
    first.set()
    for thread in threads:
        thread.join()
    assert done == ["first begins", "first ends", "second begins", "second ends"]


def test_a_fragment_within_a_page_goes_on_with_the_page_s_turn():
    turns = Turns(1, LONG)
    with turns.take(), turns.take():
        pass


def test_a_page_that_fails_gives_its_turn_back():
    turns = Turns(1, LONG)
    with pytest.raises(ValueError, match="failed"), turns.take():
        raise ValueError("failed")
    with turns.take():
        pass


def test_nobody_waits_for_ever_for_a_page_that_is_slow():
    turns, done, slow, quick = Turns(1, 0.01), [], threading.Event(), threading.Event()
    threads = [start(turns, done, "slow", slow)]
    wait_until(lambda: done == ["slow begins"])
    quick.set()
    threads.append(start(turns, done, "quick", quick))
    wait_until(lambda: "quick ends" in done)
    slow.set()
    for thread in threads:
        thread.join()
    with turns.take():
        pass


def test_others_go_on_while_one_waits_for_something_else():
    turns, done, other = Turns(1, LONG), [], threading.Event()
    other.set()
    with turns.take():
        with turns.set_aside():
            start(turns, done, "other", other).join()
        assert done == ["other begins", "other ends"]
        late = start(turns, done, "late", other)
        assert len(done) == 2  # the turn is held again
    late.join()
    assert done[2:] == ["late begins", "late ends"]


def test_turns_are_had_in_the_order_they_were_asked_for():
    turns, done, may_end = Turns(1, LONG), [], threading.Event()
    threads = [start(turns, done, "0", may_end)]
    wait_until(lambda: done == ["0 begins"])
    for number in range(1, 4):
        threads.append(start(turns, done, str(number), may_end))
        wait_until(lambda number=number: len(turns._waiting) == number)
    may_end.set()
    for thread in threads:
        thread.join()
    assert [words for words in done if "begins" in words] == [f"{number} begins" for number in range(4)]


def test_a_turn_that_comes_just_as_patience_ends_is_held_and_given_back():
    turns, done, may_end = Turns(1, 0.0), [], threading.Event()
    first, lock = start(turns, done, "first", may_end), threading.Lock()
    wait_until(lambda: done == ["first begins"])

    class LetsTheFirstEnd:
        """A lock at which the second, who has waited in vain, is overtaken by the first, who passes its turn on."""

        def __enter__(self) -> None:
            if turns._waiting and threading.current_thread() is not first:
                may_end.set()
                first.join()
            lock.acquire()

        def __exit__(self, *_: object) -> None:
            lock.release()

    turns._lock = LetsTheFirstEnd()
    with turns.take():
        assert done == ["first begins", "first ends"]
        assert turns._free == 0
    assert turns._free == 1


def page_with_a_part():
    import streamlit as st

    from digitviz.dashboard.runtime.turns import fragment

    st.title("above")
    fragment(lambda: st.text("a part"))()
    st.text("below")
    st.text("further below")


def places_missing(messages: list[ForwardMsg]) -> list[tuple[int, ...]]:
    """Return where a browser that begins anew is sent something before what stands above it: an error there."""
    shown: dict[tuple[int, ...], int] = {}
    missing = []
    for message in messages:
        *parent, place = message.metadata.delta_path
        if place > shown.get(tuple(parent), 0):
            missing.append((*parent, place))
        shown[tuple(parent)] = max(shown.get(tuple(parent), 0), place + 1)
    return missing


def test_a_part_that_is_run_again_before_it_was_sent_leaves_no_gap(monkeypatch):
    queue, whole = ForwardMsgQueue(), []
    enqueue = ForwardMsgQueue.enqueue
    monkeypatch.setattr(
        ForwardMsgQueue, "enqueue", lambda self, message: (whole.append(message), enqueue(self, message))
    )
    assert not AppTest.from_function(page_with_a_part).run().exception
    monkeypatch.undo()
    deltas = [message for message in whole if message.HasField("delta")]
    ids = {message.delta.fragment_id for message in deltas} - {""}
    assert len(ids) == 1
    part = [message for message in deltas if message.delta.fragment_id]
    for message in deltas:
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=list(ids))
    assert len(queue) == len(deltas) - len(part)
    for message in part:
        queue.enqueue(message)
    assert not places_missing(queue.flush())


def test_a_run_ends_when_the_server_has_taken_up_all_it_sent(monkeypatch):
    loop, taken = asyncio.new_event_loop(), []
    monkeypatch.setattr(shared(), "loop", loop)
    monkeypatch.setattr(module, "PATIENCE", LONG)
    loop.call_soon_threadsafe(taken.append, "what it sent")
    server = threading.Thread(target=loop.run_forever)
    run = threading.Thread(target=module.delivered)
    run.start()
    assert run.is_alive()
    server.start()
    run.join()
    assert taken == ["what it sent"]
    loop.call_soon_threadsafe(loop.stop)
    server.join()
    loop.close()
    module.delivered()  # a server that has ended is not waited for


def test_a_turn_is_given_back_once():
    turns, done, first, second = Turns(1, LONG), [], threading.Event(), threading.Event()
    with turns.take():
        pass
    threads = [start(turns, done, "first", first)]
    wait_until(lambda: done == ["first begins"])
    threads.append(start(turns, done, "second", second))
    wait_until(lambda: turns._waiting)
    second.set()
    first.set()
    for thread in threads:
        thread.join()
    assert done == ["first begins", "first ends", "second begins", "second ends"]
