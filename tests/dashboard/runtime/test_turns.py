from __future__ import annotations

import asyncio
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_cache import create_reference_msg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.testing.v1 import AppTest

from digitviz.dashboard.runtime import streamlit_internals, turns as module
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
        assert len(done) == 2  # the turn is taken again
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


def test_however_long_they_wait_nobody_overtakes_a_turn_that_is_not_slow(monkeypatch):
    turns, done, may_end, looked = Turns(1, 0.001), [], threading.Event(), []
    still = SimpleNamespace(monotonic=lambda: 0.0, thread_time=lambda: 0.0)
    monkeypatch.setattr(module, "time", still)  # no time passes, however often they look
    let_through = turns._let_through
    monkeypatch.setattr(turns, "_let_through", lambda: (looked.append(1), let_through()))
    threads = [start(turns, done, "first", may_end)]
    wait_until(lambda: done == ["first begins"])
    threads += [start(turns, done, str(number), may_end) for number in range(5)]
    wait_until(lambda: len(looked) > 50)
    assert done == ["first begins"]
    may_end.set()
    for thread in threads:
        thread.join()
    assert [words.split()[1] for words in done] == ["begins", "ends"] * 6


def test_the_owner_of_a_slow_page_waits_until_nobody_else_does():
    turns, done, may_end = Turns(1, 0.01), [], [threading.Event() for _ in range(4)]

    def begin(name: str, owner: str, ends: threading.Event) -> threading.Thread:
        def run() -> None:
            with turns.take(owner):
                done.append(name)
                assert ends.wait(60)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    threads = [begin("slow", "slow owner", may_end[0])]
    wait_until(lambda: done == ["slow"])
    threads.append(begin("other", "other owner", may_end[1]))
    wait_until(lambda: done == ["slow", "other"])
    turns._patience = LONG  # nobody overtakes the other
    threads.append(begin("slow owner again", "slow owner", may_end[2]))
    wait_until(lambda: len(turns._waiting) == 1)
    threads.append(begin("third", "third owner", may_end[3]))
    wait_until(lambda: len(turns._waiting) == 2)
    may_end[1].set()
    wait_until(lambda: len(done) == 3)
    assert done[2] == "third"
    for event in may_end:
        event.set()
    for thread in threads:
        thread.join()


def page_with_a_part_in_a_part():
    import streamlit as st

    from digitviz.dashboard.runtime.turns import fragment

    def part() -> None:
        st.text("a part")
        with st.columns(2)[1]:
            st.text("10 kB, which a browser that has them is not sent again" * 200)
            fragment(lambda: st.text("a part of that part"))()

    st.title("above")
    fragment(part)()
    st.text("below")


def places_missing(messages: list[ForwardMsg]) -> list[tuple[int, ...]]:
    """Return the places for which an empty browser receives content before their container or predecessor."""
    shown: dict[tuple[int, ...], int] = {(0,): 0}
    missing = []
    for message in messages:
        *parent, place = message.metadata.delta_path
        if place > shown.get(tuple(parent), -1):
            missing.append((*parent, place))
            continue
        shown[tuple(parent)] = max(shown[tuple(parent)], place + 1)
        if message.HasField("delta") and message.delta.HasField("add_block"):
            shown.setdefault((*parent, place), 0)
    return missing


def test_a_part_that_is_run_again_before_it_was_sent_leaves_no_gap(monkeypatch):
    queue, whole = ForwardMsgQueue(), []
    enqueue = ForwardMsgQueue.enqueue
    monkeypatch.setattr(
        ForwardMsgQueue, "enqueue", lambda self, message: (whole.append(message), enqueue(self, message))
    )
    assert not AppTest.from_function(page_with_a_part_in_a_part).run().exception
    monkeypatch.setattr(ForwardMsgQueue, "enqueue", enqueue)
    page = [message for message in whole if message.HasField("delta")]
    ids = [*dict.fromkeys(message.delta.fragment_id for message in page if message.delta.fragment_id)]
    part = [message for message in page if message.delta.fragment_id]
    assert len(ids) == 2
    assert [message.metadata.cacheable for message in part].count(True) == 1
    monkeypatch.setattr(ForwardMsgQueue, "clear", inspect.unwrap(ForwardMsgQueue.clear))
    streamlit_internals.keep_what_is_unsent()
    for sent in (page, part):  # the second time, the browser has cached the large messages
        for message in sent:
            queue.enqueue(create_reference_msg(message) if message.metadata.cacheable and sent is part else message)
        queue.enqueue(ForwardMsg(script_finished=ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY))
        queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=ids[:1])
    messages = queue.flush()
    ends = [message.script_finished for message in messages if message.HasField("script_finished")]
    # Otherwise elements removed by the run stay on the page.
    assert ends == [ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY] * 2
    assert not places_missing([message for message in messages if not message.HasField("script_finished")])
    queue.enqueue(page[0])
    queue.clear(retain_lifecycle_msgs=True)  # the page reruns
    assert queue.is_empty()


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
    module.delivered()  # does not wait for a server that has ended


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


