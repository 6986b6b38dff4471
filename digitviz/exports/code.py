"""Export of a run as plain code that repeats its training, as a script or a Jupyter notebook."""

import functools
import io
import json
import math
import re
import textwrap
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from digitviz.datasets import load_digits
from digitviz.exports.moment import Moment
from digitviz.language import LANGUAGES, gettext as _, joined, language, listed
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import GRADIENTS
from digitviz.networks.entry import Entry
from digitviz.networks.initializations import INITIALIZATIONS
from digitviz.networks.losses import LOSSES
from digitviz.networks.network import INPUT_SCALES
from digitviz.numbers import in_percent, numeral
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.optimizers import OPTIMIZERS, PENALTIES, Optimizer
from digitviz.training.run import TrainingRun

DATA = "digitviz-data.npz"
"""Name of the data file next to the code."""
PACKAGES = {"numpy": "NumPy", "scipy": "SciPy", "sklearn": "scikit-learn"}
"""Titles of the packages that the code may import, by import name."""
UNBROKEN = re.compile(r"(\s+|[“（《]*(?:[!-~]+|[^\s“（《])[”）》，。、；：！？]*)")
"""Parts of comments that stay on one line: words and Chinese characters, with the punctuation around them."""
PROGRESS_LINES = 10
"""Approximate number of progress lines that the code prints."""
FROM_THE_RIGHT = "_from_the_right"
"""Suffix of the function for a derivative that is taken from the right at a kink."""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
SOFTMAX = """\
def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)"""
SAMPLING = {
    "with_replacement": """\
def rows_of_batch(batch):
    random = np.random.default_rng([SEED, 1, batch])
    return random.integers(0, len(x_train), BATCH_SIZE, dtype=np.uint32)""",
    "shuffled_epochs": """\
def rows_of_batch(batch):
    first, last = batch * BATCH_SIZE, (batch + 1) * BATCH_SIZE - 1
    epochs = range(first // len(x_train), last // len(x_train) + 1)
    orders = [np.random.default_rng([SEED, 2, epoch]).permutation(len(x_train)) for epoch in epochs]
    begin = first % len(x_train)
    return np.concatenate(orders)[begin : begin + BATCH_SIZE]""",
}
"""Functions that draw the digits of a batch, as `batch_rows` in `digitviz/training/setup.py` does."""


def _at_logits(settings: Hyperparameters) -> str:
    """Return the code of the gradient at the logits that the steps use."""
    return GRADIENTS[settings.gradient].at_logits(LOSSES[settings.loss]).code


def _name_in(code: str) -> str:
    """Return the name of the class or function that the code defines."""
    return code.split(maxsplit=1)[1].partition(":")[0].partition("(")[0]


def _derivative(settings: Hyperparameters) -> str:
    """Return the name of the function for the activation's derivative; empty without hidden layers."""
    if not settings.hidden:
        return ""
    kink = settings.gradient == "notebook" and ACTIVATIONS[settings.activation].slope_from_the_right is not None
    return f"{settings.activation}_derivative{FROM_THE_RIGHT if kink else ''}"


def _repr_of(name: str) -> Callable[[Hyperparameters], str]:
    return lambda settings: repr(getattr(settings, name))


PARTS: dict[str, Callable[[Hyperparameters], str]] = {
    "loss_of": lambda settings: settings.loss,
    "gradient_at_logits": lambda settings: _name_in(_at_logits(settings)),
    # A new optimizer starts with zero moments.
    "optimizer": lambda settings: f"{_name_in(OPTIMIZERS[settings.optimizer].code)}()",
    "learning_rate": _repr_of("learning_rate"),
    **{name: _repr_of(name) for name in PENALTIES},
    "derivative": _derivative,
}
"""Parts of the code that may change during the run: the variable for each part, and a function that returns its
expression."""


