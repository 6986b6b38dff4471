from itertools import pairwise

import numpy as np
import pytest

from digitviz.projections import Cancelled, film, project


@pytest.fixture(scope="module")
def frames(digits):
    """Five frames: 250 digits emerge from noise."""
    pixels = digits.pixels[:250]
    noise = np.random.default_rng(0).normal(0, 3, pixels.shape)
    return [pixels * share + noise * (1 - share) for share in np.linspace(0.5, 1, 5)]


def test_pca_shows_all_frames_along_the_same_axes(frames):
    drawn = film(frames, "pca")
    together = np.concatenate(frames)
    _, _, vt = np.linalg.svd(together - together.mean(axis=0), full_matrices=False)
    for frame, coordinates in zip(frames, drawn, strict=True):
        np.testing.assert_allclose(np.abs(coordinates), np.abs((frame - together.mean(axis=0)) @ vt[:2].T), atol=1e-8)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_tsne_moves_less_from_frame_to_frame_than_maps_drawn_anew(frames, dimensions):
    drawn = film(frames, "tsne", dimensions)
    anew = [project(frame, "tsne", dimensions=dimensions).coordinates for frame in frames]

    def way(maps):
        steps = [np.linalg.norm(b - a, axis=1).mean() / np.abs(b).max() for a, b in pairwise(maps)]
        return np.mean(steps)

    assert way(drawn) < 0.7 * way(anew)
    assert all(coordinates.shape == (250, dimensions) for coordinates in drawn)


def test_the_last_frame_of_tsne_is_as_trustworthy_as_a_map_of_its_own(frames):
    from digitviz.projections.quality import trustworthiness

    last = film(frames, "tsne")[-1]
    assert trustworthiness(frames[-1], last) > project(frames[-1], "tsne").trustworthiness - 0.01


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_a_film_repeats_and_can_be_stopped(frames, method):
    small = [frame[:100] for frame in frames]
    drawn = film(small, method)
    for once, again in zip(drawn, film(small, method), strict=True):
        np.testing.assert_array_equal(once, again)
    seen = []
    with pytest.raises(Cancelled, match="after 2 of 5"):
        film(small, method, on_progress=lambda *report: (seen.append(report), len(seen) < 2)[1])
    assert [report[:2] for report in seen] == [(1, 5), (2, 5)]
    for (_, _, latest), coordinates in zip(seen, drawn[:2], strict=True):
        np.testing.assert_array_equal(latest, coordinates)


@pytest.mark.parametrize(
    ("frames", "method", "message"),
    [
        ([], "pca", "there are 0"),
        ([np.eye(4), np.eye(5)], "pca", "differ"),
        ([np.eye(4)], "umap", "pca, tsne"),
        ([np.full((4, 2), np.nan)], "pca", "nan"),
        ([np.eye(4)] * 401, "pca", "there are 401"),
    ],
)
def test_films_that_cannot_be_are_refused(frames, method, message):
    with pytest.raises(ValueError, match=message):
        film(frames, method)
