"""The training slider and everything on a page that moves with it.

The browser receives the weights once and computes with them. No script runs while the slider moves.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import streamlit as st

from digitviz.dashboard.components.component import component, network_head, packed
from digitviz.datasets import DigitDataset
from digitviz.training.run import TrainingRun
from digitviz.training.setup import summed_loss

MAX_BYTES = 4_000_000
"""Maximum number of bytes for sending all weights at once. Above it, a browser requests the weights of each checkpoint
when it gets there. Digits other than the test digits must fit within the limit, too."""
MAX_DIGITS = 1_000
"""Maximum number of test digits that a browser computes with."""
MAX_MULTIPLICATIONS = 40_000_000
"""Maximum number of multiplications for a frame in a browser, about 50 ms. A large network gets fewer digits."""

CSS = """
.digitviz-through { position: relative; }
.digitviz-through input { /* itself as high as a finger: Chromium drags nothing that begins on a pseudo-element */
  appearance: none; -webkit-appearance: none; display: block; width: 100%; height: 2rem; margin: -.75rem 0;
  background: none; cursor: pointer; touch-action: pan-y;
  --bar: linear-gradient(to right, var(--st-primary-color) var(--done), var(--st-border-color) var(--done));
}
.digitviz-through input::-webkit-slider-runnable-track { height: .5rem; border-radius: .25rem; background: var(--bar); }
.digitviz-through input::-moz-range-track { height: .5rem; border-radius: .25rem; background: var(--bar); }
.digitviz-through input::-webkit-slider-thumb {
  appearance: none; -webkit-appearance: none; width: 1.1rem; height: 1.1rem; border-radius: 50%; border: none;
  margin-top: -.3rem; background: var(--st-primary-color); box-shadow: 0 0 0 2px var(--st-background-color);
}
.digitviz-through input::-moz-range-thumb {
  width: 1.1rem; height: 1.1rem; border-radius: 50%; border: none; background: var(--st-primary-color);
}
.digitviz-through input:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: -7px; }
.digitviz-through .foot {
  display: flex; flex-wrap: wrap; align-items: flex-start; gap: .25rem .5rem; margin-top: .4rem; min-height: 3em;
}
.digitviz-through .moment, .digitviz-through .words {
  flex: 1 1 14rem; margin: 0; line-height: 1.5; min-height: 0; font-variant-numeric: tabular-nums;
}
.digitviz-through .moment { border-left: .25rem solid var(--st-orange-color); padding-left: .6rem; }
.digitviz-through.now .moment, .digitviz-through:not(.now) .words, .digitviz-through.now .back { display: none; }
.digitviz-through.alone .moment { display: block; border-color: transparent; }
.digitviz-through.alone:not(.now) .moment { border-color: var(--st-orange-color); }
.digitviz-through button { padding: 0 .6rem; min-width: 2.4rem; height: 2rem; white-space: nowrap; }
.digitviz-through .play { min-width: 5.6rem; }
.digitviz-through.alone .play {
  min-width: 12.5rem; height: 2.6rem; font-size: 1.15rem; font-weight: 600;
  color: var(--st-background-color); background: var(--st-primary-color); border-color: var(--st-primary-color);
}
.digitviz-through .speed { min-width: 6.2rem; padding: 0 .3rem; }
@media (max-width: 640px) {
  .digitviz-through button { height: 2.75rem; min-width: 2.75rem; }
  .digitviz-through.alone .play { min-width: 9rem; padding: 0 .3rem; font-size: 1rem; }
  .digitviz-through .back { order: 1; }
  .digitviz-through .moment, .digitviz-through .words { flex-basis: 100%; min-height: 3em; }
}
"""
_component = component("training_slider", CSS)
_sentence = component(
    "answer_sentence",
    ".digitviz-told { margin: 0; min-height: 3em; line-height: 1.5; font-variant-numeric: tabular-nums; outline: 0; }",
)


def packed_run(run: TrainingRun) -> bytes:
    """Pack the data with which a browser computes a run's networks.

    Returns
    -------
    bytes
        Packed as by `component.packed`: the head, the pixels of the test digits, and the weights of all checkpoints
        unless they exceed `MAX_BYTES`. All numbers are float32, little-endian.
    """
    stops, network, test = run.history.checkpoint_weights(), run.snapshot.network, run.test
    count = min(len(test), MAX_DIGITS, max(1, MAX_MULTIPLICATIONS // network.parameters.size))
    weights = stops.to_bytes() if stops.vectors.nbytes <= MAX_BYTES else b""
    with np.errstate(over="ignore", invalid="ignore"):  # imported weights may be huge
        logits = replace(network, parameters=run.initial_parameters).logits(test.pixels[:count])
        before = summed_loss(logits, test.labels[:count], run.hyperparameters) / count
    head = network_head(network) | {
        "batches": stops.batches.tolist(),
        "accuracy": _numbers(stops.test_accuracy),
        "loss": _numbers(np.append(before, stops.test_loss[1:])),
        "labels": test.labels[:count].tolist(),
        "digits": len(test),
        "whole": bool(weights),
    }
    return packed(head, test.pixels[:count].astype("<f4").tobytes(), weights)


def packed_digits(digits: DigitDataset) -> bytes:
    """Pack digits for a browser to compute with.

    Returns
    -------
    bytes
        A head as in `packed_run`, and the pixels: one byte each if all are whole numbers (see the head), else float32.
    """
    whole = _are_whole(digits)
    head: dict[str, object] = {"labels": digits.labels.tolist(), "whole": whole}
    return packed(head, digits.pixels.astype("u1" if whole else "<f4").tobytes())


def _are_whole(digits: DigitDataset) -> bool:
    return bool((digits.pixels == digits.pixels.astype(np.uint8)).all())


def that_follow(run: TrainingRun, sets: Sequence[DigitDataset]) -> list[DigitDataset]:
    """Return the data sets, in order, that a browser can classify in each frame besides the test digits.

    Parameters
    ----------
    run : TrainingRun
        Run whose weights at all checkpoints must fit into `MAX_BYTES` together with the pixels. The size of its network
        and `MAX_MULTIPLICATIONS` limit the number of digits.
    sets : sequence of DigitDataset
    """
    size, count = run.snapshot.network.parameters.size, min(len(run.test), MAX_DIGITS)
    room = MAX_BYTES - 4 * (size * len(run.history.checkpoint_batches()) + 64 * count)
    work = MAX_MULTIPLICATIONS
    fitting = []
    for digits in sets:
        each_bytes, each_work = digits.pixels.size * (1 if _are_whole(digits) else 4), len(digits) * size
        if each_bytes <= room and each_work <= work:
            fitting.append(digits)
            room, work = room - each_bytes, work - each_work
    return fitting


def _numbers(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def slider_data(
    run: TrainingRun,
    address: str,
    batch: int | None = None,
    between: bool = True,
    digits: Mapping[str, str] | None = None,
    at: int | None = None,
    is_plain: bool = False,
) -> dict[str, object] | None:
    """Return the data for the slider before the browser has any weights. None if the run has only one checkpoint.

    Parameters
    ----------
    address : str
        URL of the weights, see `session.addresses.stops_address`.
    batch : int, optional
        Batch that the page's pictures show. The run's latest by default.
    between : bool
        True to give the run's position a place of its own if it is inside a batch.
    digits : mapping of str to str, optional
        URLs of the other digits in the page's pictures, by data set id.
    at : int, optional
        Batch of the slider, if the browser computes pictures for another point than `batch`.
    is_plain : bool
        True to leave out the loss.
    """
    batches, standing = run.history.checkpoint_batches(), run.step / run.hyperparameters.steps_per_batch
    if len(batches) == 1:
        return None
    return {
        "address": address,
        "batches": batches,
        "between": between and batches[-1] != standing,
        "shown": batch,
        "at": at,
        "is_plain": is_plain,
        "digits": dict(digits or {}),
        "every": max((after - before for before, after in pairwise(batches[:-1])), default=1),
        "of": run.hyperparameters.batches,
    }


def training_slider(key: str, run: TrainingRun, address: str, take: Callable[[int | None], None], **data: Any) -> None:
    """Show the slider. Every picture with `meta["follows"]` moves with it, see `follow.js`.

    Parameters
    ----------
    take : callable
        Called when the visitor releases the slider at another point: with its checkpoint batch, or None for the current
        state of the run.
    **data
        See `slider_data`.
    """

    def on_release() -> None:
        if (batch := released(key, run)) is not None:
            take(None if batch == "now" else batch)

    if (shown := slider_data(run, address, **data)) is not None:
        _component(key=key, data={**shown, "sends": True}, on_batch_change=on_release)


def released(key: str, run: TrainingRun) -> int | Literal["now"] | None:
    """Return the point at which the visitor released a slider: a checkpoint batch or "now". None if it is invalid."""
    state = st.session_state.get(key)
    batch = state.get("batch") if isinstance(state, Mapping) else None
    if batch == "now":
        return "now"
    return int(batch) if isinstance(batch, (int, float)) and batch in run.history.checkpoint_batches() else None


def answer_sentence(
    key: str, probabilities: np.ndarray, pixels: np.ndarray, label: int, network: str, chosen: int = 0
) -> None:
    """Show the network's answer for a digit. While the slider moves, show the answer at that point.

    Parameters
    ----------
    probabilities : ndarray, shape (10,)
        The network's prediction for the digit.
    pixels : ndarray, shape (64,)
    network : str
        Name of the network and its point in training, as text.
    chosen : int
        Number of digits chosen so far on this page. When it grows, the sentence scrolls into view.
    """
    answer = int(probabilities.argmax())
    data = {
        "pixels": pixels.astype(float).tolist(),
        "label": label,
        "answer": answer,
        "probability": _numbers(probabilities)[answer],
        "network": network,
        "chosen": chosen,
    }
    _sentence(key=key, data=data)
