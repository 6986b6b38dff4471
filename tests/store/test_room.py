"""The data of owners are limited and never evicted, so runs beyond the limit are not started."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import func, select

from digitviz.settings import BYTES_PER_OWNER, OWNED_BYTES
from digitviz.store import NoRoom, Store, database_of, tables
from tests.store.made import OTHER, OWNER, kept_drawing, kept_run
from tests.waiting import wait_until

DAY = 86_400
STATE = bytes(100_000)


@pytest.fixture
def few(monkeypatch):
    """Limit each owner to three runs and two drawings."""
    monkeypatch.setattr("digitviz.store.store.MAX_OF_AN_OWNER", {"run": 3, "drawing": 2})


def ids_in(url: str, table) -> set[str]:
    database = database_of(url, 20)
    database.open()
    with database.reading() as connection:
        found = set(connection.execute(select(table.c.id)).scalars())
    database.close()
    return found


def test_an_owner_has_so_many_runs_and_drawings_those_that_wait_counted_and_those_deleted_not(url, open_store, few):
    store = open_store(url)
    runs, drawings = [kept_run() for _ in range(3)], [kept_drawing() for _ in range(2)]
    for run in runs:
        assert store.no_room(OWNER, "run") is None
        store.save_run(run, None)
    for drawing in drawings:
        assert store.no_room(OWNER, "drawing") is None
        store.save_drawing(drawing)
    for _ in range(2):
        assert store.no_room(OWNER, "run") is store.no_room(OWNER, "drawing") is NoRoom.OWNER
        assert store.no_room(OTHER, "run") is store.no_room(OTHER, "drawing") is None
        assert store.flush(90)
    store.delete([runs[0].id])
    store.delete([drawings[0].id], "drawing")
    for _ in range(2):
        assert store.no_room(OWNER, "run") is store.no_room(OWNER, "drawing") is None
        assert store.flush(90)


def test_the_runs_of_an_owner_take_so_many_bytes_those_that_wait_counted_and_those_deleted_by_half(url, open_store):
    store, runs = open_store(url, owner_bytes=3 * len(STATE)), [kept_run() for _ in range(4)]
    for run in runs[:3]:
        assert store.no_room(OWNER, "run") is None
        store.save_run(run, STATE)
    for _ in range(2):
        assert store.no_room(OWNER, "run") is NoRoom.BYTES
        assert store.no_room(OWNER, "drawing") is store.no_room(OTHER, "run") is None
        assert store.flush(90)
    store.save_run(runs[0], 2 * STATE)  # saved runs continue
    assert store.flush(90)
    assert store.state(runs[0].id) == 2 * STATE
    assert store.trouble is None
    store.delete([runs[0].id])
    assert store.flush(90)
    assert store.no_room(OWNER, "run") is NoRoom.BYTES
    store.delete([runs[1].id])
    assert store.flush(90)
    assert store.no_room(OWNER, "run") is None


def test_all_owners_together_fill_no_more_than_they_may_and_their_runs_go_on(url, open_store):
    store, run = open_store(url, owned_bytes=3 * len(STATE)), kept_run()
    store.save_run(run, STATE)
    store.save_run(kept_run(owner=OTHER), STATE)
    assert store.flush(90)
    for _ in range(5):
        store.save_run(run, STATE)  # it replaces the previous state
        assert store.flush(90)
    assert store.no_room(OWNER, "run") is None
    store.save_run(run, 2 * STATE)
    assert store.flush(90)
    assert store.no_room(OWNER, "run") is store.no_room("c" * 64, "drawing") is NoRoom.SERVER
    store.save_run(run, 3 * STATE)
    assert store.flush(90)
    assert store.state(run.id) == 3 * STATE
    assert store.trouble is None


@pytest.mark.parametrize("what", ["state", "recipe", "drawings"])
def test_what_was_written_before_a_start_or_by_another_server_counts(url, open_store, what):
    before = open_store(url)
    if what == "state":
        before.save_run(kept_run(), STATE)
    elif what == "recipe":
        before.save_run(kept_run(recipe={"start": "x" * len(STATE)}), None)
    else:
        for _ in range(9):
            before.save_drawing(kept_drawing())
    assert before.flush(90)
    after = open_store(url, owned_bytes=len(STATE))
    wait_until(lambda: after.no_room(OTHER, "run") is NoRoom.SERVER)


def test_a_disk_that_is_nearly_full_takes_nothing_new_and_values_make_way(path, open_store, monkeypatch):
    free = [10**9]
    monkeypatch.setattr("digitviz.store.sqlite.SQLite.free_bytes", lambda database: free[0])
    store, run = open_store(path, reserve=500_000_000), kept_run()
    store.save_run(run, b"state")
    for id in "ab":
        store.keep("map", id, 1, STATE)
    assert store.flush(90)
    assert store.no_room(OWNER, "run") is None
    free[0] = 500_000_000 - len(STATE) // 2
    assert store.no_room(OWNER, "run") is store.no_room(OWNER, "drawing") is NoRoom.SERVER
    store.keep("map", "c", 1, STATE)
    store.save_run(run, b"later")
    assert store.flush(90)
    assert store.state(run.id) == b"later"
    wait_until(lambda: len(ids_in(f"sqlite:///{path}", tables.value)) == 1)
    for _ in range(3):  # evicts only as much as needed
        assert sum(len(store.load("map", id)) for id in "ab") == 1
        assert store.load("map", "c") == []
        assert store.flush(90)
    free[0] = 10**9
    assert store.no_room(OWNER, "run") is None
    store.keep("map", "c", 1, STATE)
    assert store.flush(90)
    assert store.load("map", "c") == [STATE]


def test_a_disk_is_asked_how_much_room_it_has(path, open_store):
    assert open_store(path, reserve=10**18).no_room(OWNER, "run") is NoRoom.SERVER
    assert open_store(path, reserve=1).no_room(OWNER, "run") is None


def test_there_is_room_where_nobody_can_tell(tmp_path, open_store):
    (tmp_path / "file").write_text("in the way")
    assert open_store(tmp_path / "file" / "digitviz.db").no_room(OWNER, "run") is None


def purge(url, open_store, now: float, **settings) -> set[str]:
    """Start a server at time `now`, wait for its maintenance, and return the remaining runs."""
    store: Store = open_store(url, clock=lambda: now, **settings)
    wait_until_purged(store, now)
    store.close()
    return ids_in(url, tables.run)


def wait_until_purged(store: Store, now: float) -> None:
    """Wait until the maintenance due at `now` has finished."""

    def is_done() -> bool:
        chores = store._writer._chores
        return chores is not None and chores._next == now + DAY and not chores._due

    wait_until(is_done)


def test_a_run_that_stood_at_its_start_for_thirty_days_goes_unless_its_owner_marked_it(url, open_store):
    now = 1_000_000_000.0
    old, new = now - 31 * DAY, now - 29 * DAY
    store = open_store(url, clock=lambda: now)
    gone = kept_run(changed=old, step=0)
    stays = [
        kept_run(changed=new, step=0), kept_run(changed=old, step=1), kept_run(changed=old, step=0, title="Mine"),
        kept_run(changed=old, step=0, pinned=True),
    ]  # fmt: skip
    for run in (gone, *stays):
        store.save_run(run, None)
    assert store.flush(90)
    store.close()
    assert len(purge(url, open_store, now)) == 5
    assert purge(url, open_store, now + DAY) == {run.id for run in stays}


def test_what_was_deleted_makes_way_where_there_is_no_room_once_two_purges_agree(url, open_store):
    now = [1_000_000_000.0]
    store = open_store(url, clock=lambda: now[0])
    first, second, mine = kept_run(), kept_run(), kept_run()
    for run in (first, second, mine):
        store.save_run(run, STATE)
    store.delete([first.id])
    assert store.flush(90)
    now[0] += 2 * DAY
    store.delete([second.id])
    assert store.flush(90)
    store.close()
    assert len(purge(url, open_store, now[0])) == 3
    assert len(purge(url, open_store, now[0] + DAY)) == 3
    now[0] += 2 * DAY - 100
    full = open_store(url, owned_bytes=3 * len(STATE), clock=lambda: now[0])
    wait_until(lambda: ids_in(url, tables.run) == {second.id, mine.id})
    wait_until(lambda: full.no_room(OTHER, "run") is None)


def deleted_run(url, open_store, now: float) -> str:
    store, run = open_store(url, clock=lambda: now), kept_run()
    store.save_run(run, None)
    store.delete([run.id])
    assert store.flush(90)
    store.close()
    return run.id


def test_a_clock_that_is_ahead_for_a_moment_purges_nothing(url, open_store):
    now = 1_000_000_000.0
    id = deleted_run(url, open_store, now)
    ahead = [now + 40 * DAY, now + 40 * DAY + 60, now + DAY, now + 2 * DAY, now + 42 * DAY, now + 3 * DAY]
    for moment in ahead:
        assert id in purge(url, open_store, moment)
    for moment in (now + 31 * DAY, now + 32 * DAY):
        left = purge(url, open_store, moment)
    assert id not in left


def test_a_server_whose_clock_jumps_goes_on_to_purge_when_it_is_right_again(url, open_store):
    now = [1_000_000_000.0]
    id = deleted_run(url, open_store, now[0])
    store = open_store(url, clock=lambda: now[0])
    for days in (40, 1, 2, 31, 32):
        assert id in ids_in(url, tables.run)
        now[0] = 1_000_000_000.0 + days * DAY
        store.save_run(kept_run(), None)
        wait_until_purged(store, now[0])
    wait_until(lambda: id not in ids_in(url, tables.run))


def test_a_clock_that_stays_ahead_purges_nothing_where_the_database_has_its_own(server, open_store):
    url, now = server.migrated_database(), time.time()
    id = deleted_run(url, open_store, now)
    for days in (0, 40, 41, 42):
        assert id in purge(url, open_store, now + days * DAY)


def test_a_count_of_nothing_is_nothing(url, open_store):
    store: Store = open_store(url, owned_bytes=1)
    assert store.no_room(OWNER, "run") is None
    database = database_of(url, 20)
    database.open()
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(tables.run)).scalar_one() == 0
    database.close()


def test_the_environment_says_how_much_one_owner_may_own(monkeypatch):
    monkeypatch.delenv("DIGITVIZ_BYTES_PER_OWNER", raising=False)
    assert BYTES_PER_OWNER.value == 10**9
    monkeypatch.setenv("DIGITVIZ_BYTES_PER_OWNER", "5e6")
    assert BYTES_PER_OWNER.value == 5_000_000


@pytest.mark.parametrize(("said", "is_taken"), [("5e6", 5_000_000), ("much", 10**10), ("-1", 0), (None, 10**10)])
def test_the_environment_says_how_much_people_may_own(monkeypatch, said, is_taken):
    if said is None:
        monkeypatch.delenv("DIGITVIZ_OWNED_BYTES", raising=False)
    else:
        monkeypatch.setenv("DIGITVIZ_OWNED_BYTES", said)
    assert OWNED_BYTES.value == is_taken
