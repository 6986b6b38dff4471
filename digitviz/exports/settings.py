"""The settings as JSON."""

from __future__ import annotations

import json

from digitviz.exports.moment import Moment
from digitviz.training.run import TrainingRun


def settings_json(run: TrainingRun | Moment) -> bytes:
    """Write the settings that a run ends with, as `Hyperparameters.from_dict` reads them."""
    return json.dumps(Moment.of(run).hyperparameters.to_dict(), indent=1).encode()