class Plan:
    """What the code for a run contains, up to its current step.

    Parameters
    ----------
    run : TrainingRun or Moment
        If the run has not started, the code takes all of its steps.

    Attributes
    ----------
    settings : Hyperparameters
        Settings at the start of the run.
    is_begun : bool
        True if the run has taken a step or diverged.
    steps, batches : int
        Number of steps that the code takes, and of their batches. The last batch may be incomplete.
    each : dict of int to Hyperparameters
        Settings, by the batch at which they start.
    later : dict of str to dict of int to str
        New expressions of each part in `PARTS`, by the batch at which they start.
    """

    def __init__(self, run: TrainingRun | Moment) -> None:
        self.moment = Moment.of(run)
        self.recipe = recipe = self.moment.recipe
        self.settings = recipe.hyperparameters
        self.is_begun = self.moment.step > 0 or self.moment.diverged
        self.steps = self.moment.steps_in_weights if self.is_begun else self.moment.hyperparameters.total_steps
        self.batches = math.ceil(self.steps / self.settings.steps_per_batch)
        later = [change.batch for change in recipe.changes if change.batch < self.batches]
        self.each = {batch: recipe.settings_at(batch) for batch in (0, *later)}
        self.later: dict[str, dict[int, str]] = {}
        for part, expression in PARTS.items():
            values = [(batch, expression(settings)) for batch, settings in self.each.items()]
            self.later[part] = {batch: value for (_b, before), (batch, value) in pairwise(values) if value != before}
        self.has_own_digits = recipe.dataset_id != _id_of_scikit_learns_digits()
        self.needs_data = self.has_own_digits or recipe.start is not None
        self.layers = len(self.settings.layer_sizes) - 1
        self.penalties = [name for name in PENALTIES if any(name in each.penalties for each in self.each.values())]

    def name(self, part: str) -> str:
        """Return how the code refers to a part: its expression, or its variable if it changes."""
        return part if self.later[part] else PARTS[part](self.settings)

    def values(self, of: Callable[[Hyperparameters], str]) -> list[str]:
        """Return the distinct values used during the run, in order of first use."""
        return list(dict.fromkeys(map(of, self.each.values())))


@functools.cache
def _id_of_scikit_learns_digits() -> str:
    return load_digits().id  # loading takes a few hundredths of a second


def data_npz(run: TrainingRun | Moment) -> bytes | None:
    """Pack the digits x_train, y_train, x_test, y_test and the initial weights w1, ... for the code.

    Returns None if the code needs no file: scikit-learn's digits and random initial weights.
    """
    plan = Plan(run)
    if not plan.needs_data:
        return None
    arrays: dict[str, Any] = {}
    if plan.has_own_digits:
        for name, part in (("train", plan.moment.train), ("test", plan.moment.trajectory.setup.test)):
            arrays |= {f"x_{name}": part.pixels, f"y_{name}": part.labels.astype(np.uint8)}
    if plan.recipe.start is not None:
        arrays |= dict(plan.recipe.start.named_arrays)
    return npz(arrays)


