"""How fast is a step, compared with the notebook's own loop?

    OMP_NUM_THREADS=1 python tests/benchmarks/engine.py [--rounds 15] [--cold]

Contenders take turns of 500 steps each, so other load on the machine affects all of them equally. JAX takes part if
it is installed. OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE must not be set, because they keep the linear algebra from
using the actual processor. --cold also measures the first use on a machine, including compilation.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from digitviz import Hyperparameters, TrainingRun, load_digits  # noqa: E402
from digitviz.training.engines import warm_up  # noqa: E402
from tests.benchmarks.contenders import (  # noqa: E402
    BATCH,
    STEPS,
    Contenders,
    Notebook,
    TorchNotebook,
    engine_contender,
    jax_contender,
    run_contender,
)

CLASS_SIZE = 30
WORKERS = 2
CLASS_SECONDS = 4.0


def measure(contenders: Contenders, rounds: int) -> dict[str, list[float]]:
    """Processor time in microseconds per step, one value per round. An extra first round is the warm-up."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds + 1):
        for name, advance in contenders.items():
            start = time.process_time()
            advance()
            times[name].append((time.process_time() - start) / STEPS * 1e6)
    return {name: values[1:] for name, values in times.items()}


def print_table(title: str, times: dict[str, list[float]], targets: dict[str, float]) -> None:
    """Print the medians, and the median over rounds of the ratio to the first contender."""
    print(f"\n{title}\n\n| contender | us per step | ratio | to reach |\n|---|---|---|---|")
    baseline = next(iter(times.values()))
    for name, values in times.items():
        ratio = statistics.median(value / base for value, base in zip(values, baseline, strict=True))
        target = f"{targets[name]:.2f}" if name in targets else ""
        print(f"| {name} | {statistics.median(values):.1f} | {ratio:.3f} | {target} |")


def notebook_run(rounds: int) -> None:
    digits = load_digits()
    rows = np.random.default_rng(1).integers(0, 1617, BATCH)
    notebook = Notebook(digits.pixels[rows], digits.one_hot[rows], 50)
    contenders: Contenders = {"notebook": lambda: notebook.steps(STEPS)}
    contenders["numpy engine"] = engine_contender("numpy", "float64", notebook)
    for precision in ("float64", "float32"):
        contenders[f"compiled {precision}, engine"] = engine_contender("compiled", precision, notebook)
        contenders[f"compiled {precision}, run"] = run_contender(precision)
        if importlib.util.find_spec("jax"):
            contenders[f"JAX scan {precision}"] = jax_contender(precision, notebook)
    limits = {"float64": 0.40, "float32": 0.22}
    targets = {f"compiled {p}, {part}": limit for p, limit in limits.items() for part in ("engine", "run")}
    print_table("64-50-10, batch 100, 500 steps a batch", measure(contenders, rounds), targets)


def torch_run(rounds: int, precision: str) -> None:
    """Compare the torch engine with the notebook's torch loop, which uses the exact gradient."""
    digits = load_digits()
    rows = np.random.default_rng(1).integers(0, 1617, BATCH)
    notebook = Notebook(digits.pixels[rows], digits.one_hot[rows], 50)
    by_torch = TorchNotebook(notebook, precision)
    contenders: Contenders = {
        "notebook's torch loop": lambda: by_torch.steps(STEPS),
        "torch, engine": engine_contender("torch", precision, notebook),
        "torch, engine, exact gradient": engine_contender("torch", precision, notebook, "exact"),
        "torch, run": run_contender(precision, "torch"),
    }
    targets = dict.fromkeys([name for name in contenders if name.startswith("torch,")], 1.05)
    print_table(f"64-50-10 by torch, {precision}", measure(contenders, rounds), targets)


