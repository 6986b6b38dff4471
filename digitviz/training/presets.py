"""Presets: settings worth trying, each with a one-sentence description."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from digitviz.language import Lazy
from digitviz.language import lazy_gettext as _
from digitviz.training.hyperparameters import Hyperparameters


@dataclass(frozen=True)
class Preset:
    """Hyperparameters with a title and a one-sentence description.

    `learns` is True if the network learns with them, `distorted` if it also trains on distorted copies of the digits.
    """

    title: Lazy
    sentence: Lazy
    hyperparameters: Hyperparameters
    learns: bool = False
    distorted: bool = False


_ADAM = Hyperparameters(
    input_scale="unit",
    initialization="he",
    optimizer="adam",
    learning_rate=3e-3,
    loss="cross_entropy",
    gradient="exact",
)


PRESETS = {
    "notebook": Preset(
        _("The notebook"),
        _("100,000 small steps, 500 on each batch: slow, steady, and correct for about 93 of 100 unseen digits."),
        Hyperparameters(),
        learns=True,
    ),
    "adam": Preset(
        _("Scaled pixels with Adam"),
        _("Pixels from 0 to 1 and a step size for each weight: 94% or better after 2,000 steps, in about a second."),
        dataclasses.replace(_ADAM, steps_per_batch=10),
        learns=True,
    ),
    "other_hands": Preset(
        _("Data augmentation"),
        _(
            "Also trains on ten distorted copies of each digit: no better on the test digits, but better on what you "
            "draw."
        ),
        dataclasses.replace(_ADAM, batch_size=1_000, batches=600, steps_per_batch=5, sampling="shuffled_epochs"),
        learns=True,
        distorted=True,
    ),
    "too_fast": Preset(
        _("Too fast"),
        _(
            "With steps a thousand times longer, three in four ReLUs are dead after 50 steps, and nearly all at the "
            "end: accuracy stays close to chance."
        ),
        Hyperparameters(learning_rate=1e-3),
    ),
    "too_slow": Preset(
        _("Too slow"),
        _("With steps a thousand times shorter, the loss has hardly moved after all 100,000 of them."),
        Hyperparameters(learning_rate=1e-9),
    ),
    "one_neuron": Preset(
        _("One neuron"),
        _("A single hidden neuron lines all digits up on one axis: however long it trains, most are misclassified."),
        Hyperparameters(
            (1,),
            "tanh",
            bias=True,
            input_scale="unit",
            initialization="xavier",
            learning_rate=1e-3,
            gradient="exact",
            steps_per_batch=100,
        ),
    ),
    "zeros": Preset(
        _("All zeros"),
        _("Every weight starts at zero, so every gradient is zero, and nothing ever changes."),
        Hyperparameters(initialization="zeros", steps_per_batch=50),
    ),
    "diverging": Preset(
        _("Diverging"),
        _("Without a ReLU, nothing limits the growth: each step overshoots more, until the numbers overflow."),
        Hyperparameters(activation="identity", learning_rate=1e-2),
    ),
}


def nearest_that_learns(hyperparameters: Hyperparameters) -> str:
    """Return the name of the preset that learns and differs from `hyperparameters` in the fewest settings."""
    values = hyperparameters.values

    def differences(name: str) -> int:
        return sum(value != values[field] for field, value in PRESETS[name].hyperparameters.values.items())

    return min((name for name, preset in PRESETS.items() if preset.learns), key=differences)
