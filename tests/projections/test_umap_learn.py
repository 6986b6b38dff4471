"""umap-learn: what our UMAP is held against, and what draws when our kernel cannot be had."""

import sys

import numpy as np
import pytest

from digitviz.projections import project
from digitviz.projections.notes import NOTES

long = pytest.mark.long  # umap-learn is compiled anew in each process: 20 s


@pytest.fixture(scope="module")
def ours(digits):
    return project(digits.pixels[:300], "umap", digits.labels[:300])


@pytest.fixture(scope="module")
def theirs(digits):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "digitviz.projections.umap_kernel", None)  # its import fails
        embedding = project(digits.pixels[:300], "umap", digits.labels[:300])
        embedding.place(digits.pixels[:1])
    return embedding


@long
def test_without_our_kernel_umap_learn_draws_the_map_and_the_notes_say_so(ours, theirs):
    assert str(NOTES["by_umap_learn"]) in theirs.notes
    assert str(NOTES["by_umap_learn"]) not in ours.notes
    assert theirs.options == ours.options


@long
def test_our_maps_are_as_good_as_those_of_umap_learn(ours, theirs):
    assert ours.trustworthiness > theirs.trustworthiness - 0.005
    assert ours.neighbour_accuracy > theirs.neighbour_accuracy - 0.01
    assert theirs.trustworthiness > 0.97


@long
def test_umap_learn_places_points_in_its_map(digits, theirs):
    places = theirs.place(digits.pixels[:100]).coordinates
    off = np.linalg.norm(places - theirs.coordinates[:100], axis=1)
    assert np.median(off) < 0.05 * np.ptp(theirs.coordinates)
    np.testing.assert_array_equal(theirs.place(digits.pixels[:100]).coordinates, places)


def test_a_kernel_that_does_not_compile_is_done_without(digits, monkeypatch):
    from numba.core.errors import TypingError

    from digitviz.projections import umap, umap_kernel

    def failing(*_):
        raise TypingError("not in this version")

    monkeypatch.setattr(umap_kernel, "memberships", failing)
    assert umap._why_no_kernel() == "numba cannot compile UMAP's kernel: TypingError"
