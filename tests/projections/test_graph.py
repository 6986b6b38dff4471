"""The graph of nearest neighbours, and the links that join its components."""

from __future__ import annotations

import numpy as np

from digitviz.projections.neighbourhood import nearest, neighbour_graph

PLACES = np.array([0.0, 1, 3, 10, 11, 13, 40, 41, 43])
"""Places on a line that form three components of three points each, if each is linked to one neighbour."""


def links_of(graph) -> set[tuple[int, int]]:
    ends = zip(graph.tails.tolist(), graph.heads.tolist(), strict=True)
    return {(min(pair), max(pair)) for pair in ends}


def test_parts_are_joined_by_their_shortest_links():
    graph = neighbour_graph(PLACES[:, None], 1)
    assert graph.parts == 3
    assert links_of(graph) == {(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (7, 8)}
    np.testing.assert_allclose(graph.lengths, np.abs(PLACES[graph.tails] - PLACES[graph.heads]))


def test_a_graph_in_one_piece_has_each_point_linked_to_its_nearest_and_nothing_to_note():
    x = np.random.default_rng(3).normal(size=(40, 2))
    graph = neighbour_graph(x, 8)
    found, distances = nearest(x, 8)
    assert (graph.parts, graph.notes) == (1, [])
    np.testing.assert_array_equal(graph.heads.reshape(40, 8), found)
    np.testing.assert_array_equal(graph.tails.reshape(40, 8), np.arange(40)[:, None].repeat(8, axis=1))
    np.testing.assert_allclose(graph.reach, distances[:, -1])


def test_a_graph_is_told_from_another_by_being_it_since_arrays_have_no_single_answer():
    one, same = (neighbour_graph(PLACES[:, None], 1) for _ in range(2))
    assert one != same
    assert len({one, same}) == 2
