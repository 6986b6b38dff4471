"""How fast is a step, against the notebook's own loop?

    OMP_NUM_THREADS=1 python tests/benchmarks/engine.py [--rounds 15] [--cold]

Contenders take turns, a batch of 500 steps each, so that what else the machine does meets all alike. JAX takes part
where it is installed. OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE must not be set: they keep the linear algebra from
using the processor that is there. --cold also measures the first use on a machine, when everything is compiled.
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

from digitviz import Hyperparameters, Parameters, TrainingRun, load_digits  # noqa: E402
from digitviz.training.engines import ENGINES, warm_up  # noqa: E402

STEPS = 500
BATCH = 100
CLASS_SIZE = 30
WORKERS = 2
CLASS_SECONDS = 4.0

Contenders = dict[str, Callable[[], object]]


class Notebook:
    """The notebook's loop as it stands there: fresh arrays, plain numpy."""

    def __init__(self, x: np.ndarray, y: np.ndarray, hidden: int) -> None:
        random = np.random.default_rng(0)
        self.x, self.y = x, y
        self.w1 = random.standard_normal((x.shape[1], hidden)) / hidden
        self.w2 = random.standard_normal((hidden, y.shape[1])) / hidden

    def steps(self, count: int) -> list[float]:
        x, y, w1, w2 = self.x, self.y, self.w1, self.w2
        losses = []
        for _ in range(count):
            h = x.dot(w1)
            h_relu = np.maximum(h, 0)
            y_pred = h_relu.dot(w2)
            exponentials = np.exp(y_pred - y_pred.max(axis=1, keepdims=True))
            p = exponentials / exponentials.sum(axis=1, keepdims=True)
            losses.append(np.square(p - y).sum())
            grad_y_pred = 2.0 * (p - y)
            grad_w2 = h_relu.T.dot(grad_y_pred)
            grad_h = grad_y_pred.dot(w2.T)
            grad_h[h < 0] = 0
            grad_w1 = x.T.dot(grad_h)
            w1 -= 1e-6 * grad_w1
            w2 -= 1e-6 * grad_w2
        return losses


class TorchNotebook:
    """The notebook's torch loop as it stands there: autograd, and weights moved by hand."""

    def __init__(self, notebook: Notebook, precision: str) -> None:
        import torch

        torch.set_num_threads(1)
        self.x, self.y = (torch.tensor(array.astype(precision)) for array in (notebook.x, notebook.y))
        weights = (notebook.w1.astype(precision), notebook.w2.astype(precision))
        self.w1, self.w2 = (torch.tensor(weight, requires_grad=True) for weight in weights)

    def steps(self, count: int) -> list[float]:
        import torch

        x, y, w1, w2 = self.x, self.y, self.w1, self.w2
        losses = []
        for _ in range(count):
            p = torch.softmax(torch.relu(x @ w1) @ w2, dim=1)
            loss = ((p - y) ** 2).sum()
            losses.append(loss.item())
            loss.backward()
            with torch.no_grad():
                w1 -= 1e-6 * w1.grad
                w2 -= 1e-6 * w2.grad
                w1.grad.zero_()
                w2.grad.zero_()
        return losses


def engine_contender(name: str, precision: str, notebook: Notebook, gradient: str = "notebook") -> Callable[[], object]:
    """An engine alone: batch after batch, the parameters read after each."""
    settings = Hyperparameters(engine=name, precision=precision, gradient=gradient)
    weights = [notebook.w1.astype(precision), notebook.w2.astype(precision)]
    engine = ENGINES[name](settings, Parameters(weights))

    def advance() -> None:
        engine.advance(notebook.x.astype(precision), notebook.y.astype(precision), STEPS)
        assert all(np.isfinite(array).all() for array in engine.parameters.arrays)

    return advance


def run_contender(precision: str, engine: str = "compiled") -> Callable[[], object]:
    """A whole training run: batches drawn, accuracies and parameters recorded, snapshots published."""
    run = TrainingRun(load_digits(), Hyperparameters(engine=engine, precision=precision, batches=4000))
    return lambda: run.advance(STEPS)


def jax_contender(precision: str, notebook: Notebook) -> Callable[[], object]:
    """The same steps as one jitted scan."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    x, y = jnp.asarray(notebook.x, precision), jnp.asarray(notebook.y, precision)

    def step(weights, _):  # type: ignore[no-untyped-def]
        w1, w2 = weights
        h = x @ w1
        a = jnp.maximum(h, 0)
        p = jax.nn.softmax(a @ w2)
        slope = 2 * (p - y)
        slope_h = jnp.where(h < 0, 0, slope @ w2.T)
        rate = jnp.asarray(1e-6, precision)
        return (w1 - rate * (x.T @ slope_h), w2 - rate * (a.T @ slope)), jnp.sum((p - y) ** 2)

    scan = jax.jit(lambda weights: jax.lax.scan(step, weights, None, length=STEPS))
    start = (jnp.asarray(notebook.w1, precision), jnp.asarray(notebook.w2, precision))
    assert scan(start)[1].dtype == precision
    return lambda: jax.block_until_ready(scan(start))


def measure(contenders: Contenders, rounds: int) -> dict[str, list[float]]:
    """Processor time in microseconds a step, one value a round; a first round that does not count warms up."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds + 1):
        for name, advance in contenders.items():
            start = time.process_time()
            advance()
            times[name].append((time.process_time() - start) / STEPS * 1e6)
    return {name: values[1:] for name, values in times.items()}


def print_table(title: str, times: dict[str, list[float]], targets: dict[str, float]) -> None:
    """Medians, and the median over rounds of the ratio to the first contender."""
    print(f"\n{title}\n\n| contender | us a step | ratio | to reach |\n|---|---|---|---|")
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
    """The torch engine against the notebook's torch loop, which follows the exact gradient."""
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
    """Let each of `works` take steps again and again in a thread of its own; return the steps a second of all."""
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
    print(f"\n{CLASS_SIZE} runs at once\n\n| contender | steps a second in all | ratio | to reach |\n|---|---|---|---|")
    baseline = next(iter(rates.values()))
    for name, values in rates.items():
        ratio = statistics.median(value / base for value, base in zip(values, baseline, strict=True))
        target = "" if values is baseline else "5.0"
        print(f"| {name} | {statistics.median(values):,.0f} | {ratio:.1f} | {target} |")


def first_use() -> None:
    """Time until the compiled engine is ready, in processes of their own."""
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
