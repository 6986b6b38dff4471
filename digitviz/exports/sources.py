"""The code of each cell, with what this training needs and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

from digitviz.exports import snippets
from digitviz.exports.activations import ACTIVATIONS
from digitviz.exports.plan import FROM_THE_RIGHT, Plan, Role, at_logits_of, derivative_of
from digitviz.language import gettext as _
from digitviz.networks.network import INPUT_SCALES

PACKAGES = {"numpy": "NumPy", "scipy": "SciPy", "sklearn": "scikit-learn"}
"""That code may import, by the names it imports them under."""
PROGRESS_LINES = 10
"""Lines that are printed on the way, about."""


def imports(plan: Plan, data: str) -> str:
    """Import what is needed, and open the file at the expression `data` if there is one."""
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
    return "\n".join([*standard, *[""] * bool(standard), *others, *loading])


def digits(plan: Plan) -> str:
    """Load the digits as x_train, x_test, y_train and y_test."""
    factor = INPUT_SCALES[plan.settings.input_scale].factor
    count = len(plan.moment.train)
    if plan.has_own_digits:
        train, test = 'data["x_train"]', 'data["x_test"]'
        labels = 'y_train, y_test = data["y_train"], data["y_test"]'
        begin = []
    else:
        train, test = f"digits.data[:{count}]", f"digits.data[{count}:]"
        labels = f"y_train, y_test = digits.target[:{count}], digits.target[{count}:]"
        begin = ["digits = load_digits()"]
    scaled = "" if factor == 1 else f" / {1 / factor:g}"
    if plan.has_own_digits or plan.settings.precision != "float64":
        train, test = (f"{part}.astype(np.{plan.settings.precision})" for part in (train, test))
    return "\n".join([*begin, f"x_train, x_test = {train}{scaled}, {test}{scaled}", labels])


def settings(plan: Plan) -> str:
    """Name the settings that are numbers."""
    settings = plan.settings
    lines = [
        f"SEED = {settings.seed}",
        f"BATCH_SIZE = {settings.batch_size}",
        f"BATCHES = {plan.batches}",
        f"STEPS_PER_BATCH = {settings.steps_per_batch}",
        f"learning_rate = {settings.learning_rate!r}",
    ]
    if plan.weight_decay is not None:
        lines.append(f"weight_decay = {settings.weight_decay!r}")
    return "\n".join(lines)


def weights(plan: Plan) -> str:
    """Make the first weights, and the list `parameters` of all of them."""
    settings, numbers = plan.settings, range(1, plan.layers + 1)
    names = [*(f"w{n}" for n in numbers), *(f"b{n}" for n in numbers if settings.bias)]
    listed = f"parameters = [{', '.join(names)}]"
    if plan.recipe.start is not None:
        return "\n".join([*(f'{name} = data["{name}"]' for name in names), listed])
    typed = "" if settings.precision == "float64" else ", np.float32"
    sizes = list(pairwise(settings.layer_sizes))
    spread = snippets.INITIALIZATIONS.get(settings.initialization)
    lines = [] if spread is None else ["random = np.random.default_rng([SEED, 0])"]
    for number, (entering, leaving) in enumerate(sizes, start=1):
        if spread is None:
            lines.append(f"w{number} = np.zeros(({entering}, {leaving}){typed})")
            continue
        factor = spread.format(first=settings.layer_sizes[1], entering=entering, leaving=leaving)
        drawn = f"random.standard_normal(({entering}, {leaving})){factor}"
        lines.append(f"w{number} = ({drawn}).astype(np.float32)" if typed else f"w{number} = {drawn}")
    if settings.bias:
        lines += [f"b{number} = np.zeros({leaving}{typed})" for number, (_n, leaving) in enumerate(sizes, start=1)]
    return "\n".join([*lines, listed])


def forward(plan: Plan) -> str:
    """Define `forward`, which gives the pre-activations and activations of each layer, and `softmax`."""
    lines, results = [], []
    for number in range(1, plan.layers + 1):
        entering, z = ("x" if number == 1 else f"a{number - 1}"), f"z{number}"
        last = number == plan.layers
        bias = f" + b{number}" if plan.settings.bias else ""
        lines.append(f"    {'logits' if last else z} = {entering} @ w{number}{bias}")
        if not last:
            lines.append(f"    a{number} = {plan.settings.activation}({z})")
            results += [z, f"a{number}"]
    function = "\n".join(["def forward(x):", *lines, f"    return {', '.join([*results, 'logits'])}"])
    return f"{function}\n\n\n{snippets.SOFTMAX}"


def activation(plan: Plan) -> str:
    """Define the activation and its derivative."""
    name = plan.settings.activation
    code = ACTIVATIONS[name]
    functions = [code.helper] if code.helper else []
    functions.append(f"def {name}(z):\n    return {code.function}")
    for derivative in plan.values(derivative_of):
        body = code.from_the_right if derivative.endswith(FROM_THE_RIGHT) else code.derivative
        functions.append(f"def {derivative}(z, a):\n    return {body}")
    return "\n\n\n".join(functions)


def losses(plan: Plan) -> str:
    """Define each loss that is recorded, and each gradient at the logits that is followed."""
    functions = [snippets.LOSSES[name] for name in plan.values(lambda settings: settings.loss)]
    functions += [snippets.AT_LOGITS[name] for name in plan.values(at_logits_of)]
    return "\n\n\n".join(functions)


def optimizers(plan: Plan) -> str:
    """Define each optimizer that takes steps."""
    names = plan.values(lambda settings: settings.optimizer)
    return "\n\n\n".join(snippets.OPTIMIZERS[name].source for name in names)


def backward(plan: Plan) -> str:
    """Define `loss_and_gradients`."""
    layers, bias = plan.layers, plan.settings.bias
    hidden = [name for number in range(1, layers) for name in (f"z{number}", f"a{number}")]
    lines = [
        f"    {', '.join([*hidden, 'logits'])} = forward(x)",
        "    probabilities = softmax(logits)",
        f"    loss = {plan.loss.name}(logits, probabilities, y)",
        f"    delta{layers} = {plan.at_logits.name}(probabilities, y)",
    ]
    for number in range(layers - 1, 0, -1):
        through = f"(delta{number + 1} @ w{number + 1}.T) * {plan.derivative.name}(z{number}, a{number})"
        lines.append(f"    delta{number} = {through}")
    gradients = [f"{'x' if number == 1 else f'a{number - 1}'}.T @ delta{number}" for number in range(1, layers + 1)] + [
        f"delta{number}.sum(axis=0)" for number in range(1, layers + 1) if bias
    ]
    lines.append(f"    gradients = [{', '.join(gradients)}]")
    if plan.weight_decay is not None:
        lines.append(
            "    gradients = [gradient + weight_decay * weight for gradient, weight in zip(gradients, parameters)]"
        )
    return "\n".join(["def loss_and_gradients(x, y):", *lines, "    return loss, gradients"])


def training(plan: Plan) -> str:
    """Take the steps, with the changes on the way."""
    partial = plan.steps % plan.settings.steps_per_batch
    typed = "" if plan.settings.precision == "float64" else ", dtype=np.float32"
    rounds = f"min(STEPS_PER_BATCH, {plan.steps} - len(losses))" if partial else "STEPS_PER_BATCH"
    changing = [role for role in plan.roles if role.later]
    begin = [f"{role.role} = {role.first}" for role in changing if role.role not in {"learning_rate", "weight_decay"}]
    if not plan.optimizer.later:
        begin.append(f"optimizer = {plan.optimizer.first}")
    every = max(1, plan.batches // PROGRESS_LINES)
    words = _("batch {number}: loss {loss:.3g}, {accuracy:.1%} of the test digits correct")
    lines = [
        *_test_accuracy(plan), *begin, "losses = []", "for batch in range(BATCHES):", *_changes(changing),
        "    rows = rows_of_batch(batch)",
        f"    x, y = x_train[rows], np.eye(10{typed})[y_train[rows]]",
        f"    for _ in range({rounds}):",
        "        loss, gradients = loss_and_gradients(x, y)",
        "        losses.append(float(loss))",
        "        optimizer.step(gradients)",
        "    number = batch + 1",
    ]  # fmt: skip
    printing = ["accuracy = test_accuracy()", f"print(f{json.dumps(words, ensure_ascii=False)})"]
    if every == 1:
        return "\n".join([*lines, *(f"    {line}" for line in printing)])
    return "\n".join([*lines, f"    if number % {every} == 0:", *(f"        {line}" for line in printing)])


def _test_accuracy(plan: Plan) -> list[str]:
    logits = "forward(x_test)[-1]" if plan.layers > 1 else "forward(x_test)"
    return ["def test_accuracy():", f"    return np.mean({logits}.argmax(axis=1) == y_test)", "", ""]


def _changes(changing: list[Role]) -> Iterator[str]:
    for batch in sorted({batch for role in changing for batch in role.later}):
        yield f"    if batch == {batch}:"
        yield from (f"        {role.role} = {role.later[batch]}" for role in changing if batch in role.later)


def result() -> str:
    """Say the accuracy at the end."""
    words = _("{accuracy:.1%} of the test digits are correct")
    return f"accuracy = test_accuracy()\nprint(f{json.dumps(words, ensure_ascii=False)})"
