"""What a file says of itself, so that it can be read without this page."""

from __future__ import annotations

import json

from digitviz.exports.moment import Moment

FORMAT = "digitviz weights 1"
"""Names what a file of weights holds, and under which names."""


def of_training(moment: Moment) -> dict[str, str]:
    """Return the step, the settings and the recipe as texts, the latter two as JSON.

    Where several versions of the engine computed the steps, `engine_versions` says so: JSON, pairs of the steps that
    were taken before and the version. A recipe with given first weights is left out: they would double the file, and
    without them it would be another.
    """
    said = {"step": str(moment.step), "hyperparameters": json.dumps(moment.hyperparameters.to_dict())}
    if moment.recipe.start is None:
        said["recipe"] = json.dumps(moment.recipe.to_dict())
    segments = moment.snapshot.history.segments
    if len({segment.engine_version for segment in segments}) > 1:
        said["engine_versions"] = json.dumps([[segment.step, segment.engine_version] for segment in segments])
    return said


def of_weights(moment: Moment) -> dict[str, str]:
    """Return all that is needed to use weights again, as texts by name."""
    settings = moment.hyperparameters
    used = {"format": FORMAT, "activation": settings.activation, "input_scale": settings.input_scale}
    return used | of_training(moment)
