"""Training data are values: identified by ids, and created once for everyone who trains on them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from digitviz import DigitDataset
from digitviz.dashboard.session import lease, training_data
from digitviz.dashboard.session.storage import DATASETS, LANES
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.drawing import practice
from digitviz.values import Values
from tests.waiting import wait_until

DISTORTED = TrainingData(distorted=True)


class Server:
    """A server that creates copies when the test allows it, for one visitor after another."""

    def __init__(self) -> None:
        self.values, self.visitor = Values(LANES), "a"
        self.made, self.error = 0, ""
        self.go = threading.Event()

    def copies(self, train: DigitDataset, copies: int, seed: int) -> DigitDataset:
        assert self.go.wait(60)
        self.made += 1
        if self.error:
            raise ValueError(self.error)
        return practice.together(*[train] * (copies + 1))

    def asks(self, visitor: str, data: TrainingData = DISTORTED, train_fraction: float = 0.9) -> DigitDataset | None:
        self.visitor = visitor
        return training_data.dataset(data, train_fraction)


@pytest.fixture
def server(digits, monkeypatch) -> Iterator[Server]:
    server, held = Server(), dict[str, object]()
    monkeypatch.setattr(lease, "values", lambda: server.values)
    monkeypatch.setattr(lease, "lease_of", lambda token: token)
    monkeypatch.setattr(
        lease,
        "lease",
        lambda: SimpleNamespace(
            owner=server.visitor,
            token=server.visitor,
            held=lambda _kind: held.get(server.visitor),
            held_or=lambda _kind, make: held.setdefault(server.visitor, make()),
        ),
    )
    monkeypatch.setattr(training_data, "pixels", lambda source: digits[:100] if source == "digits" else digits[:200])
    monkeypatch.setattr(training_data.saved_drawings, "as_dataset", lambda ids: digits[:3])
    monkeypatch.setattr(practice, "distorted_copies", server.copies)
    yield server
    server.go.set()
    wait_until(lambda: server.values.threads == 0)


def test_two_visitors_who_ask_for_the_same_copies_get_the_same_which_are_made_once(server):
    assert server.asks("a") is None
    assert server.asks("b") is None
    server.go.set()
    wait_until(lambda: server.asks("a") is not None and server.asks("b") is not None)
    found = server.asks("a")
    assert found is server.asks("b") is server.asks("a newcomer")
    assert len(found.split()[0]) == 11 * 90
    assert server.made == 1


def test_another_fraction_source_or_drawings_are_other_data_and_wait_for_their_turn(server):
    server.asks("a")
    wait_until(lambda: server.values.threads == 1)
    others = [(DISTORTED, 0.8), (TrainingData("both", True), 0.9), (TrainingData("digits", True, ("1:x",)), 0.9)]
    for number, (data, fraction) in enumerate(others, start=1):
        assert server.asks(str(number), data, fraction) is None
    server.go.set()
    for number, (data, fraction) in enumerate(others, start=1):
        wait_until(lambda who=str(number), what=(data, fraction): server.asks(who, *what) is not None)
    assert server.made == 4


def test_a_visitor_who_chooses_something_else_or_leaves_has_nothing_made(server):
    server.asks("a")
    wait_until(lambda: server.values.threads == 1)
    server.asks("b", DISTORTED, 0.7)
    server.asks("b", TrainingData())
    server.asks("c", DISTORTED, 0.6)
    server.values.withdraw((DATASETS, "c"))
    server.go.set()
    wait_until(lambda: server.values.threads == 0)
    assert server.made == 1


def test_without_copies_they_are_there_at_once_and_known_by_an_id(server, digits):
    assert server.asks("a", TrainingData()).id == digits[:100].id
    assert server.asks("a", TrainingData("both")).id == digits[:200].id
    own = server.asks("a", TrainingData("digits", drawings=("1:x",)))
    np.testing.assert_array_equal(own.split()[0].pixels[:3], digits[:3].pixels)
    assert own.id not in {digits[:100].id, digits[:3].id}
    split = server.asks("a", TrainingData("digits", split=7))
    assert split.id == server.asks("b", TrainingData("digits", split=7)).id == digits[:100].shuffled(7).id
    assert len({digits[:100].id, split.id, server.asks("a", TrainingData("digits", split=8)).id}) == 3
    wrong = server.asks("a", TrainingData("digits", wrong_labels=0.25))
    assert wrong.id == digits[:100].mislabelled(0.25).id
    assert (wrong.split()[0].labels != digits[:90].labels).sum() == 22
    np.testing.assert_array_equal(wrong.split()[1].labels, digits[90:100].labels)
    assert server.values.threads == server.made == 0


def test_a_choice_from_the_store_is_the_saved_one_and_older_ones_have_no_wrong_labels():
    for data in (TrainingData(), TrainingData("both", True, ("1:x",), 7, 0.2)):
        assert training_data.from_kept(training_data.to_kept(data), data.drawings) == data
    older = {"source": "digits", "distorted": False, "split": 3}
    assert training_data.from_kept(older, ()) == TrainingData(split=3)
    assert training_data.to_kept(TrainingData(split=3)) == older
    for share in (-0.1, 1.1, "0.2", True, float("nan"), None):
        with pytest.raises(ValueError, match="unknown"):
            training_data.from_kept(older | {"wrong_labels": share}, ())


def test_what_cannot_be_made_is_said_to_each_who_waits_and_tried_again(server):
    server.error = "too few"
    server.go.set()

    def fails(visitor: str) -> bool:
        try:
            server.asks(visitor)
        except ValueError as error:
            return "too few" in str(error)
        return False

    wait_until(lambda: fails("a"))
    wait_until(lambda: fails("b"))
    server.error = ""
    wait_until(lambda: server.asks("a") is not None)
