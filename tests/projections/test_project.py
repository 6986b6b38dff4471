"""Properties of every map: repeatable, upright, cancellable, and strict about its input."""

import hashlib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from digitviz.projections import METHODS, Cancelled, align, project
from digitviz.projections.alignment import rotation_onto
from digitviz.projections.layout import NOTES

MOVING = ["mds", "tsne", "umap"]


@pytest.fixture(scope="module")
def elsewhere():
    """Output of another process: the heavy modules loaded by the package, and each method's map of 300 digits."""
    script = """
import hashlib, sys, digitviz.projections
print(*[m for m in ("numba", "scipy", "sklearn", "umap", "openTSNE", "torch") if m in sys.modules])
from digitviz import load_digits
from digitviz.projections import METHODS, project
x = load_digits().pixels[:300]
for name in METHODS:
    print(hashlib.sha256(project(x, name, seed=5).coordinates.tobytes()).hexdigest())
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    loaded, *maps = said.splitlines()
    return loaded.split(), dict(zip(METHODS, maps, strict=True))


def test_importing_the_package_loads_no_heavy_module(elsewhere):
    assert elsewhere[0] == []


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_repeats_the_map_bit_for_bit_in_every_process(digits, elsewhere, method):
    maps = [project(digits.pixels[:300], method, seed=5).coordinates.tobytes() for _ in range(2)]
    assert maps[0] == maps[1]
    assert elsewhere[1][method] == hashlib.sha256(maps[0]).hexdigest()


@pytest.mark.parametrize("method", METHODS)
def test_maps_are_centred_and_turned_onto_the_pca(drawn, method):
    coordinates, pca = drawn(method).coordinates, drawn("pca").coordinates
    np.testing.assert_allclose(coordinates.mean(axis=0), 0, atol=1e-6 * np.abs(coordinates).max())
    np.testing.assert_allclose(rotation_onto(coordinates, pca), np.eye(2), atol=1e-6)


def test_pca_axes_point_where_the_largest_loading_is_positive(blob):
    embedding = project(blob, "pca")
    loadings = np.linalg.lstsq(blob - blob.mean(axis=0), embedding.coordinates, rcond=None)[0]
    assert (loadings[np.abs(loadings).argmax(axis=0), [0, 1]] > 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_mirrored_order_of_points_gives_the_same_quality(digits, drawn, method):
    back = project(digits.pixels[::-1], method)
    assert back.trustworthiness == pytest.approx(drawn(method).trustworthiness, abs=0.02)


@pytest.mark.parametrize("method", ["pca", "mds", "isomap"])
def test_distances_in_the_map_are_in_the_unit_of_the_data(digits, method):
    x = digits.pixels + np.random.default_rng(0).normal(0, 0.1, digits.pixels.shape)
    once, tenfold = project(x, method), project(x * 10 + 3, method)
    np.testing.assert_allclose(tenfold.coordinates, once.coordinates * 10, atol=0.02 * np.ptp(tenfold.coordinates))


@pytest.mark.parametrize("method", MOVING)
def test_progress_shows_maps_that_approach_the_last_and_does_not_change_it(digits, drawn, method):
    seen = []
    embedding = project(digits.pixels, method, on_progress=lambda *report: seen.append(report))
    np.testing.assert_array_equal(embedding.coordinates, drawn(method).coordinates)
    iterations = [iteration for iteration, _, _ in seen]
    assert iterations == sorted(set(iterations))
    assert iterations[-1] == seen[-1][1]
    assert all(coordinates.shape == (600, 2) for _, _, coordinates in seen)
    assert align(embedding.coordinates, seen[-1][2]).disparity < 1e-9
    assert align(embedding.coordinates, seen[0][2]).disparity > 1e-4


@pytest.mark.parametrize("method", MOVING)
def test_false_cancels_at_once_and_leaves_nothing_running(digits, method):
    threads = set(threading.enumerate())
    calls = []
    with pytest.raises(Cancelled, match="stopped after"):
        project(digits.pixels, method, quality="best", on_progress=lambda *report: calls.append(report) or False)
    assert len(calls) == 1
    assert set(threading.enumerate()) <= threads


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("points", [3, 4, 5, 6, 10, 64])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_few_points_are_mapped(method, points, dimensions):
    x = np.random.default_rng(points).normal(size=(points, 50))
    embedding = project(x, method, np.arange(points) % 2, dimensions=dimensions)
    assert embedding.coordinates.shape == (points, dimensions)
    assert np.isfinite(embedding.coordinates).all()
    assert 0 <= embedding.trustworthiness <= 1
    assert np.ptp(embedding.coordinates) > 0
    assert np.isfinite(embedding.place(x[:2]).coordinates).all()


def test_options_too_large_for_ten_labels_are_reduced_and_said_so():
    x = np.random.default_rng(0).normal(size=(10, 50))
    tsne, umap, isomap, spectral = (project(x, method) for method in ("tsne", "umap", "isomap", "spectral"))
    assert tsne.options["perplexity"] == 3
    assert "Perplexity reduced from 30 to 3" in tsne.notes[0]
    assert umap.options["neighbours"] == 10
    assert "Neighbours reduced from 15 to 10" in umap.notes[0]
    assert isomap.options["landmarks"] == 10
    assert any("Landmarks reduced from 300 to 10" in note for note in isomap.notes)
    assert spectral.options["neighbours"] == 9
    for method, usual in (("isomap", 6), ("spectral", 15)):
        few = project(x[:6], method)
        assert any(f"Neighbours reduced from {usual} to 5, all other points" in note for note in few.notes)


@pytest.mark.parametrize("method", METHODS)
def test_equal_points_stay_together(method):
    rng = np.random.default_rng(0)
    x = np.repeat(rng.normal(size=(20, 6)), 5, axis=0)
    embedding = project(x, method, np.repeat(np.arange(20), 5))
    groups = embedding.coordinates.reshape(20, 5, 2)
    assert np.isfinite(groups).all()
    assert (
        np.linalg.norm(groups - groups.mean(axis=1, keepdims=True), axis=2).mean() < 0.2 * embedding.coordinates.std()
    )


@pytest.mark.parametrize("method", METHODS)
def test_two_far_parts_are_both_drawn(method):
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(40, 5)), 1000 + rng.normal(size=(50, 5))])
    labels = np.repeat([0, 1], [40, 50])
    embedding = project(x, method, labels)
    assert embedding.neighbour_accuracy > 0.98
    if method in ("isomap", "spectral"):
        assert "The graph of neighbours fell into 2 parts; they were joined by their shortest links." in embedding.notes


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", [1e-150, 1e90])
def test_values_of_any_size_are_mapped(method, scale, blob):
    embedding = project(blob * scale, method)
    assert np.isfinite(embedding.coordinates).all()
    assert embedding.trustworthiness == pytest.approx(project(blob, method).trustworthiness, abs=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_points_on_a_line_are_drawn_on_a_line_or_nearby(method):
    x = np.arange(30.0)[:, None] * np.ones((1, 4))
    embedding = project(x, method)
    assert np.isfinite(embedding.coordinates).all()
    if method in ("pca", "isomap"):
        assert any("only one independent direction" in note for note in embedding.notes)
        np.testing.assert_allclose(embedding.coordinates[:, 1], 0, atol=1e-3)


def with_value(value):
    x = np.random.default_rng(0).normal(size=(30, 4))
    x[3, 2] = value
    return x


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.full((30, 4), 7.0), "all 30 points are the same"),
        (with_value(np.nan), "row 3, column 2 is nan"),
        (with_value(np.inf), "row 3, column 2 is inf"),
        (with_value(-1e200), "row 3, column 2"),
        (np.zeros((0, 4)), "0 points"),
        (np.ones((1, 4)), "1 points"),
        (np.eye(2), "2 points"),
        (np.zeros((20_001, 2)), "20001 points"),
        (np.zeros((30, 2000)), "2000 features"),
        (np.zeros(30), "shape"),
        ([["a", "b"]] * 5, "not a table of numbers"),
        (np.eye(5) * 1j, "not a table of numbers"),
        (np.eye(5).astype("M8[s]"), "not a table of numbers"),
        ([[1, 2], [3, 10**400], [5, 6]], "not a table of numbers"),
        ([[1, 2], [3], [5, 6]], "not a table of numbers"),
    ],
)
def test_what_cannot_be_mapped_is_refused_with_the_reason(method, x, message):
    with pytest.raises(ValueError, match=message):
        project(x, method)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "lda"}, "not one of pca, mds, isomap, spectral, tsne, umap"),
        ({"method": ["pca"]}, "not one of pca, mds, isomap"),
        ({"method": "pca", "dimensions": 4}, "neither 2 nor 3"),
        ({"method": "pca", "dimensions": [2, 3]}, "neither 2 nor 3"),
        ({"method": "pca", "seed": "one"}, "seed"),
        ({"method": "pca", "labels": [[1], [2, 3]]}, "labels"),
        ({"method": "mds", "iterations": 10**400}, "iterations"),
        ({"method": "mds", "start": ["pca"]}, "start"),
        ({"method": "pca", "quality": "fast"}, "quick, best"),
        ({"method": "pca", "seed": -1}, "seed"),
        ({"method": "pca", "labels": np.zeros(3, dtype=int)}, "labels"),
        ({"method": "pca", "perplexity": 5}, "has no option 'perplexity'"),
        ({"method": "tsne", "perplexity": 1000}, "from 2 to 100"),
        ({"method": "tsne", "perplexity": "many"}, "must be a number"),
        ({"method": "tsne", "perplexity": float("nan")}, "must be a number"),
        ({"method": "tsne", "iterations": 20.5}, "whole number"),
        ({"method": "tsne", "start": "spectral"}, "pca, random"),
        ({"method": "umap", "neighbours": 1}, "from 2 to 100"),
    ],
)
def test_arguments_out_of_range_are_named(blob, arguments, message):
    with pytest.raises(ValueError, match=message):
        project(blob, **arguments)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.sampled(3)
def test_every_option_works_at_both_ends_of_its_range(digits, method):
    small = {"iterations": 10, "epochs": 10, "attempts": 1}
    for option in METHODS[method].options:
        for value in option.choices or (option.low, min(option.high, 60)):
            cheap = {name: v for name, v in small.items() if any(o.name == name for o in METHODS[method].options)}
            embedding = project(digits.pixels[:150], method, **{**cheap, option.name: value})
            assert np.isfinite(embedding.coordinates).all()
            told = [note for note in embedding.notes if note != str(NOTES[METHODS[method].seed_code])]
            assert embedding.options[option.name] == value or told


@pytest.mark.parametrize(
    "arguments",
    [
        {"method": "x" * 5000},
        {"method": ["pca"] * 5000},
        {"method": "pca", "dimensions": 10**5000},
        {"method": "pca", "seed": "9" * 5000},
        {"method": "pca", "quality": "q" * 5000},
        {"method": "pca", "o" * 5000: 1},
        {"method": "tsne", "start": "s" * 5000},
        {"method": "tsne", "iterations": "9" * 5000},
        {"method": "tsne", "iterations": list(range(5000))},
        {"method": "tsne", "perplexity": np.full(1, 5000.0)},
    ],
)
def test_an_error_is_short_however_long_the_value(blob, arguments):
    with pytest.raises(ValueError, match=r"is not|is neither|has no|must be") as refused:
        project(blob, **arguments)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("method", METHODS)
def test_a_whole_number_is_a_seed_whatever_its_type(blob, method):
    options = {"start": "random"} if any(option.name == "start" for option in METHODS[method].options) else {}
    maps = [project(blob, method, seed=seed, **options).coordinates for seed in (1, 1.0, np.uint32(1))]
    for drawn in maps[1:]:
        np.testing.assert_array_equal(drawn, maps[0])


def test_mds_has_a_stress_even_if_all_landmarks_are_equal():
    from digitviz.projections.mds import EXACT_POINTS

    points = np.zeros((EXACT_POINTS + 1, 2))
    points[0] = 1
    assert project(points, "mds", seed=0).stress == 0


def test_any_seed_below_2_to_the_32nd_is_taken(blob):
    assert project(blob, "pca", seed=2**32 - 1).seed == 2**32 - 1
    with pytest.raises(ValueError, match="seed"):
        project(blob, "pca", seed=2**32)


def test_a_seed_says_what_it_changes_unless_the_points_start_at_random(blob):
    for name, method in METHODS.items():
        assert str(NOTES[method.seed_code]) in project(blob, name).notes
    for name in ("mds", "tsne"):
        assert str(NOTES[METHODS[name].seed_code]) not in project(blob, name, start="random").notes


def test_maps_drawn_at_the_same_time_do_not_disturb_each_other(digits):
    x = digits.pixels[:200]
    alone = {method: project(x, method).coordinates for method in METHODS}
    with ThreadPoolExecutor(max_workers=4) as pool:
        together = list(pool.map(lambda method: (method, project(x, method).coordinates), [*METHODS] * 2))
    for method, coordinates in together:
        np.testing.assert_array_equal(coordinates, alone[method])


def test_placing_a_point_does_not_wait_for_the_first_one_in_another_map(blob, monkeypatch):
    from digitviz.projections import pca

    slow, quick = project(blob, "pca"), project(blob, "isomap")
    begun, go, prepare = threading.Event(), threading.Event(), pca.placer
    monkeypatch.setattr(pca, "placer", lambda *arguments: begun.set() or (go.wait(60) and prepare(*arguments)))
    with ThreadPoolExecutor() as pool:
        try:
            first = pool.submit(slow.place, blob[:1])
            assert begun.wait(10)
            assert len(pool.submit(quick.place, blob[:1]).result(10).coordinates) == 1
        finally:
            go.set()
        assert len(first.result(10).coordinates) == 1


@pytest.mark.thorough
def test_warming_up_leaves_nothing_to_compile():
    script = """
from digitviz import load_digits
from digitviz.projections import METHODS, kernels, mds, project, tsne, umap, warm_up
def compiled():
    shared = [len(kernels.soft_weights.signatures), len(kernels.smallest.signatures) // 2]  # for few points and many
    return shared + [len(item.signatures) for m in (mds, tsne, umap) for item in vars(m).values()
            if hasattr(item, "signatures")]
warm_up()
before = compiled()
x = load_digits().pixels[:400]
for method in METHODS:
    for dimensions in (2, 3):
        project(x, method, dimensions=dimensions).place(x[:3])
assert compiled() == before and set(before) == {1}, (before, compiled())
"""
    subprocess.run([sys.executable, "-c", script], check=True)
