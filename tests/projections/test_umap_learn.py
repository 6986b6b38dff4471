"""Our UMAP without its kernel: umap-learn takes over. `tests.benchmarks.claims` compares their maps."""

import sys
from types import SimpleNamespace

import numpy as np

from digitviz.projections import project, umap
from digitviz.projections.layout import NOTES


class Reducer:
    """Stands for umap-learn's, which takes 20 s to compile."""

    def __init__(self, **settings):
        self.settings = settings

    def fit_transform(self, x):
        return self.settings["init"]

    def fit(self, x):
        return self

    def transform(self, new):
        return self.embedding_[: len(new)]


def test_without_our_kernel_umap_learn_draws_the_map_and_the_notes_say_so(digits, monkeypatch):
    ours, made = project(digits.pixels[:300], "umap", digits.labels[:300]), []
    monkeypatch.setattr(umap, "_why_no_kernel", lambda: "it was not compiled")
    reducer = SimpleNamespace(UMAP=lambda **settings: (made.append(Reducer(**settings)), made[-1])[1])
    monkeypatch.setitem(sys.modules, "umap", reducer)
    theirs = project(digits.pixels[:300], "umap", digits.labels[:300])
    assert str(NOTES["by_umap_learn"]) in theirs.notes
    assert str(NOTES["by_umap_learn"]) not in ours.notes
    assert theirs.options == ours.options
    assert made[0].settings["n_epochs"] == ours.options["epochs"]
    assert made[0].settings["n_neighbors"] == ours.options["neighbours"]
    placed = theirs.place(digits.pixels[:100]).coordinates
    np.testing.assert_allclose(placed, theirs.coordinates[:100], rtol=1e-4, atol=1e-5)
    assert (made[1].settings["n_epochs"], made[1].n_epochs) == (0, ours.options["epochs"])


def test_a_kernel_that_does_not_compile_is_done_without(digits, monkeypatch):
    from numba.core.errors import TypingError

    def failing(*_):
        raise TypingError("not in this version")

    monkeypatch.setattr(umap, "_run_epoch", failing)
    assert umap._why_no_kernel() == "numba cannot compile UMAP's kernel: TypingError"
