"""Train the pretrained network and the likeness detector, and write both with their model card.

    python -m digitviz.pretrained

This takes minutes on two cores and needs only the repository. Results are reproducible on the same machine.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from digitviz.datasets import PIXEL_MAX, DigitDataset, load_digits, load_handwriting
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.networks.forward import softmax
from digitviz.networks.losses import LOSSES
from digitviz.networks.network import DATA, Network, load_shipped, save_shipped
from digitviz.networks.parameters import Parameters
from digitviz.pretrained import measure
from digitviz.pretrained.examples import (
    DIGIT_COPIES,
    HANDWRITING_COPIES,
    NOT_DIGITS,
    TRAINING_DIGITS,
    TRAINING_HANDWRITING,
    Examples,
    make_examples,
    refresh_handwriting,
)

READER_RECIPE: dict[str, Any] = {"hidden": 50, "epochs": 20, "rate": 4e-3, "decay": 0.2}
TEACHERS = 5
"""Number of networks with different initial weights. The reader learns their mean prediction, which is more stable than
a single network trained on the labels."""

LIKENESS_RECIPE: dict[str, Any] = {"hidden": 48, "epochs": 15, "rate": 4e-3, "decay": 0.1, "bias": True}
FLAGGED_DIGITS = 0.03
"""Fraction of held-out digits that get a likeness below 0.5."""

BATCH = 256
BETAS = (0.9, 0.99)
WARM_UP = 0.3
"""Fraction of the steps during which the learning rate rises. Then it falls along a cosine."""

DRAWINGS = Path(__file__).parents[2] / "tests" / "data"


def fit(
    x: np.ndarray,
    targets: np.ndarray,
    hidden: int,
    *,
    epochs: int,
    rate: float,
    decay: float,
    seed: int,
    bias: bool = False,
) -> Parameters:
    """Train a relu network with one hidden layer, in float32: AdamW, cross-entropy, one cycle of the learning rate.

    Parameters
    ----------
    x : ndarray, shape (n, inputs)
        Values around 1.
    targets : ndarray, shape (n, classes)
        One-hot, or probabilities.
    hidden : int
        Hidden neurons.
    epochs : int
        Passes over the data.
    rate : float
        Maximum learning rate.
    decay : float
        Weight decay.
    seed : int
    bias : bool

    References
    ----------
    I. Loshchilov, F. Hutter, Decoupled weight decay regularization, 2019.
    L. Smith, N. Topin, Super-convergence, 2018.
    """
    rng = np.random.default_rng(seed)
    relu, cross_entropy = ACTIVATIONS["relu"], LOSSES["cross_entropy"]
    x, targets = x.astype(np.float32), targets.astype(np.float32)
    parameters = _drawn(rng, (x.shape[1], hidden, targets.shape[1]), bias)
    means, squares = ([np.zeros_like(a) for a in parameters.arrays] for _ in range(2))
    batches = len(x) // BATCH
    step, steps = 0, epochs * batches
    for _ in range(epochs):
        order = rng.permutation(len(x))[: batches * BATCH].reshape(batches, BATCH)
        for rows in order:
            _, gradients = loss_and_gradients(parameters, x[rows], targets[rows], relu, cross_entropy, "exact")
            now = rate * _cycle(step / steps)
            step += 1
            for weight, gradient, mean, square in zip(parameters.arrays, gradients.arrays, means, squares, strict=True):
                gradient /= BATCH
                weight -= now * (_adam(gradient, mean, square, step) + decay * weight)
    return parameters.from_arrays([a.astype(np.float64) for a in parameters.arrays])


def _drawn(rng: np.random.Generator, neurons: tuple[int, int, int], bias: bool) -> Parameters:
    """Draw initial weights, with He's standard deviation before the relu and a smaller one after it."""
    entering, hidden, leaving = neurons
    sizes = [(entering, hidden), (hidden, leaving)]
    spreads = [np.sqrt(2 / entering), np.sqrt(1 / hidden)]
    weights = [(rng.standard_normal(s) * spread).astype(np.float32) for s, spread in zip(sizes, spreads, strict=True)]
    return Parameters(weights, [np.zeros(s[1], dtype=np.float32) for s in sizes] if bias else None)


