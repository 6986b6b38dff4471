"""What a file says of itself, so that it can be read without this page."""

from __future__ import annotations

import json

from digitviz.exports.moment import Moment

FORMAT = "digitviz weights 1"
"""Names what a file of weights holds, and under which names."""


def of_training(moment: Moment) -> dict[str, str]:
    """Return the step, and the settings and the recipe as JSON.

    A recipe with given first weights is left out: they would double the file, and it is not the same without them.
    """
    said = {"step": str(moment.step), "hyperparameters": json.dumps(moment.hyperparameters.to_dict())}
    if moment.recipe.start is None:
        said["recipe"] = json.dumps(moment.recipe.to_dict())
    return said


def of_weights(moment: Moment) -> dict[str, str]:
    """Return all that is needed to use weights again, as texts by name."""
    settings = moment.hyperparameters
    used = {"format": FORMAT, "activation": settings.activation, "input_scale": settings.input_scale}
    return used | of_training(moment)
