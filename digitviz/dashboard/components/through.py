"""One slider through a whole training. The browser gets the weights once and computes with them: no script is run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import streamlit as st

from digitviz.dashboard.components.component import component
from digitviz.dashboard.components.scripts import address as address_of_script
from digitviz.datasets import DigitDataset
from digitviz.language import gettext as _
from digitviz.networks.network import INPUT_SCALES
from digitviz.training.checkpoints import checkpoint_batches, checkpoint_weights
from digitviz.training.run import TrainingRun

MOST_BYTES = 4_000_000
"""Of weights that are sent at once; with more of them, a browser asks for those of each stop when it gets there. The
digits besides the test digits that a browser computes with have to fit beside them."""
MOST_DIGITS = 1_000
"""Test digits that a browser computes with."""
MOST_MULTIPLICATIONS = 40_000_000
"""That a browser does for a frame: some 50 ms. A large network gets fewer digits."""

CSS = """
.digitviz-through { position: relative; color: var(--st-text-color); font-family: var(--st-font); }
.digitviz-through input {
  appearance: none; -webkit-appearance: none; display: block; width: 100%; height: .5rem; margin: 0;
  border-radius: .25rem; cursor: pointer;
  background: linear-gradient(to right, var(--st-primary-color) var(--done), var(--st-border-color) var(--done));
}
.digitviz-through input::after { content: ""; position: absolute; inset: -.75rem 0 auto; height: 2rem; }
.digitviz-through input::-webkit-slider-thumb {
  appearance: none; -webkit-appearance: none; width: 1.1rem; height: 1.1rem; border-radius: 50%; border: none;
  background: var(--st-primary-color); box-shadow: 0 0 0 2px var(--st-background-color);
}
.digitviz-through input::-moz-range-thumb {
  width: 1.1rem; height: 1.1rem; border-radius: 50%; border: none; background: var(--st-primary-color);
}
.digitviz-through input:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 6px; }
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
.digitviz-through button {
  font: inherit; color: inherit; background: none; cursor: pointer; padding: 0 .6rem; min-width: 2.4rem; height: 2rem;
  border: 1px solid currentColor; border-radius: var(--st-button-radius); white-space: nowrap;
}
.digitviz-through button:hover { color: var(--st-primary-color); }
.digitviz-through button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
@media (max-width: 640px) {
  .digitviz-through button { height: 2.75rem; min-width: 2.75rem; }
  .digitviz-through .back { order: 1; }
  .digitviz-through .moment, .digitviz-through .words { flex-basis: 100%; min-height: 3em; }
}
"""
_component = component("through", CSS)


def packed(run: TrainingRun) -> bytes:
    """Pack what a browser needs to compute with a run's networks.

    Returns
    -------
    bytes
        The length of the head, as a number of four bytes; the head, in JSON, padded to a multiple of four bytes; the
        pixels of the test digits; and the weights of all stops, unless there are more than `MOST_BYTES` of them. All
        numbers are little-endian, those behind the head float32.
    """
    stops, network, test = checkpoint_weights(run), run.snapshot.network, run.test
    count = min(len(test), MOST_DIGITS, max(1, MOST_MULTIPLICATIONS // network.parameters.size))
    weights = stops.to_bytes() if stops.vectors.nbytes <= MOST_BYTES else b""
    head: dict[str, object] = {
        "batches": stops.batches.tolist(),
        "accuracy": _numbers(stops.test_accuracy),
        "loss": _numbers(stops.test_loss),
        "lossName": run.hyperparameters.loss,
        "shapes": [weight.shape for weight in network.parameters.weights],
        "bias": network.parameters.biases is not None,
        "activation": network.activation,
        "factor": INPUT_SCALES[network.input_scale].factor,
        "labels": test.labels[:count].tolist(),
        "digits": len(test),
        "whole": bool(weights),
    }
    return _with_length(head) + test.pixels[:count].astype("<f4").tobytes() + weights


def packed_digits(digits: DigitDataset) -> bytes:
    """Pack digits for a browser to compute with.

    Returns
    -------
    bytes
        A head as of `packed`, and the pixels: a byte each if all are whole numbers, as the head says, else float32.
    """
    whole = _are_whole(digits)
    head: dict[str, object] = {"labels": digits.labels.tolist(), "whole": whole}
    return _with_length(head) + digits.pixels.astype("u1" if whole else "<f4").tobytes()


def _are_whole(digits: DigitDataset) -> bool:
    return bool((digits.pixels == digits.pixels.astype(np.uint8)).all())


def that_follow(run: TrainingRun, sets: Sequence[DigitDataset]) -> list[DigitDataset]:
    """Return those digits that a browser can read anew for each frame, besides the test digits, in their order.

    Parameters
    ----------
    run : TrainingRun
        Whose weights of all stops have to fit into `MOST_BYTES` with their pixels; its size says for how many digits
        `MOST_MULTIPLICATIONS` are enough.
    sets : sequence of DigitDataset
    """
    size, count = run.snapshot.network.parameters.size, min(len(run.test), MOST_DIGITS)
    room = MOST_BYTES - 4 * (size * len(checkpoint_batches(run)) + 64 * count)
    work = MOST_MULTIPLICATIONS
    fitting = []
    for digits in sets:
        each_bytes, each_work = digits.pixels.size * (1 if _are_whole(digits) else 4), len(digits) * size
        if each_bytes <= room and each_work <= work:
            fitting.append(digits)
            room, work = room - each_bytes, work - each_work
    return fitting


def _with_length(head: dict[str, object]) -> bytes:
    said = json.dumps(head, allow_nan=False).encode()
    said += b" " * (-len(said) % 4)
    return len(said).to_bytes(4, "little") + said


def _numbers(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def through_data(
    run: TrainingRun,
    address: str,
    batch: int | None = None,
    between: bool = True,
    digits: Mapping[str, str] | None = None,
    at: int | None = None,
) -> dict[str, object] | None:
    """Return what the slider shows before the browser has any weights; None if there is nothing to go through.

    Parameters
    ----------
    run : TrainingRun
    address : str
        Where the browser asks for the weights, see `session.addresses.stops_address`.
    batch : int, optional
        The moment that the pictures of the page are of; by default where the run stands.
    between : bool
        Whether where the run stands is a place of its own, if that is inside a batch.
    digits : mapping of str to str, optional
        To the addresses of the digits besides the test digits that pictures of the page show, by the ids of their sets.
    at : int, optional
        Where the slider stands, if its pictures are computed in the browser for a point other than `batch`.
    """
    batches, standing = checkpoint_batches(run), run.step / run.hyperparameters.steps_per_batch
    if len(batches) == 1:
        return None
    return {
        "script": address_of_script("through"),
        "address": address,
        "batches": batches,
        "between": between and batches[-1] != standing,
        "shown": batch,
        "at": at,
        "digits": dict(digits or {}),
        "every": max((after - before for before, after in pairwise(batches[:-1])), default=1),
        "said": _said(run),
    }


def _said(run: TrainingRun) -> dict[str, str]:
    """Return what the browser says; it fills in what is in braces."""
    total = f"{run.hyperparameters.batches:,}"
    return {
        "title": _("Training: drag through it"),
        "before": _("before training"),
        "after": _("after batch {number} of {batches}").format(number="{number}", batches=total),
        "now": _("as it is now"),
        "accuracy": _("test accuracy {accuracy}"),
        "few": _("test accuracy {accuracy} (first {count} of {all} digits)"),
        "loss": _("loss {loss}"),
        "weights": _("w1 {moment}"),
        "every": _("one batch in {number} is kept"),
        "play": _("Play the training"),
        "pause": _("Pause"),
        "speed": _("Speed: {factor} times"),
        "best": _("Best test accuracy"),
        "back": _("Back to now"),
        "waiting": _("The weights are on their way."),
        "lost": _("The weights did not come. Move the slider to ask for them again."),
    }


def through(
    key: str,
    run: TrainingRun,
    address: str,
    batch: int | None = None,
    on_release: Callable[[], None] | None = None,
    between: bool = True,
    digits: Mapping[str, str] | None = None,
) -> None:
    """Show the slider; every picture with `meta["follows"]` moves with it, see `follow.js`.

    Parameters
    ----------
    key : str
        Of the element.
    run : TrainingRun
    address : str
    batch : int, optional
        As of `through_data`.
    on_release : callable, optional
        Called once the reader has let go of it at another moment; which one says `released`.
    between : bool
        As of `through_data`.
    digits : mapping of str to str, optional
        As of `through_data`.
    """
    data = through_data(run, address, batch, between, digits)
    if data is not None:
        _component(
            key=key, data={**data, "sends": on_release is not None},
            on_batch_change=on_release if on_release is not None else lambda: None,
        )  # fmt: skip


def released(key: str, run: TrainingRun) -> int | Literal["now"] | None:
    """Return where the reader let go of a slider: one of `checkpoint_batches`, or "now"; None for anything else."""
    state = st.session_state.get(key)
    batch = state.get("batch") if isinstance(state, Mapping) else None
    if batch == "now":
        return "now"
    return int(batch) if isinstance(batch, (int, float)) and batch in checkpoint_batches(run) else None
