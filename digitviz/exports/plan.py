"""What of a training its code needs: which functions, and what they are called in it."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from digitviz.datasets import load_digits
from digitviz.exports import snippets
from digitviz.exports.activations import ACTIVATIONS
from digitviz.exports.moment import Moment
from digitviz.training.hyperparameters import Hyperparameters

FROM_THE_RIGHT = "_from_the_right"
"""How the name of a derivative ends that at a kink is the one from the right."""


@dataclass(frozen=True, eq=False)
class Role:
    """A part of the code that may be another after a change on the way.

    Parameters
    ----------
    role : str
        The variable that holds it if it changes.
    first : str
        The expression that it begins with.
    later : dict of int to str
        By batch, from 0: what it is from there on.
    """

    role: str
    first: str
    later: dict[int, str]

    @property
    def name(self) -> str:
        """What the code calls it: itself, or the variable if it changes."""
        return self.role if self.later else self.first


class Plan:
    """What the code of a training needs, up to a moment of it.

    Parameters
    ----------
    moment : Moment
        At the start of a training, the whole of it.

    Attributes
    ----------
    settings : Hyperparameters
        Those it begins with.
    is_begun : bool
        Whether the training is.
    steps : int
        To be taken.
    batches : int
        They are on, the last of them perhaps not to its end.
    """

    def __init__(self, moment: Moment) -> None:
        self.moment, self.recipe = moment, moment.recipe
        self.settings = self.recipe.hyperparameters
        self.is_begun = moment.step > 0 or moment.diverged
        self.steps = moment.steps_in_weights if self.is_begun else moment.hyperparameters.total_steps
        self.batches = math.ceil(self.steps / self.settings.steps_per_batch)
        later = [change.batch for change in self.recipe.changes if change.batch < self.batches]
        self.each: dict[int, Hyperparameters] = {batch: self.recipe.settings_at(batch) for batch in (0, *later)}

    @property
    def has_own_digits(self) -> bool:
        """Whether the digits are others than scikit-learn's."""
        return self.recipe.dataset_id != _id_of_scikit_learns_digits()

    @property
    def needs_data(self) -> bool:
        """Whether the code reads a file: with digits or first weights that nobody else has."""
        return self.has_own_digits or self.recipe.start is not None

    @property
    def layers(self) -> int:
        """Number of weight matrices."""
        return len(self.settings.layer_sizes) - 1

    @property
    def loss(self) -> Role:
        """The loss that is recorded."""
        return self._role("loss_of", lambda settings: settings.loss)

    @property
    def at_logits(self) -> Role:
        """The gradient at the logits."""
        return self._role("gradient_at_logits", lambda settings: f"{at_logits_of(settings)}_gradient")

    @property
    def derivative(self) -> Role:
        """The derivative of the activation."""
        return self._role("derivative", derivative_of)

    @property
    def optimizer(self) -> Role:
        """The optimizer, which begins with fresh moments when it changes."""
        return self._role("optimizer", lambda settings: f"{snippets.OPTIMIZERS[settings.optimizer].name}()")

    @property
    def learning_rate(self) -> Role:
        """The learning rate."""
        return self._role("learning_rate", lambda settings: repr(settings.learning_rate))

    @property
    def weight_decay(self) -> Role | None:
        """The weight decay; None if there is none at any time."""
        decays = any(settings.weight_decay for settings in self.each.values())
        return self._role("weight_decay", lambda settings: repr(settings.weight_decay)) if decays else None

    @property
    def roles(self) -> list[Role]:
        """All that may change."""
        roles = [self.loss, self.at_logits, self.optimizer, self.learning_rate, self.weight_decay]
        if self.layers > 1:
            roles.append(self.derivative)
        return [role for role in roles if role is not None]

    def values(self, of: Callable[[Hyperparameters], Any]) -> list[Any]:
        """Return what is used at any time, in the order in which it is first."""
        return list(dict.fromkeys(of(settings) for settings in self.each.values()))

    def _role(self, role: str, expression: Callable[[Hyperparameters], str]) -> Role:
        now, later = expression(self.settings), {}
        first = now
        for batch, settings in self.each.items():
            if expression(settings) != now:
                now = later[batch] = expression(settings)
        return Role(role, first, later)


@functools.cache
def _id_of_scikit_learns_digits() -> str:
    """Return their id; loading them takes some hundredths of a second."""
    return load_digits().id


def at_logits_of(settings: Hyperparameters) -> str:
    """Return the name in `snippets.AT_LOGITS` of the gradient that is followed."""
    return "notebook" if settings.gradient == "notebook" else settings.loss


def derivative_of(settings: Hyperparameters) -> str:
    """Return the name of the function that computes the derivative of the activation."""
    kink = settings.gradient == "notebook" and ACTIVATIONS[settings.activation].from_the_right is not None
    return f"{settings.activation}_derivative{FROM_THE_RIGHT if kink else ''}"
