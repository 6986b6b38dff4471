"""How fast and how good are the maps, compared with the defaults of the libraries that the notebook used?

    python -m tests.benchmarks.projections [--rounds 3] [--no-large]

One thread. Contenders take turns, so a busy machine slows all of them equally. Results are medians over the rounds.
Our times include the quality measures, those of the libraries do not. The same functions measure the quality of all.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"
# Some machines set these variables, which make NumPy choose kernels for a different processor.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

LARGE_POINTS = 20_000
JITTER = 2.0
"""Standard deviation of the ink added to repeated digits."""
COLD = """
import time
began = time.perf_counter()
import digitviz
from digitviz.projections import project
digits = digitviz.load_digits()
project(digits.pixels, {method!r}, digits.labels)
print(time.perf_counter() - began)
"""


def library_default(method: str, seed: int) -> Callable:
    """Return a function that maps points with the library's defaults.

    MDS starts at random, with a neighbour accuracy between 0.70 and 0.77, so it gets the seed of the round. UMAP gets
    no seed, because it is faster without one.
    """
    import umap
    from sklearn.decomposition import PCA
    from sklearn.manifold import MDS, TSNE, Isomap, SpectralEmbedding

    return {
        "pca": PCA(n_components=2).fit_transform,
        "mds": MDS(n_components=2, random_state=seed).fit_transform,
        "isomap": Isomap(n_components=2).fit_transform,
        "spectral": SpectralEmbedding(affinity="nearest_neighbors", random_state=seed).fit_transform,
        "tsne": TSNE(n_components=2).fit_transform,
        "umap": umap.UMAP().fit_transform,
    }[method]


def timed(work: Callable) -> tuple[float, float, object]:
    """Run `work` and return (wall-clock seconds, processor seconds, result)."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - wall, time.process_time() - processor, result


def panels() -> dict[str, tuple]:
    """Return method, points and labels for every panel of the gallery."""
    import numpy as np

    import digitviz
    from digitviz.projections import METHODS

    digits = digitviz.load_digits()
    run = digitviz.train(digits, digitviz.Hyperparameters(batches=20))
    spaces = {
        "pixels": (digits.pixels, digits.labels),
        "hidden": (run.network.hidden(digits.pixels)[0], digits.labels),
        "labels": (run.parameters.weights[1].T.copy(), np.arange(10)),
    }
    return {
        f"{method.title} {points}": (method.name, *spaces[points])
        for method in METHODS.values()
        for points in method.gallery.values()
    }


def compare(rounds: int) -> None:
    """Print one line per panel and contender, then the totals."""
    from digitviz.projections import project
    from digitviz.projections.quality import neighbour_accuracy, trustworthiness

    shown = panels()
    contenders = ("default", "quick", "best")
    measured: dict[tuple[str, str], list[tuple[float, float, float, float]]] = {}
    for turn in range(-1, rounds):
        for panel, (method, x, labels) in shown.items():
            for contender in contenders:
                if contender == "default":
                    if turn < 0 and method in ("mds", "tsne"):
                        continue  # slow, and there is nothing to warm up
                    wall, processor, places = timed(
                        lambda x=x, method=method, turn=turn: library_default(method, max(turn, 0))(x)
                    )
                else:
                    wall, processor, embedding = timed(
                        lambda x=x, labels=labels, method=method, turn=turn, contender=contender: project(
                            x, method, labels, seed=max(turn, 0), quality=contender
                        )
                    )
                    places = embedding.coordinates
                if turn >= 0:
                    judged = (trustworthiness(x, places), neighbour_accuracy(places, labels))
                    measured.setdefault((panel, contender), []).append((wall, processor, *judged))
    cold = {method: cold_seconds(method) for method in dict.fromkeys(method for method, _, _ in shown.values())}

    print(
        f"{'panel':17} {'contender':9} {'wall s':>8} {'cpu s':>8} {'cold s':>7} {'trust':>7} {'10-NN':>7} {'ratio':>7}"
    )
    totals = dict.fromkeys(contenders, 0.0)
    processors = dict.fromkeys(contenders, 0.0)
    for panel, (method, _, labels) in shown.items():
        for contender in contenders:
            wall, processor, trust, accuracy = (
                statistics.median(column) for column in zip(*measured[panel, contender], strict=True)
            )
            totals[contender] += wall
            processors[contender] += processor
            first = statistics.median(row[0] for row in measured[panel, "default"])
            came_up = f"{cold[method]:7.2f}" if contender == "quick" else " " * 7
            judged = f"{trust:7.4f} {accuracy:7.4f}" if len(labels) > 10 else f"{trust:7.4f} {'-':>7}"
            print(
                f"{panel:17} {contender:9} {wall:8.3f} {processor:8.3f} {came_up} {judged} {first / wall:7.1f}",
                flush=True,
            )
    for contender in contenders:
        ratio, by_processor = totals["default"] / totals[contender], processors["default"] / processors[contender]
        print(
            f"{'all':17} {contender:9} {totals[contender]:8.3f} {processors[contender]:8.3f} "
            f"{'':23} {ratio:7.1f} ({by_processor:.1f} by processor time)"
        )


