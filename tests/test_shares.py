"""The owner with the smallest share comes first."""

from __future__ import annotations

from digitviz.shares import Shares


def test_many_pieces_of_one_and_few_of_another_come_to_the_same_time():
    shares, had = Shares(), {"a": 0.0, "b": 0.0}
    for _ in range(100):
        owner = min(had, key=shares.had)
        shares.serve(owner)
        shares.charge(owner, piece := {"a": 1.0, "b": 0.1}[owner])
        had[owner] += piece
    assert abs(had["a"] - had["b"]) <= 1.0


def test_who_was_away_has_saved_nothing_up_and_is_forgotten():
    shares = Shares()
    for _ in range(10):
        shares.serve("a")
        shares.charge("a", 1.0)
    shares.serve("b")
    shares.charge("b", 1.0)
    assert shares.had("b") == shares.had("a") == 10.0
    for _ in range(3):
        shares.serve("a")
        shares.charge("a", 1.0)
    assert [*shares._had] == ["a"]
