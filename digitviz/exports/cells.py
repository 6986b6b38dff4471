"""The code that takes the steps of a training again, cell by cell, with a few words on each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from digitviz.exports import snippets, sources
from digitviz.exports.plan import FROM_THE_RIGHT, Plan, derivative_of
from digitviz.language import gettext as _
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.entry import Entry
from digitviz.networks.gradients import GRADIENTS
from digitviz.networks.initializations import INITIALIZATIONS
from digitviz.networks.losses import LOSSES
from digitviz.training.optimizers import OPTIMIZERS, Optimizer


@dataclass(frozen=True)
class Cell:
    """A piece of code with a heading and a few words.

    Parameters
    ----------
    title, words, code : str
    """

    title: str
    words: str
    code: str


def cells(plan: Plan, data: str) -> Iterator[Cell]:
    """Yield the cells in their order.

    Parameters
    ----------
    plan : Plan
    data : str
        A Python expression of the path of the file with digits and weights, if the code needs one.
    """
    importing = sources.imports(plan, data)
    yield Cell(_("Learning to read handwritten digits"), _what_it_is(plan, importing), importing)
    yield Cell(_("The digits"), _on_digits(plan), sources.digits(plan))
    yield Cell(_("The settings"), _on_settings(), sources.settings(plan))
    yield Cell(_("The first weights"), _on_weights(plan), sources.weights(plan))
    if plan.layers > 1:
        yield Cell(_("The activation"), _on_activation(plan), sources.activation(plan))
    yield Cell(_("Forward"), _on_forward(), sources.forward(plan))
    yield Cell(_("The loss, and its gradient at the logits"), _on_losses(plan), sources.losses(plan))
    yield Cell(_("Backward"), _on_backward(), sources.backward(plan))
    yield Cell(_("The optimizer"), _on_optimizers(plan), sources.optimizers(plan))
    yield Cell(_("The batches"), _on_batches(plan), snippets.SAMPLING[plan.settings.sampling])
    yield Cell(_("The training"), _on_training(plan), sources.training(plan))
    yield Cell(
        _("The result"), _("How many of the digits it has never seen does it classify correctly?"), sources.result()
    )


def _what_it_is(plan: Plan, importing: str) -> str:
    total = plan.moment.hyperparameters.total_steps
    used = ", ".join(title for name, title in sources.PACKAGES.items() if name in importing)
    said = [_("A digitviz training run in plain code. Packages it needs: {packages}.").format(packages=used)]
    if plan.moment.shown is not None:
        words = _(
            "The run also learned from drawings that their owner has not shared. They are left out here, so this code "
            "takes {steps} steps to a different network."
        )
    elif not plan.is_begun:
        words = _("It takes {total} steps.")
    elif plan.steps == total:
        words = _(
            "It takes the same {total} steps and comes to the same network: {accuracy} of the test digits are correct."
        )
    else:
        words = _(
            "It takes the first {steps} of {total} steps and comes to the network that digitviz had then: {accuracy} "
            "of the test digits are correct."
        )
    accuracy = f"{plan.moment.test_accuracy:.1%}" if plan.is_begun else ""
    said.append(words.format(steps=f"{plan.steps:,}", total=f"{total:,}", accuracy=accuracy))
    if "notebook" in {plan.settings.initialization, *plan.values(lambda settings: settings.gradient)}:
        said.append(_("Where it says “the notebook”, that is the classic NumPy notebook which digitviz grew from."))
    return " ".join(said)


def _on_digits(plan: Plan) -> str:
    counts = {"train": f"{len(plan.moment.train):,}", "test": f"{len(plan.moment.trajectory.setup.test):,}"}
    if plan.has_own_digits:
        words = _(
            "The file beside this one holds the digits, each of 8 x 8 pixels of 0 (no ink) to 16 (all ink): {train} to "
            "learn from, and {test} to test with."
        )
    else:
        words = _(
            "Those of scikit-learn, each of 8 x 8 pixels of 0 (no ink) to 16 (all ink): the first {train} to learn "
            "from, and the last {test} to test with."
        )
    said = [words.format(**counts)]
    if plan.settings.input_scale == "unit":
        said.append(_("Divided by 16, the pixels lie between 0 and 1."))
    return " ".join(said)


def _on_settings() -> str:
    return _("A batch of digits is drawn, so many steps are taken on it, and then comes the next.")


def _on_weights(plan: Plan) -> str:
    if plan.recipe.start is not None:
        return _("They were given: the file beside this one holds them.")
    return _told(_("Initial weights, {title}: {meaning}."), INITIALIZATIONS[plan.settings.initialization])


def _on_activation(plan: Plan) -> str:
    words = _(
        "That of the hidden neurons, {activation}, and its derivative: z is the pre-activation of a neuron, a its "
        "activation."
    )
    said = [words.format(activation=ACTIVATIONS[plan.settings.activation].title)]
    if any(name.endswith(FROM_THE_RIGHT) for name in plan.values(derivative_of)):
        said.append(_("From the right: at the kink, z = 0, the derivative is that on the right of it."))
    return " ".join(said)


def _on_forward() -> str:
    return _(
        "A layer multiplies what enters it by its weights. At the end, softmax turns the logits into probabilities."
    )


def _on_losses(plan: Plan) -> str:
    losses = [LOSSES[name] for name in plan.values(lambda settings: settings.loss)]
    gradients = [GRADIENTS[name] for name in plan.values(lambda settings: settings.gradient)]
    loss, gradient = _("Loss, {title}: {meaning}."), _("Gradient, {title}: {meaning}.")
    return " ".join([*(_told(loss, each) for each in losses), *(_told(gradient, each) for each in gradients)])


def _on_backward() -> str:
    return _(
        "Backpropagation: delta is the gradient of the loss at the pre-activations of a layer. It goes back through "
        "the weights, layer by layer, and gives the gradient of each weight on its way."
    )


def _on_optimizers(plan: Plan) -> str:
    words = _("The optimizer turns a gradient into a step: {title} {meaning}.")
    return " ".join(_told(words, OPTIMIZERS[name]) for name in plan.values(lambda settings: settings.optimizer))


def _on_batches(plan: Plan) -> str:
    if plan.settings.sampling == "with_replacement":
        return _("Each digit of a batch is drawn afresh, so that some come twice and some are never seen.")
    return _("All digits come in turn, in a new order in each epoch.")


def _on_training(plan: Plan) -> str:
    said = [_("Loss and gradients, then a step, again and again.")]
    if len(plan.each) > 1:
        said.append(_("Some settings were changed on the way."))
    if plan.moment.diverged:
        said.append(_("With the next step this training diverged: the loss is no finite number any more."))
    return " ".join(said)


def _told(words: str, entry: Entry | type[Optimizer]) -> str:
    """Fill words with what an entry of a table is."""
    return words.format(title=entry.title, meaning=entry.meaning)