def cold_seconds(method: str, times: int = 3) -> float:
    """Return the median seconds from import to map in a new process, with numba's cache on disk."""
    return statistics.median(
        float(
            subprocess.run(
                [sys.executable, "-c", COLD.format(method=method)], capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(times)
    )


def large() -> None:
    """Print the times for `LARGE_POINTS` points."""
    import numpy as np

    import digitviz
    from digitviz.projections import METHODS, project

    digits = digitviz.load_digits()
    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(digits), LARGE_POINTS)
    x = digits.pixels[rows] + rng.normal(0, JITTER, (LARGE_POINTS, 64))
    print(f"\n{LARGE_POINTS} points (digits drawn again with jitter), quick; target: at most 5 s")
    print(f"{'method':17} {'wall s':>8} {'cpu s':>8} {'trust':>7} {'10-NN':>7}")
    for method in METHODS:
        wall, processor, map_ = timed(lambda method=method: project(x, method, digits.labels[rows]))
        print(
            f"{method:17} {wall:8.2f} {processor:8.2f} {map_.trustworthiness:7.4f} {map_.neighbour_accuracy:7.4f}",
            flush=True,
        )


def little_things() -> None:
    """Print the times to place a new point, to read a saved map and to compute a film."""
    import numpy as np

    import digitviz
    from digitviz.projections import METHODS, film, project
    from digitviz.projections.packing import pack_map, unpack_map

    digits = digitviz.load_digits()
    print(f"\n{'method':17} {'place, first s':>14} {'then s':>9} {'to read s':>13}")
    for method in METHODS:
        map_ = project(digits.pixels, method)
        first = timed(lambda map_=map_: map_.place(digits.pixels[0]))[0]
        then = statistics.median(timed(lambda map_=map_: map_.place(digits.pixels[0]))[0] for _ in range(9))
        data = pack_map(map_)
        read = timed(lambda data=data: unpack_map(data, digits.pixels))[0]
        print(f"{method:17} {first:14.4f} {then:9.4f} {read:13.4f}")
    noise = np.random.default_rng(0).normal(0, 3, digits.pixels.shape)
    frames = [digits.pixels * share + noise * (1 - share) for share in np.linspace(0.5, 1, 5)]
    for method in ("pca", "tsne"):
        print(f"film of 5 frames by {method}: {timed(lambda method=method: film(frames, method))[0]:.2f} s")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-large", action="store_true", help=f"skip the test with {LARGE_POINTS} points")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    from tests.benchmarks.report import machine

    print(f"{machine()}; one core used", flush=True)
    compare(arguments.rounds)
    little_things()
    if not arguments.no_large:
        large()


if __name__ == "__main__":
    main()
