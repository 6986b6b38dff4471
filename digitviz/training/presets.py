"""Ready-made settings, sweeps and races, with texts on what they show. None takes more than a minute."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from digitviz.language import Lazy, lazy_gettext as _
from digitviz.training.hyperparameters import Hyperparameters, setting_in_words


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
        _("100,000 small steps, 500 on each batch: slow, steady, and correct for about 94 of 100 unseen digits."),
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
            "With steps a thousand times longer, most ReLUs die within 50 steps, and nearly all by the end: accuracy "
            "stays close to chance."
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
        _("Without a ReLU, nothing limits the weights: each step overshoots more, until they overflow."),
        Hyperparameters(activation="identity", learning_rate=1e-2),
    ),
}


def nearest_that_learns(hyperparameters: Hyperparameters) -> str:
    """Return the name of the preset that learns and differs from `hyperparameters` in the fewest settings."""
    values = hyperparameters.values

    def differences(name: str) -> int:
        return sum(value != values[key] for key, value in PRESETS[name].hyperparameters.values.items())

    return min((name for name, preset in PRESETS.items() if preset.learns), key=differences)


def own_settings(chosen: Hyperparameters, without: Sequence[str] = ()) -> list[str]:
    """Describe the settings that differ from the notebook's, except some: "Learning rate 0.001".

    If they are those of a preset, except for the seed, name the preset.
    """
    usual, values, said = Hyperparameters().values, chosen.values, list[str]()
    for preset in PRESETS.values():
        presets = preset.hyperparameters.values
        if presets != usual and presets | {"seed": chosen.seed} == values:
            usual, said = presets, [str(preset.title)]
    differ = [name for name in Hyperparameters.TITLES if values[name] != usual[name] and name not in without]
    return said + [setting_in_words(name, values[name]) for name in differ]


FULL_BATCH: dict[str, Any] = {
    "input_scale": "unit", "loss": "cross_entropy", "gradient": "exact", "optimizer": "adam", "initialization": "he",
    "precision": "float32", "sampling": "shuffled_epochs", "batch_size": 1617,
}  # fmt: skip
"""Settings of most sweeps: every batch holds all 1,617 training digits."""


@dataclass(frozen=True)
class ReadySweep:
    """A ready-made sweep, with a question and its answer.

    Parameters
    ----------
    title, question : Lazy
        Its name, and what to predict before it starts.
    answers : mapping of str to Lazy
        Answers to the question, by codes. Empty if the answers are the runs of a race or the cells of a table.
    finding : Lazy
        The result in words, and the settings for which it holds.
    values : mapping
        Same as in `digitviz.sweep`.
    seeds : int
    settings : dict
        Settings that differ from the notebook's and do not change.
    split : int or None
        Seed of a random split of the digits; None holds out the end of the file.
    wrong_labels : float
        Fraction of the training digits with a wrong label.
    same_weights : bool
        Same as in `Sweep`.
    runners : sequence of Lazy
        Description of each training run of a race.
    """

    title: Lazy
    question: Lazy
    answers: Mapping[str, Lazy]
    finding: Lazy
    values: Mapping[Any, Sequence[Any]]
    seeds: int
    settings: dict[str, Any] = field(default_factory=dict)
    split: int | None = None
    wrong_labels: float = 0.0
    same_weights: bool = False
    runners: Sequence[Lazy] = ()


_NO, _YES = _("No"), _("Yes")
READY_SWEEPS: dict[str, ReadySweep] = {
    "learning_rate_and_neurons": ReadySweep(
        _("Learning rate and hidden neurons"),
        _("Large or small steps? Few or many neurons?"),
        {},
        _(
            "The learning rate matters most. It is the size of the steps. 0.01 is the best one or close to it for "
            "every number of neurons; with 1, hardly any network learns. This holds for Adam and 300 steps on all "
            "digits at once."
        ),
        {"learning_rate": [1e-4, 1e-2, 1.0], "hidden": [2, 5, 20, 100]},
        3,
        FULL_BATCH | {"batches": 30, "steps_per_batch": 10},
    ),
    "batch_size": ReadySweep(
        _("Batch size, with equally many digits seen"),
        _("Each network sees 16,000 digits. Which learns most: many small batches, or a few large ones?"),
        {"many": _("Many small batches"), "few": _("A few large ones"), "same": _("No difference")},
        _(
            "Many small batches reach 92%, a few large ones only 30%. With 1,000 digits per batch, the network takes "
            "16 steps, and with 10 it takes 1,600. This holds for Adam and the learning rate 0.001, the same for each "
            "batch size."
        ),
        {("batch_size", "batches"): [(10, 1600), (32, 500), (100, 160), (320, 50), (1000, 16)]},
        5,
        FULL_BATCH | {"learning_rate": 1e-3, "steps_per_batch": 1},
    ),
    "activation_and_initialization": ReadySweep(
        _("Activation and initial weights"),
        _("Three hidden layers: which initial weights suit which activation?"),
        {},
        _(
            "With all weights zero, no network learns. He and Xavier reach 93% to 95% with every activation except "
            "sigmoid, which needs more steps. The notebook's initial weights learn more slowly. This holds for Adam "
            "and 200 steps."
        ),
        {"activation": ["relu", "tanh", "sigmoid", "gelu", "identity"],
         "initialization": ["zeros", "notebook", "xavier", "he"]},
        3,
        FULL_BATCH | {"hidden": (50, 50, 50), "learning_rate": 1e-3, "batches": 20, "steps_per_batch": 10},
    ),
    "depth": ReadySweep(
        _("Depth"),
        _("Is a network with four hidden layers better than one with a single layer?"),
        {"better": _("Much better"), "same": _("About the same"), "worse": _("Worse")},
        _(
            "One hidden layer is better than none. More layers add up to 2 percentage points here, not much more "
            "than the chance of the seeds. This holds for 30 neurons per layer, Adam and 400 steps."
        ),
        {"hidden": [(), (30,), (30, 30), (30, 30, 30), (30, 30, 30, 30)]},
        5,
        FULL_BATCH | {"learning_rate": 1e-3, "batches": 40, "steps_per_batch": 10},
    ),
    "seeds": ReadySweep(
        _("Seeds alone"),
        _("The notebook's network classifies 93.9% of the test digits correctly. Is that luck?"),
        {"luck": _("A lucky seed"), "typical": _("A typical seed"), "unlucky": _("An unlucky seed")},
        _(
            "Other seeds give 92% to 96%, and 93.7% on average. So 93.9% is typical, and a difference of one "
            "percentage point between two networks can be luck. This holds for the notebook's settings."
        ),
        {},
        12,
    ),
    "double_descent": ReadySweep(
        _("Double descent"),
        _("Does a larger network always classify new digits better, if 20% of its labels are wrong?"),
        {"yes": _YES, "no": _("No: from some size on, it gets worse"),
         "both": _("Better, then worse, then better again")},
        _(
            "Better, then worse, then better again: 8 neurons read 77% of new digits, 17 only 65%, and 200 read 81%. "
            "With 17, a network can almost learn all wrong labels by heart. This holds for 900 training digits, 3,000 "
            "steps with Adam, and a random split."
        ),
        {"hidden": [2, 3, 4, 6, 8, 12, 17, 25, 35, 50, 80, 120, 200]},
        3,
        FULL_BATCH | {"learning_rate": 0.01, "batch_size": 900, "train_fraction": 0.501, "batches": 40,
                      "steps_per_batch": 75},
        split=0,
        wrong_labels=0.2,
    ),
    "grokking": ReadySweep(
        _("Grokking"),
        _("A network knows all its 200 training digits by heart. Can it still learn anything after that?"),
        {"yes": _YES, "no": _NO},
        _(
            "Yes: after 750 steps it reads 67% of the other digits, and after 8,000 steps 94%. After 750 steps, it "
            "already knows all training digits. This holds for 200 neurons, Adam, a weight decay of 1, and initial "
            "weights 12 times as large as He's."
        ),
        {},
        2,
        FULL_BATCH | {"hidden": (200,), "learning_rate": 1e-3, "weight_decay": 1.0, "initial_scale": 12.0,
                      "batch_size": 200, "train_fraction": 0.1113, "batches": 40, "steps_per_batch": 250},
        split=0,
    ),
    "overfitting": ReadySweep(
        _("Overfitting"),
        _("20% of the labels are wrong. How strongly must the weights decay?"),
        {"0": _("Not at all"), "1": _("By 1"), "10": _("By 10"), "100": _("By 100")},
        _(
            "With a decay of 10, the network reads 91% of the test digits, and without only 64%. Without decay, it "
            "learns the wrong labels by heart, and a decay of 100 is too strong. This holds for 50 neurons and 2,000 "
            "steps with Adam."
        ),
        {"weight_decay": [0.0, 1.0, 10.0, 100.0]},
        3,
        FULL_BATCH | {"learning_rate": 0.01, "batches": 40, "steps_per_batch": 50},
        wrong_labels=0.2,
    ),
}  # fmt: skip
"""Sweeps for the page on sweeps."""


_race = partial(ReadySweep, question=_("Tap your winner: the first to read 90%."), answers={}, seeds=1)

READY_RACES: dict[str, ReadySweep] = {
    "optimizers": _race(
        title=_("Three optimizers"),
        finding=_(
            "Momentum needs a third of the steps of gradient descent. Adam needs the most: this learning rate is small "
            "for it. This holds for the learning rate 0.001 and one step per batch of 100 digits."
        ),
        values={"optimizer": ["gradient_descent", "momentum", "adam"]},
        settings=FULL_BATCH
        | {"optimizer": "gradient_descent", "precision": "float64", "batch_size": 100, "learning_rate": 1e-3}
        | {"batches": 800, "steps_per_batch": 1},
        runners=[_("takes the steepest way"), _("keeps rolling like a ball"), _("short and long steps")],
    ),
    "batches": _race(
        title=_("Three batch sizes"),
        finding=_(
            "With all digits in each step, the fewest steps are enough. But such a step takes long: with 100 digits, "
            "the training needs less processor time. The steps of a single digit point in very different directions, "
            "so it needs many. This holds for Adam and the learning rate 0.002."
        ),
        values={"batch_size": [1617, 100, 1]},
        settings=FULL_BATCH | {"learning_rate": 2e-3, "batches": 1_200, "steps_per_batch": 1},
        runners=[_("all digits in each step"), _("some digits in each step"), _("one digit in each step")],
    ),
    "engines": _race(
        title=_("Three engines"),
        finding=_(
            "All three take the same steps, up to rounding, so they need equally many. They differ in processor time. "
            "This holds for the notebook's settings."
        ),
        values={"engine": ["numpy", "compiled", "torch"]},
        settings={"batches": 20},
        runners=[_("Python's arrays"), _("compiled to machine code"), _("the library that researchers use")],
    ),
    "gradients": _race(
        title=_("The notebook's and the exact gradient"),
        finding=_(
            "The notebook's gradient is the first: it belongs to twice the cross-entropy. The exact gradient of the "
            "squared error is tiny wherever a network is sure of a wrong answer. This holds for the notebook's "
            "learning rate."
        ),
        values={"gradient": ["notebook", "exact"]},
        settings={"steps_per_batch": 100},
        runners=[_("as in the classic notebook"), _("computed exactly from the loss")],
    ),
    "rates": _race(
        title=_("Three learning rates"),
        finding=_(
            "The largest of these learning rates needs the fewest steps. With 0.001, a training fails. This holds for "
            "the notebook's network and 20,000 steps."
        ),
        values={"learning_rate": [1e-7, 1e-6, 1e-5]},
        settings={"steps_per_batch": 100},
        runners=[_("tiny steps"), _("small steps"), _("larger steps")],
    ),
    "orders": _race(
        title=_("Three orders of the same digits"),
        finding=_(
            "All three start from the same weights and see the same digits. Only the order differs, and yet they do "
            "not end with the same accuracy: such a difference is chance. This holds for the notebook's settings with "
            "100 steps per batch."
        ),
        values={},
        settings={"steps_per_batch": 100, "sampling": "shuffled_epochs"},
        runners=[_("the digits, shuffled"), _("shuffled again"), _("shuffled once more")],
        seeds=3,
        same_weights=True,
    ),
}
"""Races: training runs that start together from the same seed."""
