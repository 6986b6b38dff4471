"""The gradient of a batch: factors of the chain rule, a step along it, and how the notebook's gradient differs."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from digitviz.language import Lazy, gettext as _, lazy_gettext
from digitviz.lesson.batch import Batch, batch_of
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import GRADIENTS, loss_and_gradients
from digitviz.networks.forward import forward, softmax
from digitviz.networks.losses import LOSSES, AtLogits
from digitviz.networks.parameters import Parameters
from digitviz.training.optimizers import GradientDescent
from digitviz.training.run import TrainingRun


class Side(Enum):
    """The meaning of a matrix's rows or columns: its name, and the number of the first one on pages."""

    DIGIT = lazy_gettext("digit of the batch"), 1
    PIXEL = lazy_gettext("pixel"), 1
    NEURON = lazy_gettext("neuron"), 1
    OUTPUT = lazy_gettext("digit"), 0  # the outputs are the digits 0 to 9

    def __init__(self, title: Lazy, first: int) -> None:
        self.title, self.first = title, first

    def __str__(self) -> str:
        return str(self.title)


def sides_of_weights(layer: int, layers: int) -> tuple[Side, Side]:
    """Return the meaning of the rows and columns of a weight matrix. `layer` 0 is w1."""
    return Side.PIXEL if layer == 0 else Side.NEURON, Side.OUTPUT if layer == layers - 1 else Side.NEURON


@dataclass(frozen=True, eq=False)
class Factor:
    """One factor of the chain rule.

    Parameters
    ----------
    letter, formula : str
        LaTeX. `formula` is the factor's definition, empty if the forward pass computed it.
    plain : str
        Letter in Plotly's HTML.
    meaning : str
    values : ndarray, shape (rows, columns)
    rows, columns : Side
    reach : float
        Minimum range of its colour scale, so that factors of one kind look alike.
    """

    letter: str
    plain: str
    formula: str
    meaning: str
    values: np.ndarray
    rows: Side
    columns: Side
    reach: float = 0.0


LATEX = {"δ{}": r"\delta_{}", "∇w{}": r"\nabla w_{}", "σ′(z{})": r"\sigma'(z_{})", "a{}": "a_{}", "w{}": "w_{}"}
"""LaTeX for the letters that Plotly writes, each with a placeholder for the number of the layer."""


def _factor(
    letter: str, layer: int, meaning: str, values: np.ndarray, sides: tuple[Side, Side], formula: str = ""
) -> Factor:
    """Return a factor of a layer, counted from 1. `letter` is a key of `LATEX`."""
    plain = letter.format(f"<sub>{layer}</sub>")
    return Factor(LATEX[letter].format(layer), plain, formula, meaning, values, *sides)


@dataclass(frozen=True, eq=False)
class Part:
    """A factor in an equation.

    Parameters
    ----------
    factor : Factor
    before : str
        Text before it: "=", "·", "⊙".
    transposed : bool
    after : str
        Text after it.
    """

    factor: Factor
    before: str = ""
    transposed: bool = False
    after: str = ""

    @property
    def plain(self) -> str:
        """Letter in Plotly's HTML."""
        return f"{self.factor.plain}<sup>⊤</sup>" if self.transposed else self.factor.plain


