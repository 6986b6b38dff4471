"""Train the pretrained network and the likeness detector, and write both with their model card.

    python -m digitviz.pretrained

This takes minutes on two cores and needs only the repository. Results are reproducible on the same machine.
"""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from digitviz.datasets import PIXEL_MAX, DigitDataset, load_digits, load_handwriting
from digitviz.drawing.canvas import INK_LEVEL, interpolation_matrix
from digitviz.drawing.normalise import ink_per_block, normalise
from digitviz.drawing.practice import HANDS, distort, smooth_fields, together
from digitviz.networks.forward import softmax
from digitviz.networks.network import DATA, Network, load_shipped, save_shipped
from digitviz.networks.parameters import Parameters
from digitviz.pretrained import measure
from digitviz.pretrained.not_digits import draw, letter, scribble

TRAINING_DIGITS = 1617
"""First rows of scikit-learn's 1,797 digits. The last 180 are for testing only."""

TRAINING_HANDWRITING = 5000
"""First rows of the MNIST digits. The last 1,000 are for testing, calibration and the likeness threshold."""

HEIGHT_28 = 20 / 28
"""Height of a digit as a fraction of an MNIST picture."""

ENLARGED = 112
"""Side to which 28 pixels are enlarged, as in `to_digit`."""

DIGIT_COPIES = 40
HANDWRITING_COPIES = 20
NOT_DIGITS = 24_000
"""Number of letters, and the same number of shapes and scribbles."""

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


def make_examples() -> tuple[DigitDataset, np.ndarray, DigitDataset]:
    """Make all examples, the same each time.

    Returns
    -------
    seen : DigitDataset
        Digits and distorted copies, to learn from.
    others : ndarray, shape (m, 64)
        Drawings that are not digits.
    unseen : DigitDataset
        MNIST digits that are not used for training, and one distorted copy of each.
    """
    rng = np.random.default_rng(0)
    digits, hands = load_digits()[:TRAINING_DIGITS], load_handwriting()
    learnt, unseen = hands[:TRAINING_HANDWRITING], hands[TRAINING_HANDWRITING:]
    fields = smooth_fields(digits.images / PIXEL_MAX)
    learnt_fields, unseen_fields = np.split(smooth_fields(hands.images28 / 255), [TRAINING_HANDWRITING])

    def copies(of: DigitDataset, count: int, fields: np.ndarray, height: float) -> list[DigitDataset]:
        return [DigitDataset(_pixels(distort(fields, rng, HANDS, height)), of.labels) for _ in range(count)]

    of_digits = copies(digits, DIGIT_COPIES, fields, 1.0)
    seen = together(digits, learnt, *of_digits, *copies(learnt, HANDWRITING_COPIES, learnt_fields, HEIGHT_28))
    return seen, _others(rng), together(unseen, *copies(unseen, 1, unseen_fields, HEIGHT_28))


def _pixels(bitmaps: np.ndarray) -> np.ndarray:
    return ink_per_block(bitmaps).reshape(-1, 64)