def large_network(rounds: int) -> None:
    random = np.random.default_rng(2)
    x = random.integers(0, 17, (BATCH, 784)) * random.integers(0, 2, (BATCH, 784)) / 16.0
    notebook = Notebook(x, np.eye(10)[random.integers(0, 10, BATCH)], 128)
    contenders: Contenders = {"notebook": lambda: notebook.steps(STEPS)}
    for precision in ("float64", "float32"):
        contenders[f"compiled {precision}, engine"] = engine_contender("compiled", precision, notebook)
        if importlib.util.find_spec("jax"):
            contenders[f"JAX scan {precision}"] = jax_contender(precision, notebook)
    targets = {"compiled float64, engine": 0.12, "compiled float32, engine": 0.06}
    print_table("784-128-10, batch 100, 500 steps a batch", measure(contenders, rounds), targets)


def steps_a_second(works: list[Callable[[], int]]) -> float:
    """Run each of `works` repeatedly in its own thread, and return the total number of steps per second."""
    taken, until = [0] * len(works), time.perf_counter() + CLASS_SECONDS

    def work(number: int) -> None:
        while time.perf_counter() < until:
            taken[number] += works[number]()

    start = time.perf_counter()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(taken) / (time.perf_counter() - start)


def a_class(rounds: int) -> None:
    digits = load_digits()

    def plain(number: int) -> Callable[[], int]:
        rows = np.random.default_rng(number).integers(0, 1617, BATCH)
        notebook = Notebook(digits.pixels[rows], digits.one_hot[rows], 50)
        return lambda: len(notebook.steps(50))

    def worker(number: int, precision: str) -> Callable[[], int]:
        seeds = range(number, CLASS_SIZE, WORKERS)
        settings = [Hyperparameters(engine="compiled", precision=precision, batches=4000, seed=seed) for seed in seeds]
        runs = [TrainingRun(digits, setting) for setting in settings]
        return lambda: sum(run.advance(STEPS) for run in runs[:: -1 if runs[0].step % 2 else 1])

    rates: dict[str, list[float]] = {}
    for _ in range(max(1, rounds // 5)):
        rates.setdefault(f"notebook, {CLASS_SIZE} threads", []).append(
            steps_a_second([plain(number) for number in range(CLASS_SIZE)])
        )
        for precision in ("float64", "float32"):
            rates.setdefault(f"compiled {precision}, {WORKERS} workers", []).append(
                steps_a_second([worker(number, precision) for number in range(WORKERS)])
            )
    print(
        f"\n{CLASS_SIZE} runs at once\n\n| contender | total steps per second | ratio | to reach |\n|---|---|---|---|"
    )
    baseline = next(iter(rates.values()))
    for name, values in rates.items():
        ratio = statistics.median(value / base for value, base in zip(values, baseline, strict=True))
        target = "" if values is baseline else "5.0"
        print(f"| {name} | {statistics.median(values):,.0f} | {ratio:.1f} | {target} |")


def first_use() -> None:
    """Print the time until the compiled engine is ready, measured in new processes."""
    code = (
        "import time; start = time.perf_counter(); from digitviz.training.engines import warm_up; warm_up(); "
        "print(time.perf_counter() - start)"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        for state in ("compiled anew", "from numba's cache"):
            answer = subprocess.run(
                [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
            )
            print(f"ready in {float(answer.stdout):.2f} s, {state}")


def print_machine() -> None:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cpu = models[0] if models else platform.processor()
    packages = [name for name in ("numpy", "scipy", "numba", "torch", "jax") if importlib.util.find_spec(name)]
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    print(f"{date.today()}; {cpu}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--cold", action="store_true", help="also measure the first use on a machine (10 s more)")
    options = parser.parse_args()
    slowing = [name for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE") if name in os.environ]
    if slowing:
        parser.error(f"{' and '.join(slowing)} must not be set: env -u {' -u '.join(slowing)} python ...")
    print_machine()
    warm_up()
    with threadpool_limits(limits=1):
        notebook_run(options.rounds)
        for precision in ("float64", "float32"):
            torch_run(options.rounds, precision)
        large_network(max(3, options.rounds // 3))
        a_class(options.rounds)
    if options.cold:
        print()
        first_use()


if __name__ == "__main__":
    main()
