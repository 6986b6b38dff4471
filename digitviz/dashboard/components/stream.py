"""Data for a browser that shows a run in training. It extends the curves and computes the other figures itself.

Each part is a block of bytes, packed as by `component.packed`, with little-endian numbers: float32 if they fit.
"""

import numpy as np

from digitviz.dashboard.components.component import network_head, packed
from digitviz.datasets import DigitDataset
from digitviz.explanations.neurons import strongest
from digitviz.figures.draw import as_float32
from digitviz.figures.losses import course_shown, curves_shown, points_of_a_curve
from digitviz.figures.weights import cells_shown
from digitviz.networks.forward import softmax
from digitviz.networks.network import Network
from digitviz.networks.parameters import INPUTS, OUTPUTS, Parameters
from digitviz.training.background_sweep import SweepWork
from digitviz.training.history import History

MAX_WEIGHTS = 50_000
"""Maximum number of weights and biases sent to a browser. Of a larger network, it gets only the drawn ones."""


def curves_of(history: History) -> str:
    """Return an id that is the same for curves that extend one another."""
    return f"{history.serial} {history.batches} {history.known_from}"


def curves_block(history: History, since: int) -> bytes:
    """Return the new points of a run's curves between two steps.

    Parameters
    ----------
    history : History
        Ends at the later step.
    since : int
        The earlier step, up to which the browser has the curves. 0 for all points.

    Returns
    -------
    bytes
        The losses at the drawn points, batch after batch, then the curves in `record.BATCH_CURVES` at the ends of the
        drawn batches, one row per batch. One batch in `every`, or in `courseEvery`, is drawn. The browser drops its
        others.
    """
    steps, lost, to = history.recorded_losses.shape[1], history.known_from, history.step
    first, finished = since // steps, to // steps
    every, shown = curves_shown(-(-to // steps), lost, steps)
    shown, points = shown[shown >= first], points_of_a_curve(steps, history.batches)
    at = (shown[:, None] * steps + points).ravel()
    at = at[(at >= since) & (at < to)]
    course_every, ends = course_shown(finished, lost)
    ends = ends[ends >= first]
    head: dict[str, object] = {
        "part": "curves",
        "run": curves_of(history),
        "from": since,
        "to": to,
        "every": every,
        "shown": shown.tolist(),
        "courseEvery": course_every,
        "ends": ends.tolist(),
    }
    if not since:
        head |= {"steps": steps, "batches": history.batches, "points": points.tolist()}
    return _block(head, history.recorded_losses.reshape(-1)[at], history.at_ends(ends))


def tape_block(work: SweepWork, since: int, to: int) -> bytes:
    """Return some rows of an experiment's tape, one after another."""
    return _block({"part": "tape", "run": work.serial, "from": since, "to": to}, np.array(work.tape[since:to], float))


def network_block(network: Network, initial: Parameters, digits: DigitDataset, serial: str) -> bytes:
    """Return the data that a browser needs to compute with a run's weights.

    Returns
    -------
    bytes
        The initial weights, then the pixels of `digits`. For a network with more than `MAX_WEIGHTS` weights, only the
        cells that figures draw. The head then has their rows and columns, layer by layer.
    """
    head = network_head(network) | {"part": "network", "serial": serial}
    head["labels"] = digits.labels.tolist()
    if initial.size <= MAX_WEIGHTS:
        return _block(head, as_float32(initial.to_vector()), digits.pixels)
    head["cells"] = [[rows.tolist(), columns.tolist()] for rows, columns in cells_drawn(initial)]
    return _block(head, *matrices_drawn(initial), digits.pixels)


def weights_block(network: Network, digits: DigitDataset, serial: str, step: int) -> bytes:
    """Return the weights of a run at a step.

    For a network with more than `MAX_WEIGHTS` weights, it computes the shown results instead. This takes too long for
    the server's event loop.

    Returns
    -------
    bytes
        All weights, then all biases. For a large network, the cells that figures draw, the ten probabilities of each
        of `digits`, and for the neurons in the picture of the network, whose indices are in the head: their
        activations for each of `digits`, layer by layer, then the weights between them.
    """
    parameters = network.parameters
    head: dict[str, object] = {"part": "weights", "serial": serial, "step": step}
    if parameters.size <= MAX_WEIGHTS:
        vector = parameters.to_vector()
        if np.abs(vector).max() <= np.finfo(np.float32).max:
            return _block(head, vector)
        return packed(head | {"isWide": True}, vector.astype("<f8").tobytes())  # of a diverged run
    shown = strongest(parameters)
    head["shown"] = [neurons.tolist() for neurons in shown]
    logits, inputs = network.layers(digits.pixels)
    active = [layer[:, neurons] for layer, neurons in zip(inputs[1:], shown, strict=True)]
    ends = [np.arange(INPUTS), *shown, np.arange(OUTPUTS)]
    between = [weight[np.ix_(*ends[at : at + 2])] for at, weight in enumerate(parameters.weights)]
    numbers = [*matrices_drawn(parameters), softmax(logits[-1]), *active, *between]
    return _block(head, *map(as_float32, numbers))


def cells_drawn(parameters: Parameters) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the rows and columns of the drawn weights for each layer."""
    return [cells_shown(weight.shape) for weight in parameters.weights]


def matrices_drawn(parameters: Parameters) -> list[np.ndarray]:
    """Return the weights in the cells of `cells_drawn`."""
    cells = cells_drawn(parameters)
    return [weight[np.ix_(*each)] for weight, each in zip(parameters.weights, cells, strict=True)]


def _block(head: dict[str, object], *arrays: np.ndarray) -> bytes:
    return packed(head, *(array.astype("<f4").tobytes() for array in arrays))
