"""The table of methods: complete, with all its options."""

from dataclasses import fields, replace

import numpy as np
import pytest

from digitviz.projections import METHODS, film, project
from digitviz.projections.layout import NOTES
from digitviz.projections.registry import PANEL_POINTS

MAY_BE_EMPTY = {"options", "plane", "film", "gallery"}


@pytest.mark.parametrize("name", METHODS)
def test_an_entry_is_complete(name):
    method = METHODS[name]
    assert method.name == name
    for field in fields(method):
        value = getattr(method, field.name)
        if field.name not in MAY_BE_EMPTY and not isinstance(value, bool):
            assert value, field.name
    sentences = [method.description, NOTES[method.seed_code], *(option.description for option in method.options)]
    for sentence in map(str, [*sentences, *([method.film] if method.film else [])]):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    assert method.points[0] < method.points[1]
    module = method.load()
    assert callable(module.layout)
    assert callable(module.placer)


@pytest.mark.parametrize("option", [option for method in METHODS.values() for option in method.options])
def test_the_defaults_of_an_option_are_in_its_range(option):
    assert option.choices or option.low < option.high
    for default in (option.quick, option.best, *([] if option.large is None else [option.large])):
        assert option.check(default) == default


def test_the_gallery_has_each_place_once_and_knows_the_points():
    panels = [panel for method in METHODS.values() for panel in method.gallery.items()]
    assert sorted(place for place, _points in panels) == list(range(1, len(panels) + 1))
    assert {points for _place, points in panels} <= set(PANEL_POINTS)


def test_every_method_with_a_film_makes_one(blob):
    for name, method in METHODS.items():
        if method.film:
            assert film([blob, blob], name)[-1].shape == (60, 2)


def test_a_method_may_take_fewer_points_than_the_others(blob, monkeypatch):
    monkeypatch.setitem(METHODS, "pca", replace(METHODS["pca"], points=(3, 50)))
    with pytest.raises(ValueError, match="60 points; a map needs 3 to 50"):
        project(blob, "pca")
    assert project(np.asarray(blob[:50]), "pca").coordinates.shape == (50, 2)


def test_what_a_script_may_ask_of_a_method_stays_allowed_and_means_the_same():
    """Existing values of quick, best, low and high must stay valid, for scripts and for maps saved on disk."""
    offered = {
        (method.name, option.name): (option.quick, option.best, option.low, option.high)
        for method in METHODS.values() for option in method.options if not option.choices
    }  # fmt: skip
    for name in ("tsne", "umap"):
        attempts = offered.pop((name, "attempts"))
        assert attempts[0] == 1 < attempts[1]
        assert attempts[2:] == (1, 20)
    promised = {
        ("isomap", "neighbours"): (6, 6, 2, 100), ("tsne", "perplexity"): (30, 30, 2, 100),
        ("tsne", "iterations"): (200, 500, 10, 2000), ("umap", "neighbours"): (15, 15, 2, 100),
        ("umap", "min_dist"): (0.1, 0.1, 0, 0.99), ("umap", "epochs"): (200, 500, 10, 2000),
        ("umap", "negatives"): (12, 15, 1, 20),
    }  # fmt: skip
    assert {option: offered[option] for option in promised} == promised
