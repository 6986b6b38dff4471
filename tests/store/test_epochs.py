"""If several servers have a run open, the latest to take it may move it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from digitviz.store import Standing, database_of
from digitviz.store.records import new_epoch, row_of
from tests.store.first_tables import FIRST, make_first_tables
from tests.store.made import kept_run
from tests.store.test_faults import held
from tests.waiting import wait_until


@pytest.fixture
def two(url, open_store):
    return open_store(url), open_store(url)


def begun(store, step: int = 10):
    run = kept_run(step=step, epoch=new_epoch())
    store.save_run(run, b"%d" % step)
    assert store.flush(90)
    return run


def taken(store, id: str):
    """Take a run as a page does, and return it with its new epoch."""
    found = store.run(id)
    mine = replace(found, epoch=new_epoch())
    store.take(id, found.epoch, mine.epoch)
    return mine


def taken_at_once(store, id: str):
    mine = taken(store, id)
    assert store.flush(90)
    return mine


def save(store, run, step: int):
    run = replace(run, step=step)
    store.save_run(run, b"%d" % step)
    assert store.flush(90)
    return run


def test_who_takes_a_run_saves_it_and_who_had_it_learns_that_and_saves_nothing(two):
    one, other = two
    first = begun(one)
    second = taken(other, first.id)
    assert other.flush(90)
    assert other.run(first.id) == second
    save(other, second, 30)
    save(one, first, 20)
    assert one.standing(first.id, first.epoch) is Standing.TAKEN
    assert other.standing(first.id, second.epoch) is Standing.KEPT
    for store in two:
        assert (store.run(first.id).step, store.state(first.id)) == (30, b"30")
    assert (one.trouble, other.trouble) == (None, None)


def test_a_save_that_waits_hides_from_nobody_that_the_run_was_taken(two, url, request):
    one, other = two
    first = begun(one)
    save(other, taken(other, first.id), 30)
    save(one, first, 20)
    with held(url, lambda: request.getfixturevalue("server")):
        one.save_run(replace(first, step=40), b"40")
        assert one.standing(first.id, first.epoch) is Standing.TAKEN
        again = taken(one, first.id)
        assert one.standing(first.id, again.epoch) is Standing.KEPT  # taking it again clears the old standing
    assert one.flush(90)
    assert one.standing(first.id, again.epoch) is Standing.KEPT


def test_it_can_be_taken_back_and_goes_on_where_the_other_has_brought_it(two):
    one, other = two
    first = begun(one)
    second = save(other, taken(other, first.id), 30)
    save(one, first, 20)
    again = taken(one, first.id)
    assert again.step == 30
    assert one.standing(first.id, again.epoch) is not Standing.TAKEN
    save(one, again, 40)
    assert one.standing(first.id, again.epoch) is Standing.KEPT
    save(other, second, 35)
    assert other.standing(first.id, second.epoch) is Standing.TAKEN
    assert other.run(first.id).step == 40


def test_what_its_owner_says_of_it_counts_on_every_server(two):
    one, other = two
    first = begun(one)
    save(other, taken(other, first.id), 30)
    one.rename(first.id, "mine")
    one.pin(first.id, True)
    save(one, first, 20)
    run = other.run(first.id)
    assert (run.title, run.pinned, run.step) == ("mine", True, 30)


def test_a_take_that_waited_too_long_takes_nothing(two):
    one, other = two
    first = begun(one)
    late = replace(first, epoch=new_epoch())
    second = save(other, taken(other, first.id), 30)
    one.take(first.id, first.epoch, late.epoch)
    save(one, late, 20)
    assert one.standing(first.id, late.epoch) is Standing.TAKEN
    assert one.run(first.id) == second


def test_takes_and_saves_that_wait_together_count_as_if_they_had_been_written_one_by_one(url, open_store, request):
    store = open_store(url)
    run = begun(store)
    assert store.flush(90)
    with held(url, lambda: request.getfixturevalue("server")):
        for step in (20, 30):
            store.save_run(replace(taken(store, run.id), step=step), None)
            assert store.run(run.id).step == step
        last = taken(store, run.id)
        assert store.standing(run.id, last.epoch) is Standing.KEPT
    save(store, last, 40)
    assert store.run(run.id) == replace(last, step=40)


def test_nothing_is_saved_twice_or_over_whatever_two_servers_are_asked(two):
    chance = random.Random(1)
    held = {store: begun(two[0]) for store in two}
    id, told = held[two[0]].id, 10
    held[two[1]] = taken_at_once(two[1], id)
    holder = two[1]
    for step in range(11, 40):
        store = chance.choice(two)
        if chance.random() < 0.3:
            held[store], holder = taken_at_once(store, id), store
        held[store] = save(store, held[store], step)
        told = step if store is holder else told
        assert {each.run(id).step for each in two} == {told}
        assert (store.standing(id, held[store].epoch) is Standing.TAKEN) == (store is not holder)


def test_a_deleted_run_is_known_to_be_so_on_every_server_that_saves_it(two):
    one, other = two
    run = begun(one)
    other.delete([run.id])
    assert other.standing(run.id, run.epoch) is Standing.DELETED
    assert other.flush(90)
    assert one.standing(run.id, run.epoch) is Standing.KEPT
    save(one, run, 20)
    assert one.standing(run.id, run.epoch) is Standing.DELETED
    one.restore([run.id])
    assert one.standing(run.id, run.epoch) is Standing.KEPT
    assert one.flush(90)
    assert one.standing(run.id, run.epoch) is Standing.KEPT
    assert one.run(run.id).step == 20


def test_a_run_whose_database_was_removed_is_to_be_saved_again(path, open_store):
    store = open_store(path)
    run = begun(store)
    assert store.standing(run.id, run.epoch) is Standing.KEPT
    path.unlink()
    save(store, kept_run(), 1)
    wait_until(lambda: store.standing(run.id, run.epoch) is Standing.UNKNOWN)


def test_runs_from_before_there_were_epochs_are_kept_and_can_be_taken(empty_url, open_store):
    run = kept_run()
    row = row_of(run)
    del row["epoch"], row["drawings"]
    make_first_tables(database_of(empty_url, 20), FIRST.tables["run"].insert().values(row))
    store = open_store(empty_url)
    assert store.run(run.id) == run
    mine = save(store, taken(store, run.id), 20)
    assert store.run(run.id) == mine