def npz(arrays: Mapping[str, Any]) -> bytes:
    """Pack named arrays for `numpy.load`."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def script(run: TrainingRun | Moment) -> str:
    """Write a script that repeats the steps of a run up to its current step, without digitviz.

    The script needs NumPy, scikit-learn for the digits, and SciPy (which comes with scikit-learn) for GELU. It contains
    only code that the settings of this run need. For other digits or imported initial weights, it reads the file of
    `data_npz` from its own folder; `script_file` packs both. The results are the lists `losses` and `parameters`, and
    the number `accuracy`.
    """
    return "\n\n\n".join(map(_with_comments, cells(run, f'Path(__file__).with_name("{DATA}")'))) + "\n"


def script_file(run: TrainingRun | Moment) -> bytes:
    """Return the script, or a zip file of script and data if it reads any."""
    return _with_data("digitviz-script.py", script(run), run)


def notebook(run: TrainingRun | Moment) -> str:
    """Write a Jupyter notebook (format 4.5) with the code of `script` and a heading for each part.

    The metadata contains the step, the settings and the recipe.
    """
    written: list[dict[str, Any]] = []
    for number, cell in enumerate(cells(run, f'"{DATA}"')):
        text = f"{'##' if number else '#'} {cell.title}\n\n{cell.words}"
        written.append(_notebook_cell("markdown", f"words-{number}", text))
        code = _notebook_cell("code", f"code-{number}", cell.code)
        written.append({**code, "execution_count": None, "outputs": []})
    said = Moment.of(run).about_run
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "digitviz": said}
    whole = {"cells": written, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def notebook_file(run: TrainingRun | Moment) -> bytes:
    """Return the notebook, or a zip file of notebook and data if it reads any."""
    return _with_data("digitviz-notebook.ipynb", notebook(run), run)


def _notebook_cell(kind: str, name: str, text: str) -> dict[str, Any]:
    return {"cell_type": kind, "id": name, "metadata": {}, "source": text.splitlines(keepends=True)}


def _with_data(name: str, code: str, run: TrainingRun | Moment) -> bytes:
    """Return the code, or a zip file of the code and the data that it reads."""
    data = data_npz(run)
    if data is None:
        return code.encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr(name, code, zipfile.ZIP_DEFLATED)
        packed.writestr(DATA, data)  # already compressed
    return file.getvalue()


@dataclass(frozen=True)
class Cell:
    """A piece of code with a heading and a short explanation."""

    title: str
    words: str
    code: str


def _with_comments(cell: Cell) -> str:
    wrapper = textwrap.TextWrapper(LANGUAGES[language()].line, break_on_hyphens=False)
    wrapper.wordsep_simple_re = UNBROKEN
    lines = wrapper.wrap(cell.words)
    heading = "\n".join(f"# {line}" for line in (cell.title, "-" * len(cell.title), *lines))
    gap = "\n\n\n" if cell.code.startswith(("def", "class")) else "\n\n"
    return f"{heading}{gap}{cell.code}"


def cells(run: TrainingRun | Moment, data: str) -> Iterator[Cell]:
    """Yield the cells of the code in order.

    Parameters
    ----------
    run : TrainingRun or Moment
    data : str
        Python expression for the path of the data file.
    """
    plan = Plan(run)
    yield Cell(_("Learning to read handwritten digits"), *_introduction(plan, data))
    yield Cell(_("The digits"), *_digits(plan))
    yield Cell(_("The settings"), *_settings(plan))
    yield Cell(_("The initial weights"), *_weights(plan))
    if plan.layers > 1:
        yield Cell(_("The activation"), *_activation(plan))
    yield Cell(_("Forward"), *_forward(plan))
    yield Cell(_("The loss, and its gradient at the logits"), *_losses(plan))
    yield Cell(_("Backward"), *_backward(plan))
    yield Cell(_("The optimizer"), *_optimizers(plan))
    yield Cell(_("The batches"), *_batches(plan))
    yield Cell(_("Training"), *_training(plan))
    yield Cell(_("The result"), *_result())


def _introduction(plan: Plan, data: str) -> tuple[str, str]:
    lines = {"import numpy as np"}
    if plan.layers > 1:
        lines |= {*ACTIVATIONS[plan.settings.activation].imports}
    if not plan.has_own_digits:
        lines.add("from sklearn.datasets import load_digits")
    if plan.needs_data and "Path(" in data:
        lines.add("from pathlib import Path")
    standard = sorted(line for line in lines if line.split()[1] in {"math", "pathlib"})
    others = sorted(lines - set(standard), key=lambda line: line.split()[1])
    loading = [f"\nwith np.load({data}) as file:\n    data = dict(file)"] if plan.needs_data else []
    code = "\n".join([*standard, *[""] * bool(standard), *others, *loading])

    total, moment = plan.moment.hyperparameters.total_steps, plan.moment
    used = listed(title for name, title in PACKAGES.items() if name in code)
    said = [_("A digitviz training run in plain code. Packages it needs: {packages}.").format(packages=used)]
    if moment.shown is not None:
        words = _(
            "The run was also trained on drawings that their owner has not shared. They are left out here, so this "
            "code takes {steps} steps and ends with a different network."
        )
    elif not plan.is_begun:
        words = _("It takes {total} steps.")
    elif plan.steps < moment.step:
        words = _(
            "digitviz took {taken} of {total} steps; after the last of them, its numbers were no longer finite. This "
            "code takes the {steps} before it. After them, digitviz classified {accuracy} of the test digits correctly."
        )
    else:
        words = _(
            "It takes {steps} of {total} steps. After them, digitviz classified {accuracy} of the test digits "
            "correctly."
        )
    accuracy = in_percent(moment.snapshot.exact.test_accuracy) if plan.is_begun else ""
    numbers = {"steps": numeral(plan.steps), "taken": numeral(moment.step), "total": numeral(total)}
    said.append(words.format(**numbers, accuracy=accuracy))
    if plan.is_begun and moment.shown is None:
        same = _("This code ends with the same network, apart from rounding, which very large steps can magnify.")
        rounds = _("In float32, rounding depends on the program, so this code may end with a different network.")
        said.append(rounds if plan.settings.precision == "float32" else same)
    if "notebook" in {plan.settings.initialization, *plan.values(lambda settings: settings.gradient)}:
        said.append(_("“The notebook” means the classic NumPy notebook that digitviz grew from."))
    return joined(said), code


def _digits(plan: Plan) -> tuple[str, str]:
    train, test, settings = plan.moment.train, plan.moment.trajectory.setup.test, plan.settings
    if plan.has_own_digits:
        words = _(
            "The file next to this one holds the digits. Each has 8 x 8 pixels from 0 (no ink) to 16 (full ink); "
            "{train} are for training and {test} for testing."
        )
        begin, x, y = [], ('data["x_train"]', 'data["x_test"]'), ('data["y_train"]', 'data["y_test"]')
    else:
        words = _(
            "These come from scikit-learn. Each has 8 x 8 pixels from 0 (no ink) to 16 (full ink); the first {train} "
            "are for training and the last {test} for testing."
        )
        count, begin = len(train), ["digits = load_digits()"]
        x, y = ((f"digits.{name}[:{count}]", f"digits.{name}[{count}:]") for name in ("data", "target"))
    words = words.format(train=numeral(len(train)), test=numeral(len(test)))
    after = f".astype(np.{settings.precision})" if settings.precision != "float64" else ""
    if settings.input_scale == "unit":
        words = joined([words, _("Divided by 16, the pixels lie between 0 and 1.")])
    if (factor := INPUT_SCALES[settings.input_scale].factor) != 1:
        after += f" / {1 / factor:g}"
    lines = [f"x_train, x_test = {x[0]}{after}, {x[1]}{after}", f"y_train, y_test = {y[0]}, {y[1]}"]
    return words, "\n".join([*begin, *lines])


def _settings(plan: Plan) -> tuple[str, str]:
    settings = plan.settings
    numbers: dict[str, float] = {"SEED": settings.seed, "BATCH_SIZE": settings.batch_size, "BATCHES": plan.batches}
    numbers |= {"STEPS_PER_BATCH": settings.steps_per_batch, "learning_rate": settings.learning_rate}
    numbers |= {name: getattr(settings, name) for name in plan.penalties}
    words = _("Draw a batch of digits, take this many steps on it, then draw the next batch.")
    return words, "\n".join(f"{name} = {value!r}" for name, value in numbers.items())


def _weights(plan: Plan) -> tuple[str, str]:
    settings, numbers = plan.settings, range(1, plan.layers + 1)
    names = [*(f"w{n}" for n in numbers), *(f"b{n}" for n in numbers if settings.bias)]
    listed = f"parameters = [{', '.join(names)}]"
    if plan.recipe.start is not None:
        words = _("They were imported; the file next to this one holds them.")
        return words, "\n".join([*(f'{name} = data["{name}"]' for name in names), listed])
    typed = "" if settings.precision == "float64" else ", np.float32"
    initialization = INITIALIZATIONS[settings.initialization]
    are_zero = initialization.code == "0"
    lines = [] if are_zero else ["random = np.random.default_rng([SEED, 0])"]
    for number, (entering, leaving) in enumerate(pairwise(settings.layer_sizes), start=1):
        if are_zero:
            lines.append(f"w{number} = np.zeros(({entering}, {leaving}){typed})")
            continue
        factor = initialization.code_for(entering, leaving, settings.layer_sizes[1])
        if settings.initial_scale != 1:
            factor = f"({factor} * {settings.initial_scale!r})"
        drawn = f"random.standard_normal(({entering}, {leaving})) * {factor}"
        lines.append(f"w{number} = ({drawn}).astype(np.float32)" if typed else f"w{number} = {drawn}")
    if settings.bias:
        lines += [f"b{n} = np.zeros({leaving}{typed})" for n, leaving in enumerate(settings.layer_sizes[1:], start=1)]
    words = _described(_("Initial weights, {title}: {meaning}."), initialization)
    return words, "\n".join([*lines, listed])


def _activation(plan: Plan) -> tuple[str, str]:
    activation = ACTIVATIONS[plan.settings.activation]
    words = _(
        "The activation of the hidden neurons, {activation}, and its derivative. z is a neuron's pre-activation, and a "
        "is its activation."
    ).format(activation=activation.title)
    functions = [activation.helper] if activation.helper else []
    functions.append(f"def {activation.name}(z):\n    return {activation.value}")
    for derivative in plan.values(_derivative):
        slope = activation.slope
        if derivative.endswith(FROM_THE_RIGHT):
            slope = activation.slope_from_the_right or slope
            more = _("“From the right” means that at the kink, z = 0, the derivative is the one to its right.")
            words = joined([words, more])
        functions.append(f"def {derivative}(z, a):\n    return {slope}")
    return words, "\n\n\n".join(functions)


def _forward(plan: Plan) -> tuple[str, str]:
    lines, results, x = [], [], "x"
    for number in range(1, plan.layers + 1):
        z, bias = f"z{number}" if number < plan.layers else "logits", f" + b{number}" if plan.settings.bias else ""
        lines.append(f"    {z} = {x} @ w{number}{bias}")
        results.append(z)
        if number < plan.layers:
            x = f"a{number}"
            lines.append(f"    {x} = {plan.settings.activation}({z})")
            results.append(x)
    function = "\n".join(["def forward(x):", *lines, f"    return {', '.join(results)}"])
    words = _("A layer multiplies its inputs by its weights. At the end, softmax turns the logits into probabilities.")
    return words, f"{function}\n\n\n{SOFTMAX}"


def _losses(plan: Plan) -> tuple[str, str]:
    losses, gradients = plan.values(lambda settings: settings.loss), plan.values(lambda settings: settings.gradient)
    words = [_described(_("Loss, {title}: {meaning}."), LOSSES[name]) for name in losses]
    words += [_described(_("Gradient, {title}: {meaning}."), GRADIENTS[name]) for name in gradients]
    functions = [LOSSES[name].code for name in losses]
    return joined(words), "\n\n\n".join([*functions, *plan.values(_at_logits)])


def _backward(plan: Plan) -> tuple[str, str]:
    layers = plan.layers
    entering = ["x", *(f"a{number}" for number in range(1, layers))]
    hidden = "".join(f"z{number}, a{number}, " for number in range(1, layers))
    lines = [
        "def loss_and_gradients(x, y):",
        f"    {hidden}logits = forward(x)",
        "    probabilities = softmax(logits)",
        f"    loss = {plan.name('loss_of')}(logits, probabilities, y)",
        f"    delta{layers} = {plan.name('gradient_at_logits')}(probabilities, y)",
    ]
    for n in range(layers - 1, 0, -1):
        lines.append(f"    delta{n} = (delta{n + 1} @ w{n + 1}.T) * {plan.name('derivative')}(z{n}, a{n})")
    gradients = [f"{name}.T @ delta{number}" for number, name in enumerate(entering, start=1)]
    if plan.settings.bias:
        gradients += [f"delta{number}.sum(axis=0)" for number in range(1, layers + 1)]
    lines.append(f"    gradients = [{', '.join(gradients)}]")
    if plan.penalties:
        terms = " + ".join(["gradient", *(PENALTIES[name] for name in plan.penalties)])
        lines.append(f"    gradients = [{terms} for gradient, weight in zip(gradients, parameters)]")
    words = _(
        "Backpropagation: delta is the gradient of the loss at the pre-activations of a layer. It goes back through "
        "the weights, layer by layer, and gives the gradient of each weight along the way."
    )
    return words, "\n".join([*lines, "    return loss, gradients"])


def _optimizers(plan: Plan) -> tuple[str, str]:
    names = plan.values(lambda settings: settings.optimizer)
    words = _("The optimizer turns a gradient into a step: {title} {meaning}.")
    said = joined(_described(words, OPTIMIZERS[name]) for name in names)
    return said, "\n\n\n".join(OPTIMIZERS[name].code for name in names)


def _batches(plan: Plan) -> tuple[str, str]:
    sampling = plan.settings.sampling
    if sampling == "with_replacement":
        words = _("Each digit of a batch is drawn independently, so some appear twice and some never.")
    else:
        words = _("All digits take turns, in a new order in each epoch.")
    return words, SAMPLING[sampling]


def _training(plan: Plan) -> tuple[str, str]:
    partial = plan.steps % plan.settings.steps_per_batch
    typed = "" if plan.settings.precision == "float64" else ", dtype=np.float32"
    rounds = f"min(STEPS_PER_BATCH, {plan.steps} - len(losses))" if partial else "STEPS_PER_BATCH"
    changing = [part for part, later in plan.later.items() if later]
    first = [*changing, *["optimizer"] * ("optimizer" not in changing)]
    progress = _("batch {number}: loss {loss:.3g}, test accuracy {accuracy:.1%}")
    printing = ["accuracy = test_accuracy()", f"print({_f_string(progress)})"]
    if (every := max(1, plan.batches // PROGRESS_LINES)) > 1:
        printing = [f"if number % {every} == 0:", *(f"    {line}" for line in printing)]
    code = [
        "def test_accuracy():",
        f"    return np.mean(forward(x_test){'[-1]' * (plan.layers > 1)}.argmax(axis=1) == y_test)\n\n",
        *(f"{part} = {PARTS[part](plan.settings)}" for part in first if part not in {"learning_rate", *PENALTIES}),
        "losses = []",
        "for batch in range(BATCHES):",
    ]
    for batch in plan.each:
        changes = [f"        {part} = {plan.later[part][batch]}" for part in changing if batch in plan.later[part]]
        code += [f"    if batch == {batch}:", *changes] if changes else []
    code += [
        "    rows = rows_of_batch(batch)",
        f"    x, y = x_train[rows], np.eye(10{typed})[y_train[rows]]",
        f"    for _ in range({rounds}):",
        "        loss, gradients = loss_and_gradients(x, y)",
        "        losses.append(float(loss))",
        "        optimizer.step(gradients)",
        "    number = batch + 1",
        *(f"    {line}" for line in printing),
    ]
    words = [_("Compute the loss and the gradients, take a step, and repeat.")]
    if len(plan.each) > 1:
        words.append(_("Some settings were changed during training."))
    if plan.moment.diverged:
        words.append(_("With the next step, this run diverged: the loss is no longer a finite number."))
    return joined(words), "\n".join(code)


def _result() -> tuple[str, str]:
    words = _("How many of the digits it has never seen does it classify correctly?")
    said = _f_string(_("{accuracy:.1%} of the test digits are classified correctly"))
    return words, f"accuracy = test_accuracy()\nprint({said})"


def _f_string(words: str) -> str:
    """Return an f-string expression for a text with placeholders."""
    return f"f{json.dumps(words, ensure_ascii=False)}"


def _described(words: str, entry: Entry | type[Optimizer]) -> str:
    """Insert the title and meaning of a table entry into a text."""
    return words.format(title=entry.title, meaning=entry.meaning)