def test_owners_have_turns_one_after_the_other_however_many_pages_they_have():
    turns, done, go_on = Turns(1, LONG), list[str](), threading.Event()

    def run(owner: str) -> None:
        with turns.take(owner):
            done.append(turns.owner)
            assert go_on.wait(60)

    threads = []
    for number, owner in enumerate(["a", "a", "a", "b"]):
        threads.append(threading.Thread(target=run, args=(owner,)))
        threads[-1].start()
        wait_until(lambda number=number: len(done) + len(turns._waiting) == number + 1)
    go_on.set()
    for thread in threads:
        thread.join()
    assert done == ["a", "b", "a", "a"]


def test_an_owner_who_asks_for_more_than_an_equal_part_rests_while_others_go_on(monkeypatch):
    clock = SimpleNamespace(now=0.0, used=0.0)
    clock.monotonic, clock.thread_time = lambda: clock.now, lambda: clock.used
    monkeypatch.setattr(module, "time", clock)
    turns = Turns(1, LONG)

    def use(owner: str, seconds: float) -> None:
        with turns.take(owner):
            clock.used += seconds

    use("a", 2 * module.AHEAD)
    assert turns._rest("a") == module.AHEAD  # alone: a whole core
    clock.now = module.AHEAD
    for owner in range(20):
        use(str(owner), 0.1)
    use("a", 0.5)
    assert turns._rest("a") == pytest.approx(0.5 / module.MIN_PART)
    waiting = threading.Thread(target=use, args=("a", 0.0))
    waiting.start()
    wait_until(lambda: turns._waiting)
    use("b", 0.1)
    assert [turn.owner for turn in turns._waiting] == ["a"]
    clock.now += 0.5 / module.MIN_PART
    use("b", 0.1)
    waiting.join()


def test_of_the_slow_pages_of_an_owner_two_run_at_a_time():
    turns, done, slow, end = Turns(1, 0.0), list[str](), threading.Event(), threading.Event()
    threads = [start(turns, done, "slow", slow)]
    wait_until(lambda: done == ["slow begins"])
    threads += [start(turns, done, name, end) for name in ("second", "third")]
    wait_until(lambda: len(done) == 2)
    assert len(turns._waiting) == 1
    end.set()
    wait_until(lambda: len(done) == 5)
    slow.set()
    for thread in threads:
        thread.join()


def test_one_request_of_an_owner_is_answered_at_a_time_and_rests_while_others_pass():
    answered, at_once = list[str](), list[int]()

    async def ask(gate: module.Gate, owner: str, inside: list[str]) -> None:
        async with gate.take(owner):
            inside.append(owner)
            at_once.append(inside.count(owner))
            await asyncio.sleep(0.001)
            inside.remove(owner)
            answered.append(owner)

    async def all_of_them() -> int:
        gate, inside = module.Gate(3.0), list[str]()
        await asyncio.gather(*(ask(gate, owner, inside) for owner in ["a"] * 10 + ["b"]))
        asking = [asyncio.create_task(ask(gate, "a", inside)) for _ in range(module.MAX_WAITING + 1)]
        await asyncio.sleep(0)
        refused = sum(isinstance(task.exception(), module.TooMany) for task in asking if task.done())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        return refused

    with ThreadPoolExecutor(1) as thread:
        refused = thread.submit(lambda: asyncio.run(all_of_them())).result()
    assert "b" in answered[:2]
    assert set(at_once) == {1}
    assert refused == 1
