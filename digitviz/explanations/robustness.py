"""Inputs that test an answer: covered or changed pixels, small changes of ink, and pictures that are not digits."""

from dataclasses import dataclass

import numpy as np

from digitviz.datasets import PIXEL_MAX, DigitDataset
from digitviz.drawing import rasterise, to_digit
from digitviz.explanations.progress import OnProgress, ignore_progress, in_parts, in_turn
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.forward import softmax
from digitviz.networks.network import INPUT_SCALES, Network
from digitviz.networks.parameters import INPUTS
from digitviz.pretrained.not_digits import LETTERS

MAX_NUMBERS = 4_000_000
"""Maximum number of activations in one pass, to limit the memory to 32 MB."""
FINEST = 0.01
"""Distance between neighbouring step sizes, in ink from 0 to 16."""
MIN_REACH = 0.05
"""Lower limit of `Occlusion.reach`."""
TEN_LETTERS = ("A", "E", "F", "H", "K", "M", "R", "T", "W", "X")


@dataclass(frozen=True, eq=False)
class PixelFlips:
    """A network's answers to digits with one changed pixel.

    Parameters
    ----------
    answers : ndarray of int, shape (n,)
        Answers to the unchanged digits.
    changed : ndarray of int8, shape (n, 2, 8, 8)
        Answers with each pixel emptied, then with each pixel filled.
    """

    answers: np.ndarray
    changed: np.ndarray

    @property
    def flips(self) -> np.ndarray:
        """True if the answer changes, shape (n, 2, 8, 8)."""
        return np.asarray(self.changed != self.answers[:, None, None, None])

    @property
    def exist(self) -> np.ndarray:
        """True if changing one pixel can change the answer to the digit, shape (n,)."""
        exist: np.ndarray = np.any(self.flips, axis=(1, 2, 3))
        return exist