def _others(rng: np.random.Generator) -> np.ndarray:
    """Draw letters, shapes and scribbles, shape (n, 64)."""
    rows = []
    for _ in range(NOT_DIGITS // 500):
        drawn = [draw(shape(rng), rng) for _ in range(500) for shape in (letter, scribble)]
        rows.append(_pixels(normalise(np.stack(drawn)).bitmaps))
    return np.concatenate(rows)


def pixels_of(images28: np.ndarray) -> np.ndarray:
    """Convert MNIST digits to the format of scikit-learn's digits, as `to_digit` does for a single picture.

    Parameters
    ----------
    images28 : ndarray of uint8, shape (n, 28, 28)

    Returns
    -------
    ndarray of uint8, shape (n, 64)
        Ink per pixel, 0 to 16.
    """
    matrix = interpolation_matrix(images28.shape[1], ENLARGED)
    parts = []
    for images in np.array_split(images28, max(1, len(images28) // 250)):
        strength = matrix @ (images * np.float32(1 / 255)) @ matrix.T
        strongest = strength.max(axis=(1, 2), keepdims=True)
        parts.append(normalise(strength > INK_LEVEL * strongest).digits.reshape(-1, 64).astype(np.uint8))
    return np.concatenate(parts)


def refresh_handwriting() -> None:
    """Recompute the 8 x 8 format of the shipped MNIST digits, and write the file."""
    hands = load_handwriting()
    pixels, labels = pixels_of(hands.images28), hands.labels.astype(np.uint8)
    np.savez_compressed(DATA / "handwriting.npz", pixels=pixels, labels=labels, images28=hands.images28)


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
    import torch

    rng = np.random.default_rng(seed)
    sizes = [(x.shape[1], hidden), (hidden, targets.shape[1])]
    spreads = np.sqrt(2 / x.shape[1]), np.sqrt(1 / hidden)  # He's before the relu, a smaller one after it
    drawn = [rng.standard_normal(size) * spread for size, spread in zip(sizes, spreads, strict=True)]
    biases = [np.zeros(leaving) for _, leaving in sizes] if bias else []
    arrays = [torch.tensor(array, dtype=torch.float32, requires_grad=True) for array in (*drawn, *biases)]
    w1, w2, b1, b2 = arrays if bias else (*arrays, 0.0, 0.0)
    inputs, wanted = (torch.tensor(array, dtype=torch.float32) for array in (x, targets))
    batches = len(x) // BATCH
    optimizer = torch.optim.AdamW(arrays, lr=rate, betas=BETAS, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _cycle(step / (epochs * batches)))
    for _ in range(epochs):
        for rows in rng.permutation(len(x))[: batches * BATCH].reshape(batches, BATCH):
            logits = torch.relu(inputs[rows] @ w1 + b1) @ w2 + b2
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(logits, wanted[rows]).backward()
            optimizer.step()
            schedule.step()
    trained = [array.detach().numpy().astype(np.float64) for array in arrays]
    return Parameters(trained[:2], trained[2:] or None)


def _cycle(progress: float) -> float:
    """Return the learning rate at a fraction of the training, as a fraction of the maximum."""
    if progress < WARM_UP:
        return progress / WARM_UP
    return 0.5 * (1 + np.cos(np.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def train_reader(seen: DigitDataset, unseen: DigitDataset) -> Network:
    """Train teachers on the labels, and the reader on their mean prediction; then calibrate the reader.

    References
    ----------
    G. Hinton, O. Vinyals, J. Dean, Distilling the knowledge in a neural network, 2015.
    """
    x = seen.pixels / PIXEL_MAX
    answers = np.zeros((len(x), 10))
    for seed in range(TEACHERS):
        teacher = Network(fit(x, np.eye(10)[seen.labels], **READER_RECIPE, seed=seed), input_scale="unit")
        answers += teacher.predict_proba(seen.pixels) / TEACHERS
        print(f"  teacher {seed}: held-out {teacher.accuracy(unseen.pixels, unseen.labels):.4f}")
    parameters = fit(x, answers, **READER_RECIPE, seed=TEACHERS)
    logits = Network(parameters, input_scale="unit").logits(unseen.pixels)
    temperature = _best_temperature(logits, unseen.labels)
    correct = np.mean(logits.argmax(axis=1) == unseen.labels)
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


def train_likeness(seen: DigitDataset, others: np.ndarray, unseen: DigitDataset) -> Network:
    """Train the detector of drawings that are not digits. Its threshold of 0.5 flags 3% of held-out handwriting."""
    repeats = max(1, round(len(seen) / len(others)))  # as many others as digits
    x = np.concatenate([seen.pixels, *[others] * repeats]) / PIXEL_MAX
    targets = np.eye(2)[(np.arange(len(x)) >= len(seen)).astype(int)]
    network = Network(fit(x, targets, **LIKENESS_RECIPE, seed=0), input_scale="unit")
    logits = network.logits(unseen.pixels)
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
    return together(load_digits()[:TRAINING_DIGITS], load_handwriting()[:TRAINING_HANDWRITING])


def main() -> None:
    """Make examples, train, write the networks and the model card, and print the scores."""
    start = time.perf_counter()
    refresh_handwriting()
    seen, others, unseen = make_examples()
    print(f"{len(seen):,} digits and {len(others):,} other drawings made in {time.perf_counter() - start:.0f} s")
    save_shipped(train_likeness(seen, others, unseen), "likeness")
    save_shipped(train_reader(seen, unseen), "reader")
    card = write_card(load_shipped("reader"))
    for title in ("scores", "calibration error", "not sure"):
        print(f"{title}: {json.dumps(card[title], indent=2)}")
    print(f"in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