@dataclass(frozen=True, eq=False)
class ChainRule:
    """All intermediate results of a batch's gradient. Lists have one entry per layer, starting with the first.

    Parameters
    ----------
    inputs : list of ndarray, shape (batch, inputs of the layer)
        Inputs of each layer: x, then the activations of the layer below.
    weights : list of ndarray
    probabilities, one_hot : ndarray, shape (batch, 10)
    handed_back : list of ndarray, shape (batch, neurons)
        Gradient at the activations of each hidden layer, passed back by the layer above. One entry per hidden layer.
    derivatives : list of ndarray, shape (batch, neurons)
        Derivative of the activation at each pre-activation. One entry per hidden layer.
    deltas : list of ndarray, shape (batch, outputs of the layer)
        Gradient at each layer's pre-activations, for the loss that training descends.
    gradients : list of ndarray
        Gradient of each weight matrix.
    start : AtLogits
        Gradient at the logits, where backpropagation starts.
    """

    inputs: list[np.ndarray]
    weights: list[np.ndarray]
    probabilities: np.ndarray
    one_hot: np.ndarray
    handed_back: list[np.ndarray]
    derivatives: list[np.ndarray]
    deltas: list[np.ndarray]
    gradients: list[np.ndarray]
    start: AtLogits

    def equations(self) -> list[list[Part]]:
        """Return the equations in the order of computation. Each is a list: the result, then its factors."""
        last = len(self.weights)
        begin, between, end = self.start.signs
        deltas = [self._delta(layer) for layer in range(1, last + 1)]
        guess = Factor("p", "p", "", _("the predicted probabilities"), self.probabilities, Side.DIGIT, Side.OUTPUT, 1.0)
        target = Factor("y", "y", "", _("the one-hot labels"), self.one_hot, Side.DIGIT, Side.OUTPUT)
        found = [[Part(deltas[-1]), Part(guess, begin), Part(target, between, after=end)]]
        for layer in range(last, 0, -1):
            entering, sides = self._entering(layer), sides_of_weights(layer - 1, last)
            meaning = _("gradient of {weights}").format(weights=f"w{layer}")
            formula = rf"{entering.letter}^\top\,\delta_{layer}"
            gradient = _factor("∇w{}", layer, meaning, self.gradients[layer - 1], sides, formula)
            found.append([Part(gradient), Part(entering, "=", transposed=True), Part(deltas[layer - 1], "·")])
            if layer > 1:
                meaning = _("weights of layer {layer}").format(layer=layer)
                weights = _factor("w{}", layer, meaning, self.weights[layer - 1], sides)
                down = [Part(deltas[layer - 1], "=("), Part(weights, "·", transposed=True)]
                found.append([Part(deltas[layer - 2]), *down, Part(self._derivative(layer - 1), ")⊙")])
        return found

    def factors(self) -> list[Factor]:
        """Return every factor once, in the order of the equations."""
        return list({part.factor.letter: part.factor for equation in self.equations() for part in equation}.values())

    def _delta(self, layer: int) -> Factor:
        formula, meaning, last = self.start.formula, _("gradient at the logits"), len(self.weights)
        if layer < last:
            formula = rf"(\delta_{layer + 1}\,w_{layer + 1}^\top) \odot \sigma'(z_{layer})"
            meaning = _("gradient at the pre-activations of layer {layer}").format(layer=layer)
        sides = Side.DIGIT, sides_of_weights(layer - 1, last)[1]
        return _factor("δ{}", layer, meaning, self.deltas[layer - 1], sides, formula)

    def _entering(self, layer: int) -> Factor:
        if layer == 1:
            return Factor("x", "x", "", _("input pixels"), self.inputs[0], Side.DIGIT, Side.PIXEL)
        meaning = _("activations of layer {layer}").format(layer=layer - 1)
        return _factor("a{}", layer - 1, meaning, self.inputs[layer - 1], (Side.DIGIT, Side.NEURON))

    def _derivative(self, layer: int) -> Factor:
        meaning = _("derivative of the activation, layer {layer}").format(layer=layer)
        return _factor("σ′(z{})", layer, meaning, self.derivatives[layer - 1], (Side.DIGIT, Side.NEURON))

    def terms(self, layer: int, row: int, column: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the terms of one weight's gradient: input and delta for each digit of the batch, shape (batch,) each.

        Parameters
        ----------
        layer : int
            Weight matrix: 0 is w1.
        row, column : int
        """
        return self.inputs[layer][:, row], self.deltas[layer][:, column]


def chain_rule(parameters: Parameters, batch: Batch, activation: str, loss: str, gradient: str) -> ChainRule:
    """Compute the gradient of a batch with all intermediate results.

    Parameters
    ----------
    parameters : Parameters
    batch : Batch
    activation, loss, gradient : str
        Names in `ACTIVATIONS`, `LOSSES` and `GRADIENTS`.

    References
    ----------
    D. Rumelhart, G. Hinton, R. Williams, Learning representations by back-propagating errors, 1986.
    """
    function, kind = ACTIVATIONS[activation], GRADIENTS[gradient]
    start, derivative = kind.at_logits(LOSSES[loss]), kind.derivative(function)
    with np.errstate(over="ignore", invalid="ignore"):  # huge weights give inf and nan
        pre_activations, inputs = forward(parameters, function, batch.x)
        probabilities = softmax(pre_activations[-1])
        deltas = [start.function(probabilities, batch.one_hot)]
        handed_back: list[np.ndarray] = []
        derivatives = [derivative(z, a) for z, a in zip(pre_activations[:-1], inputs[1:], strict=True)]
        for layer in range(len(parameters.weights) - 1, 0, -1):
            handed_back.insert(0, deltas[0] @ parameters.weights[layer].T)
            deltas.insert(0, handed_back[0] * derivatives[layer - 1])
        gradients = [entering.T @ delta for entering, delta in zip(inputs, deltas, strict=True)]
    known = probabilities, batch.one_hot
    return ChainRule(inputs, parameters.weights, *known, handed_back, derivatives, deltas, gradients, start)


@dataclass(frozen=True, eq=False)
class Step:
    """One step of gradient descent on one batch.

    Parameters
    ----------
    before, gradient, change, after : Parameters
        change = - learning rate x gradient.
    loss_before, loss_after : float
        Sum over the batch.
    """

    before: Parameters
    gradient: Parameters
    change: Parameters
    after: Parameters
    loss_before: float
    loss_after: float


def one_step(
    parameters: Parameters, batch: Batch, activation: str, loss: str, gradient: str, learning_rate: float
) -> Step:
    """Take one step of plain gradient descent, with the functions that training uses."""
    how = (batch.x, batch.one_hot, ACTIVATIONS[activation], LOSSES[loss], gradient)
    after = parameters.copy()
    with np.errstate(over="ignore", invalid="ignore"):  # the lesson includes steps that are too long
        loss_before, gradients = loss_and_gradients(parameters, *how)
        GradientDescent(learning_rate).update(after.arrays, gradients.arrays)
        change = after.from_arrays([-learning_rate * array for array in gradients.arrays])
        return Step(parameters, gradients, change, after, loss_before, loss_and_gradients(after, *how)[0])


MAX_DIGITS = 100
MAX_MOMENTS = 30
MAX_WEIGHTS = 2_000_000
"""Maximum number of weights times number of points in training. Even the largest network then takes less than 0.3 s."""


@dataclass(frozen=True, eq=False)
class GradientsAlong:
    """Two gradients of the same weights for the same digits, along a run.

    Parameters
    ----------
    batches : ndarray of int, shape (moments,)
        Finished batches; 0 is before training.
    angles : ndarray, shape (moments,)
        Angle between the notebook's gradient and that of the squared error, in degrees. nan if one of them is zero.
    lengths : ndarray, shape (moments,)
        Length of the notebook's gradient divided by that of the other. nan if the other is zero.
    strangeness : float
        Largest difference between the notebook's gradient and that of twice the cross-entropy, relative to their
        largest entry.
    """

    batches: np.ndarray
    angles: np.ndarray
    lengths: np.ndarray
    strangeness: float


def gradients_along(run: TrainingRun, finished: int) -> GradientsAlong:
    """Compare the notebook's gradient with that of the squared error along a run.

    Parameters
    ----------
    run : TrainingRun
    finished : int
        Number of finished batches. Each comparison uses up to 100 digits of the next batch.
    """
    kept = run.history.kept_batches[run.history.kept_batches < finished]
    limit = int(np.clip(MAX_WEIGHTS // run.initial_parameters.size, 5, MAX_MOMENTS))
    if len(kept) > limit:
        kept = kept[np.linspace(0, len(kept) - 1, limit).round().astype(int)]
    moments = [(0, run.initial_parameters)] + [(int(batch) + 1, run.history.parameters_after(batch)) for batch in kept]
    rows = [_compare(run, number, parameters) for number, parameters in moments]
    angles, lengths, strangeness = np.array(rows).T
    return GradientsAlong(np.array([number for number, _ in moments]), angles, lengths, float(strangeness.max()))


def _compare(run: TrainingRun, number: int, parameters: Parameters) -> tuple[float, float, float]:
    batch = batch_of(run, number, limit=MAX_DIGITS)
    precise = parameters.in_float64()
    activation = ACTIVATIONS[run.hyperparameters.activation]

    def gradient(loss: str, kind: str) -> np.ndarray:
        return loss_and_gradients(precise, batch.x, batch.one_hot, activation, LOSSES[loss], kind)[1].to_vector()

    with np.errstate(over="ignore", invalid="ignore"):  # huge weights overflow
        notebook, squared = gradient("squared_error", "notebook"), gradient("squared_error", "exact")
        twice = 2 * gradient("cross_entropy", "exact")
        ours, theirs = float(np.linalg.norm(notebook)), float(np.linalg.norm(squared))
        largest = max(float(np.abs(notebook).max()), float(np.abs(twice).max()))
        strangeness = float(np.abs(notebook - twice).max()) / largest if largest else 0.0
        if not ours or not theirs:
            return np.nan, np.nan, strangeness
        cosine = np.clip(notebook / ours @ (squared / theirs), -1, 1)
        return float(np.degrees(np.arccos(cosine))), ours / theirs, strangeness
