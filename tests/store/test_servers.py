"""Several servers on one database, and one that is killed."""

from __future__ import annotations

import threading

import pytest

from digitviz.training.chunks import TRAJECTORY
from tests.benchmarks.store_kills import kill_while_saving
from tests.store.made import OWNER, kept_run


def test_two_servers_that_open_an_empty_database_at_once_make_the_tables_once(empty_url, open_store):
    stores = [open_store(empty_url) for _ in range(4)]
    runs = [kept_run() for _ in stores]
    for store, run in zip(stores, runs, strict=True):
        store.save_run(run, b"state")
    assert all(store.flush(90) for store in stores)
    for store in stores:
        assert {run.id for run in store.runs_of(OWNER)} == {run.id for run in runs}
        assert store.trouble is None


def test_two_servers_that_keep_and_save_the_same_at_once_are_no_trouble_to_each_other(url, open_store):
    stores = [open_store(url), open_store(url)]
    run = kept_run()

    def work(store) -> None:
        for number in range(1, 40):
            store.keep(TRAJECTORY, "id", number, b"piece" * 1000)
            store.save_run(run, b"state" * 1000)
            store.rename(run.id, str(number))
            store.pin(run.id, number % 2 == 0)

    threads = [threading.Thread(target=work, args=[store]) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(store.flush(90) for store in stores)
    for store in stores:
        assert store.load(TRAJECTORY, "id") == [b"piece" * 1000] * 39
        assert store.run(run.id).title == "39"
        assert store.state(run.id) == b"state" * 1000
        assert store.trouble is None


@pytest.mark.thorough  # starts seven servers: 5 s
@pytest.mark.parametrize("kills", [6])
def test_a_server_that_is_killed_leaves_every_run_at_its_last_acknowledged_save_or_later(path, kills):
    outcome = kill_while_saving(f"sqlite:///{path}", kills, seed=1)
    assert outcome.kills == kills
    assert outcome.acknowledged > kills
