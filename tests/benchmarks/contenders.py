"""The measured implementations: the notebook's loops unchanged, our engines, and JAX."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from digitviz import Hyperparameters, Parameters, TrainingRun, load_digits
from digitviz.training.engines import ENGINES

STEPS = 500
"Number of steps per call, all on one batch."
BATCH = 100

Contenders = dict[str, Callable[[], object]]
"""Functions that take `STEPS` steps, by name."""


class Notebook:
    """The notebook's loop unchanged: plain NumPy with new arrays in each step."""

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
    """The notebook's torch loop unchanged: autograd with manual weight updates."""

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
    """An engine alone: the same batch each time, with the parameters read after each call."""
    settings = Hyperparameters(engine=name, precision=precision, gradient=gradient)
    weights = [notebook.w1.astype(precision), notebook.w2.astype(precision)]
    engine = ENGINES[name](settings, Parameters(weights))

    def advance() -> None:
        engine.advance(notebook.x.astype(precision), notebook.y.astype(precision), STEPS)
        assert all(np.isfinite(array).all() for array in engine.parameters.arrays)

    return advance


def run_contender(precision: str, engine: str = "compiled") -> Callable[[], object]:
    """A complete training run: draws batches, records accuracies and parameters, publishes snapshots."""
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
