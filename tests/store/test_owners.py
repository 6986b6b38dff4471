"""The server's administrator can list owners with their data, and delete the data of those who never returned."""

from __future__ import annotations

import io
import time

import pytest
from sqlalchemy import select

from digitviz.store import tables
from digitviz.store.__main__ import days, main
from digitviz.store.owners import SECONDS_OF_A_DAY, owners
from tests.store.made import OTHER, OWNER, kept_drawing, kept_run
from tests.waiting import wait_until

NOW = 20_000 * SECONDS_OF_A_DAY + 5_000.0
LONG_AGO = time.time() - 400 * SECONDS_OF_A_DAY


@pytest.fixture
def here(url, monkeypatch) -> str:
    monkeypatch.setenv("DIGITVIZ_DATABASE", url)
    return url


def filled(store) -> list[str]:
    """Save data for two owners. One run of the second was trained on a drawing of the first."""
    shared, own = kept_drawing(created=LONG_AGO), kept_drawing(created=LONG_AGO)
    old = [kept_run(changed=LONG_AGO, step=5), kept_run(changed=LONG_AGO - 9, step=5)]
    new = kept_run(owner=OTHER, changed=time.time(), drawings=(shared.id,), step=5)
    for drawing in (shared, own):
        store.save_drawing(drawing)
    for run in (*old, new):
        store.save_run(run, bytes(1000))
    assert store.flush(90)
    return [*(run.id for run in old), new.id, shared.id, own.id]


def in_database(store, question):
    with store._database.reading() as connection:
        return question(connection)


def test_a_visit_is_written_once_a_day_and_only_of_who_owns_something(url, open_store):
    now = [NOW]
    store = open_store(url, clock=lambda: now[0])
    store.save_run(kept_run(changed=1000.0, step=1), None)
    assert store.flush(90)
    written = []
    visit = store._writer.visit
    store._writer.visit = lambda *said: written.append(said) or visit(*said)
    for _ in range(3):
        store.visited(OWNER)
        store.visited(OTHER)
    wait_until(lambda: not store._writer._visits)
    assert written == [(OWNER, NOW), (OTHER, NOW)]
    found = in_database(store, lambda connection: connection.execute(select(tables.visit)).all())
    assert [tuple(row) for row in found] == [(OWNER, 20_000.0 * SECONDS_OF_A_DAY)]  # the day, without the time
    now[0] += SECONDS_OF_A_DAY
    store.visited(OWNER)
    wait_until(lambda: in_database(store, owners)[0].seen == 20_001 * SECONDS_OF_A_DAY)


def test_owners_are_listed_and_nothing_is_removed_unasked(here, open_store, capsys):
    filled(open_store(here))
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[1:3]] == [OWNER[:12], OTHER[:12]]
    assert lines[1].split()[1:3] == ["2", "2"]
    assert lines[-1].startswith("Owners: 2, runs: 3")


@pytest.mark.parametrize(("answer", "goes"), [("yes\n", True), ("y\n", False), ("", False)])
def test_what_an_owner_had_who_never_came_back_is_removed_if_that_is_confirmed(
    here, open_store, capsys, monkeypatch, answer, goes
):
    store = open_store(here)
    first, second, others, shared, own = filled(store)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert main(["--remove-unseen-for", "365d"]) == (0 if goes else 1)
    out = capsys.readouterr().out
    assert OTHER[:12] not in out
    assert ("Removed for good" in out) == goes
    assert [store.run(id) is not None for id in (first, second, others)] == [not goes, not goes, True]
    assert (store.state(first) is None) == goes
    assert {each.id for each in store.drawings([shared, own])} == ({shared} if goes else {shared, own})
    assert len(store.drawings_of(OWNER)) == (0 if goes else 2)


def test_who_has_come_meanwhile_keeps_all(here, open_store, capsys):
    store = open_store(here)
    first, *_ = filled(store)
    store.visited(OWNER)
    wait_until(lambda: not store._writer._visits)
    assert main(["--remove-unseen-for", "1y", "--yes"]) == 0
    assert "Owners: 0" in capsys.readouterr().out
    assert store.run(first) is not None


@pytest.mark.parametrize("seconds", [4e11, 1e300])
def test_a_time_beyond_the_calendar_is_listed_as_unknown(here, open_store, capsys, seconds):
    store = open_store(here)
    filled(store)
    store.save_run(kept_run(owner="c" * 64, changed=seconds), None)
    assert store.flush(90)
    assert main(["--remove-unseen-for", "1y", "--yes"]) == 0
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].split()[::5] == ["unknown", "c" * 12]
    assert "Removed for good what these owned: 1." in lines


def test_without_a_file_nothing_is_made(path, monkeypatch, capsys):
    monkeypatch.setenv("DIGITVIZ_DATABASE", f"sqlite:///{path}")
    assert main([]) == 0
    assert capsys.readouterr().out == "Nothing is kept yet.\n"
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "365", "0d", "-3d", "1m", "1e3d", "d"])
def test_what_is_no_time_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        main(["--remove-unseen-for", text])
    assert "is not a time such as 365d" in capsys.readouterr().err or text == "-3d"


def test_weeks_and_years_are_days():
    assert [days("30d"), days("8w"), days("1y")] == [30, 56, 365]