def flip_pixel(network: Network, digits: np.ndarray, on_progress: OnProgress = ignore_progress) -> PixelFlips:
    """Set each pixel to 0 and to 16, one at a time, and classify the changed digit.

    Parameters
    ----------
    network : Network
    digits : ndarray, shape (n, 64) or (64,)
        Ink, 0 to 16.
    on_progress : callable, optional
        Called with the number of digits (done, total).

    Returns
    -------
    PixelFlips

    References
    ----------
    J. Su, D. V. Vargas, K. Sakurai, One pixel attack for fooling deep neural networks, 2019. With 64 pixels it is
    possible to try every change.
    """
    x = np.asarray(digits, float).reshape(-1, 64)
    neurons = INPUTS + sum(weight.shape[1] for weight in network.parameters.weights)

    def read(rows: np.ndarray) -> np.ndarray:
        tried = np.repeat(rows[:, None, None, :], 2, axis=1).repeat(64, axis=2)
        pixels = np.arange(64)
        tried[:, 0, pixels, pixels] = 0.0
        tried[:, 1, pixels, pixels] = PIXEL_MAX
        return network.predict(tried.reshape(-1, 64)).reshape(-1, 2, 8, 8).astype(np.int8)

    changed = in_parts(read, x, max(1, MAX_NUMBERS // (2 * INPUTS * 2 * neurons)), on_progress)
    return PixelFlips(network.predict(x), changed)


def pixel_gradient(network: Network, digits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the gradient of each digit's cross-entropy with respect to its pixels.

    Parameters
    ----------
    network : Network
    digits : ndarray, shape (n, 64)
        Ink, 0 to 16.
    labels : ndarray of int, shape (n,)

    Returns
    -------
    ndarray, shape (n, 64)
        Nats per unit of ink.
    """
    factor, activation = INPUT_SCALES[network.input_scale].factor, ACTIVATIONS[network.activation]
    pre_activations, inputs = network.layers(digits)
    delta = softmax(pre_activations[-1]) - np.eye(10)[labels]
    for layer in reversed(range(len(network.parameters.weights))):
        delta = delta @ network.parameters.weights[layer].T
        if layer:
            delta = delta * activation.derivative(pre_activations[layer - 1], inputs[layer])
    return delta * factor


def adversarial(network: Network, digits: np.ndarray, labels: np.ndarray, size: float) -> np.ndarray:
    """Change every pixel by the same amount, up or down, so that the loss grows fastest. Ink stays within 0 to 16.

    Parameters
    ----------
    network : Network
    digits : ndarray, shape (n, 64)
        Ink, 0 to 16.
    labels : ndarray of int, shape (n,)
        The answers to move away from.
    size : float
        Change of each pixel, 0 to 16.

    Returns
    -------
    ndarray, shape (n, 64)
        Ink, 0 to 16.

    Raises
    ------
    ValueError
        If the size is negative or not finite.

    References
    ----------
    I. Goodfellow, J. Shlens, C. Szegedy, Explaining and harnessing adversarial examples, 2015: the fast gradient sign
    method.
    """
    return moved(digits, np.sign(pixel_gradient(network, digits, labels)), size)


def random_signs(digits: np.ndarray, size: float, seed: int = 0) -> np.ndarray:
    """Change every pixel by the same amount, up or down at random, for comparison with `adversarial`."""
    digits = np.asarray(digits, float)
    return moved(digits, np.random.default_rng(seed).choice([-1.0, 1.0], digits.shape), size)


def moved(digits: np.ndarray, signs: np.ndarray, size: float) -> np.ndarray:
    """Return ``digits + size * signs``, clipped to 0 to 16."""
    if not 0 <= size < np.inf:
        raise ValueError(f"size: {size} is not a finite number of at least 0")
    return np.clip(np.asarray(digits, float) + size * signs, 0.0, PIXEL_MAX)


def smallest_flip(network: Network, digit: np.ndarray, label: int, limit: float = 4.0) -> float | None:
    """Return the smallest step along the gradient's signs, to 0.01, that changes the answer from `label`.

    In another direction, a smaller change may be enough, even if this function finds none.

    Parameters
    ----------
    network : Network
    digit : ndarray, shape (64,)
    label : int
    limit : float
        Largest step to try.

    Returns
    -------
    float or None
        0 if the unchanged digit is misclassified. None if no step up to `limit` is enough.
    """
    x = np.asarray(digit, float).reshape(1, 64)
    signs = np.sign(pixel_gradient(network, x, np.array([label])))
    sizes = np.arange(round(limit / FINEST) + 1) * FINEST
    answers = network.predict(np.clip(x + sizes[:, None] * signs, 0.0, PIXEL_MAX))
    others = np.flatnonzero(answers != label)
    return float(sizes[others[0]]) if len(others) else None


@dataclass(frozen=True, eq=False)
class Occlusion:
    """The answers to a digit with one covered pixel; see `occlusion`.

    Parameters
    ----------
    label : int
        The answer to the uncovered digit.
    probability : float
        Its probability, 0 to 1.
    probabilities : ndarray of float64, shape (8, 8)
        The probability of `label` with this pixel covered.
    labels : ndarray of int, shape (8, 8)
        The answer with this pixel covered.
    """

    label: int
    probability: float
    probabilities: np.ndarray
    labels: np.ndarray

    @property
    def changes(self) -> np.ndarray:
        """Change of the probability when this pixel is covered, shape (8, 8)."""
        return self.probabilities - self.probability

    @property
    def flips(self) -> np.ndarray:
        """True if the answer changes when this pixel is covered, shape (8, 8)."""
        return self.labels != self.label

    @property
    def matters(self) -> np.ndarray:
        """True if covering this pixel changes the answer, or its probability in percent with one decimal."""
        return self.flips | (np.char.mod("%.1f", 100 * self.probabilities) != f"{100 * self.probability:.1f}")

    @property
    def weightiest(self) -> tuple[int, int]:
        """Row and column, from 0, of the pixel that changes the probability most, if possible also the answer."""
        among = self.flips if self.flips.any() else self.matters
        row, column = divmod(int(np.where(among, np.abs(self.changes), -1).argmax()), 8)
        return row, column

    @property
    def reach(self) -> float:
        """Change of the probability at which a disc has its full size."""
        return max(float(np.abs(self.changes).max()), MIN_REACH)


def occlusion(network: Network, digit: np.ndarray, value: float | np.ndarray = 0.0) -> Occlusion:
    """Cover each of the 64 pixels in turn and classify the digit, all in one pass.

    Parameters
    ----------
    network : Network
    digit : ndarray, shape (8, 8) or (64,)
        Ink, 0 to 16.
    value : float or ndarray, shape (8, 8) or (64,)
        Ink of a covered pixel: 0, or the mean of the training digits, `train.pixels.mean(axis=0)`.

    Returns
    -------
    Occlusion

    Raises
    ------
    ValueError
        If there is not one value or 64, or a value is not within 0 to 16.

    References
    ----------
    M. Zeiler, R. Fergus, Visualizing and understanding convolutional networks, 2014.
    """
    cover = _cover(value)
    whole = np.asarray(digit, dtype=np.float64).reshape(64)
    covered = np.tile(whole, (64, 1))
    np.fill_diagonal(covered, cover)
    probabilities = network.predict_proba(np.concatenate([whole[None], covered])).astype(np.float64)
    label = int(probabilities[0].argmax())
    return Occlusion(
        label,
        float(probabilities[0, label]),
        probabilities[1:, label].reshape(8, 8),
        probabilities[1:].argmax(axis=1).reshape(8, 8),
    )


def pixel_importance(
    network: Network, digits: DigitDataset, value: float | np.ndarray = 0.0, on_progress: OnProgress = ignore_progress
) -> np.ndarray:
    """Return the accuracy lost if a pixel has the same ink in all digits, for each pixel, shape (8, 8).

    Negative if more digits are then classified correctly.

    Parameters
    ----------
    network : Network
    digits : DigitDataset
    value : float or ndarray, shape (8, 8) or (64,)
        Ink of the pixel, as in `occlusion`.
    on_progress : callable, optional
        Called before each pixel with (done, total).

    Raises
    ------
    ValueError
        If there is not one value or 64, or a value is not within 0 to 16.
    """
    cover = np.broadcast_to(_cover(value), 64)
    whole = network.accuracy(digits.pixels, digits.labels)

    def lost(pixel: int) -> float:
        covered = digits.pixels.copy()
        covered[:, pixel] = cover[pixel]
        return whole - network.accuracy(covered, digits.labels)

    found: np.ndarray = in_turn(lost, range(64), on_progress)
    return found.reshape(8, 8)


def _cover(value: float | np.ndarray) -> np.ndarray:
    """Check the ink of covered pixels, and return it as an array, shape (1,) or (64,)."""
    cover = np.asarray(value, dtype=np.float64).ravel()
    if not (cover.size in (1, 64) and (cover >= 0).all() and (cover <= PIXEL_MAX).all()):
        raise ValueError(f"value: it must be one number or 64, within 0 to {PIXEL_MAX:g}")
    return cover


def letters() -> np.ndarray:
    """Return the letters `TEN_LETTERS`, drawn on the pad and converted like digits, shape (10, 64).

    Ink is 0 to 16.
    """
    return np.stack([_drawn(LETTERS[name]) for name in TEN_LETTERS])


def noise(count: int, seed: int = 0) -> np.ndarray:
    """Return pictures with a random amount of ink in each pixel, 0 to 16, shape (count, 64)."""
    return np.random.default_rng(seed).integers(0, int(PIXEL_MAX), (count, 64), endpoint=True).astype(float)


def shifted(digits: np.ndarray, down: int, right: int) -> np.ndarray:
    """Shift digits by whole pixels. Pixels beyond the edge are lost, and new ones are empty.

    Parameters
    ----------
    digits : ndarray, shape (n, 64)
    down, right : int
        Pixels, -8 to 8; negative moves up or to the left.

    Returns
    -------
    ndarray, shape (n, 64)
    """
    from scipy.ndimage import shift

    return shift(np.asarray(digits, float).reshape(-1, 8, 8), (0, down, right), order=0).reshape(-1, 64)


def turned(digits: np.ndarray, degrees: float) -> np.ndarray:
    """Rotate digits around the centre of the picture, with linear interpolation between pixels.

    Parameters
    ----------
    digits : ndarray, shape (n, 64)
        Ink, 0 to 16.
    degrees : float
        Clockwise.

    Returns
    -------
    ndarray, shape (n, 64)
        Ink, 0 to 16.
    """
    from scipy.ndimage import rotate

    images = np.asarray(digits, float).reshape(-1, 8, 8)
    around = rotate(images, -degrees, axes=(2, 1), reshape=False, order=1)
    return np.clip(around, 0.0, PIXEL_MAX).reshape(-1, 64)


def _drawn(glyph: str) -> np.ndarray:
    strokes = [np.array([point.split(",") for point in stroke.split()], float) for stroke in glyph.split(" / ")]
    corner = np.min([stroke.min(axis=0) for stroke in strokes], axis=0)
    size = np.max([stroke.max(axis=0) for stroke in strokes], axis=0) - corner
    scale = 180 / size.max()
    canvas = rasterise([(stroke - corner) * scale + (280 - size * scale) / 2 for stroke in strokes])
    return to_digit(canvas).digit.reshape(64).astype(float)
