"""Ids of maps and films are known before they are drawn."""

from __future__ import annotations

import inspect
import re

import pytest

from digitviz.projections import film, film_id, map_id, packing, project


def test_whatever_changes_the_map_is_in_its_id(monkeypatch):
    calls = [
        {}, {"of": "b"}, {"method": "isomap"}, {"labelled": True}, {"dimensions": 3}, {"seed": 1}, {"quality": "best"},
        {"options": {"iterations": 7}}, {"options": {"iterations": 8}}, {"options": {"attempts": 7}},
    ]  # fmt: skip
    known = [map_id(**{"of": "a", "method": "mds", **call}) for call in calls]
    assert len(set(known)) == len(calls)
    assert known == [map_id(**{"of": "a", "method": "mds", **call}) for call in calls]
    assert all(re.fullmatch("[0-9a-f]{64}", id) for id in known)
    monkeypatch.setattr(packing, "VERSION", packing.VERSION + 1)
    assert map_id("a", "mds") not in known


def test_the_order_in_which_options_are_said_is_not_in_the_id():
    one, other = {"iterations": 7, "attempts": 2}, {"attempts": 2, "iterations": 7}
    assert map_id("a", "mds", options=one) == map_id("a", "mds", options=other)


def test_whatever_changes_the_film_is_in_its_id(monkeypatch):
    known = {film_id("a", "pca"), film_id("b", "pca"), film_id("a", "tsne"), film_id("a", "pca", 3), map_id("a", "pca")}
    known |= {film_id("a", "pca", seed=1)}
    assert len(known) == 6
    monkeypatch.setattr(packing, "VERSION", packing.VERSION + 1)
    assert film_id("a", "pca") not in known


@pytest.mark.parametrize(("known_by", "drawn_by"), [(map_id, project), (film_id, film)])
def test_what_is_not_said_of_a_map_or_a_film_is_in_its_id_what_it_is_drawn_with(known_by, drawn_by):
    in_id, drawn = (inspect.signature(call).parameters for call in (known_by, drawn_by))
    both = [name for name in ("dimensions", "seed", "quality") if name in in_id]
    assert len(both) >= 2
    assert [in_id[name].default for name in both] == [drawn[name].default for name in both]
