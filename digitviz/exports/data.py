"""What the code of a training cannot draw or load by itself: other digits than scikit-learn's, given first weights."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np

from digitviz.exports.moment import Moment
from digitviz.exports.plan import Plan
from digitviz.training.run import TrainingRun

DATA = "digitviz-data.npz"
"""The file beside the code."""


def data_npz(run: TrainingRun | Moment) -> bytes | None:
    """Pack the digits x_train, y_train, x_test and y_test and the first weights w1, ...; None if neither is needed."""
    plan = Plan(Moment.of(run))
    if not plan.needs_data:
        return None
    arrays: dict[str, Any] = {}
    if plan.has_own_digits:
        for name, part in (("train", plan.moment.train), ("test", plan.moment.trajectory.setup.test)):
            arrays |= {f"x_{name}": smallest(part.pixels), f"y_{name}": part.labels.astype(np.uint8)}
    if plan.recipe.start is not None:
        arrays |= dict(plan.recipe.start.named_arrays)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def smallest(pixels: np.ndarray) -> np.ndarray:
    """Return pixels of 0 to 16 in the smallest type that changes none of them."""
    return next(
        (small for kind in (np.uint8, np.float32) if np.array_equal(small := pixels.astype(kind), pixels)), pixels
    )


def with_data(name: str, code: bytes, moment: Moment) -> bytes:
    """Return code as it is, or as a zip file with it under a name and the data that it reads beside it."""
    data = data_npz(moment)
    if data is None:
        return code
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr(name, code, zipfile.ZIP_DEFLATED)
        packed.writestr(DATA, data)  # it is compressed already
    return file.getvalue()