def _adam(gradient: np.ndarray, mean: np.ndarray, square: np.ndarray, step: int) -> np.ndarray:
    """Update the running mean and mean square of a gradient; return the step, without the learning rate."""
    mean += (1 - BETAS[0]) * (gradient - mean)
    square += (1 - BETAS[1]) * (gradient * gradient - square)
    size = np.sqrt(square / (1 - BETAS[1] ** step)) + 1e-8
    return mean / (1 - BETAS[0] ** step) / size


def _cycle(progress: float) -> float:
    """Return the learning rate at a fraction of the training, as a fraction of the maximum."""
    if progress < WARM_UP:
        return progress / WARM_UP
    return 0.5 * (1 + np.cos(np.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def train_reader(examples: Examples) -> Network:
    """Train teachers on the labels, and the reader on their mean prediction; then calibrate the reader.

    References
    ----------
    G. Hinton, O. Vinyals, J. Dean, Distilling the knowledge in a neural network, 2015.
    """
    x = examples.pixels / PIXEL_MAX
    answers = np.zeros((len(x), 10))
    for seed in range(TEACHERS):
        teacher = Network(fit(x, np.eye(10)[examples.labels], **READER_RECIPE, seed=seed), input_scale="unit")
        answers += teacher.predict_proba(examples.pixels) / TEACHERS
        print(f"  teacher {seed}: held-out {teacher.accuracy(examples.held_out, examples.held_out_labels):.4f}")
    parameters = fit(x, answers, **READER_RECIPE, seed=TEACHERS)
    logits = Network(parameters, input_scale="unit").logits(examples.held_out)
    temperature = _best_temperature(logits, examples.held_out_labels)
    correct = np.mean(logits.argmax(axis=1) == examples.held_out_labels)
    print(f"  reader: held-out {correct:.4f}, temperature {temperature:.3f}")
    w1, w2 = parameters.weights
    return Network(Parameters([w1 / PIXEL_MAX, w2 / temperature]))  # calibrated, for ink from 0 to 16


def _best_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature that minimizes the mean cross-entropy.

    References
    ----------
    C. Guo et al., On calibration of modern neural networks, ICML 2017.
    """
    rows = np.arange(len(labels))
    temperatures = np.exp(np.linspace(-1.5, 1.5, 301))
    losses = [-float(np.log(softmax(logits / t)[rows, labels] + 1e-12).mean()) for t in temperatures]
    return float(temperatures[np.argmin(losses)])


def train_likeness(examples: Examples) -> Network:
    """Train the detector of drawings that are not digits. Its threshold of 0.5 flags 3% of held-out handwriting."""
    repeats = max(1, round(len(examples.pixels) / len(examples.others)))  # as many others as digits
    x = np.concatenate([examples.pixels, *[examples.others] * repeats]) / PIXEL_MAX
    targets = np.eye(2)[(np.arange(len(x)) >= len(examples.pixels)).astype(int)]
    network = Network(fit(x, targets, **LIKENESS_RECIPE, seed=0), input_scale="unit")
    logits = network.logits(examples.held_out)
    threshold = np.quantile(logits[:, 1] - logits[:, 0], 1 - FLAGGED_DIGITS)
    biases = network.parameters.biases
    assert biases is not None
    biases[1] += [threshold / 2, -threshold / 2]
    return network


def write_card(reader: Network) -> dict[str, Any]:
    """Evaluate the shipped reader and write its model card."""
    digits, hands = load_digits()[TRAINING_DIGITS:], load_handwriting()[TRAINING_HANDWRITING:]
    training = reader_training()
    drawn = measure.load_drawn_digits(DRAWINGS / "drawn_dev.npz")
    others, kinds = measure.load_not_digits(DRAWINGS / "not_digits_dev.npz")
    letters = [d for d, kind in zip(others, kinds, strict=True) if kind == "letter"]
    scribbles = [d for d, kind in zip(others, kinds, strict=True) if kind != "letter"]
    correct = reader.predict(hands.pixels) == hands.labels
    drawn_correct = reader.predict(drawn.pixels) == drawn.labels
    card = {
        "network": "64-50-10, relu, no biases; takes ink of 0 to 16; files reader.safetensors, likeness.safetensors",
        "data": {
            "digits": f"the first {TRAINING_DIGITS} of scikit-learn's 1797 digits and {DIGIT_COPIES} distorted copies "
            "of each. E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998; CC BY 4.0",
            "handwriting": f"{TRAINING_HANDWRITING} digits of MNIST and {HANDWRITING_COPIES} distorted copies of each. "
            "Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits; CC BY-SA 3.0",
            "not digits": f"{NOT_DIGITS} letters and {NOT_DIGITS} shapes and scribbles, drawn by digitviz.pretrained, "
            "for the likeness detector only",
            "measured on": "tests/data: 400 drawings of digits, 310 of other things; none of them was trained on. No "
            "drawing among those made from MNIST was found to be a digit of the sample learnt from (nearest pictures "
            "compared)",
        },
        "licence": "CC BY-SA 3.0, because it derives from MNIST",
        "recipe": {
            "reader": READER_RECIPE | {"teachers": TEACHERS, "calibration": "one temperature, on held-out digits"},
            "likeness": LIKENESS_RECIPE | {"held_out_digits_flagged": FLAGGED_DIGITS},
        },
        "scores": {
            "last 180 digits": reader.accuracy(digits.pixels, digits.labels),
            "held-out handwriting": float(correct.mean()),
            "held-out handwriting, by digit": [float(correct[hands.labels == k].mean()) for k in range(10)],
            "drawn": measure.drawn_accuracy(reader, drawn),
            "drawn, by digit": [float(drawn_correct[drawn.labels == k].mean()) for k in range(10)],
        },
        "calibration error": {
            "held-out handwriting": measure.calibration_error(reader.predict_proba(hands.pixels), hands.labels),
            "drawn": measure.calibration_error(reader.predict_proba(drawn.pixels), drawn.labels),
        },
        "not sure": {
            "drawn digits": measure.not_sure_share(drawn.drawings, reader, training),
            "letters": measure.not_sure_share(letters, reader, training),
            "shapes and scribbles": measure.not_sure_share(scribbles, reader, training),
        },
    }
    card = json.loads(json.dumps(card), parse_float=lambda number: round(float(number), 4))
    (DATA / "reader.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return card


def reader_training() -> DigitDataset:
    """Return the training digits of the reader without their distorted copies, `pixels` of shape (6617, 64)."""
    digits, hands = load_digits()[:TRAINING_DIGITS], load_handwriting()[:TRAINING_HANDWRITING]
    return DigitDataset(np.concatenate([digits.pixels, hands.pixels]), np.concatenate([digits.labels, hands.labels]))


def main() -> None:
    """Make examples, train, write the networks and the model card, and print the scores."""
    start = time.perf_counter()
    refresh_handwriting()
    examples = make_examples()
    made = f"{len(examples.labels):,} digits and {len(examples.others):,} other drawings"
    print(f"{made} made in {time.perf_counter() - start:.0f} s")
    save_shipped(train_likeness(examples), "likeness")
    save_shipped(train_reader(examples), "reader")
    card = write_card(load_shipped("reader"))
    for title in ("scores", "calibration error", "not sure"):
        print(f"{title}: {json.dumps(card[title], indent=2)}")
    print(f"in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
