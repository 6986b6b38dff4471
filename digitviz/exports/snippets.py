"""NumPy code of each loss, gradient, optimizer and sampling method, as a student would write it.

It performs the computations of `digitviz.networks` and `digitviz.training` in the same order.
"""

from __future__ import annotations

from digitviz.training.optimizers import ADAM_BETAS, ADAM_EPSILON, MOMENTUM

SOFTMAX = """\
def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)"""

LOSSES = {
    "squared_error": """\
def squared_error(logits, probabilities, y):
    return np.sum((probabilities - y) ** 2)""",
    "cross_entropy": """\
def cross_entropy(logits, probabilities, y):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(y * log_probabilities)""",
}
"""Functions of logits, probabilities and one-hot labels that return the loss, summed over the batch."""

AT_LOGITS = {
    "notebook": """\
def notebook_gradient(probabilities, y):
    return 2 * (probabilities - y)""",
    "squared_error": """\
def squared_error_gradient(probabilities, y):
    at_probabilities = 2 * (probabilities - y)
    return probabilities * (at_probabilities - (at_probabilities * probabilities).sum(axis=1, keepdims=True))""",
    "cross_entropy": """\
def cross_entropy_gradient(probabilities, y):
    return probabilities - y""",
}
"""Gradients at the logits: the notebook's, and the exact gradient of each loss."""


OPTIMIZERS = {
    "gradient_descent": """\
class GradientDescent:
    def step(self, gradients):
        for weight, gradient in zip(parameters, gradients):
            weight -= learning_rate * gradient""",
    "momentum": f"""\
class Momentum:
    def __init__(self):
        self.velocities = [np.zeros_like(weight) for weight in parameters]

    def step(self, gradients):
        for weight, gradient, velocity in zip(parameters, gradients, self.velocities):
            velocity *= {MOMENTUM}
            velocity += gradient
            weight -= learning_rate * velocity""",
    "adam": f"""\
class Adam:
    def __init__(self):
        self.means = [np.zeros_like(weight) for weight in parameters]
        self.squares = [np.zeros_like(weight) for weight in parameters]
        self.steps = 0

    def step(self, gradients):
        self.steps += 1
        for weight, gradient, mean, square in zip(parameters, gradients, self.means, self.squares):
            mean += (1 - {ADAM_BETAS[0]}) * (gradient - mean)
            square += (1 - {ADAM_BETAS[1]}) * (gradient**2 - square)
            mean_hat = mean / (1 - {ADAM_BETAS[0]}**self.steps)
            square_hat = square / (1 - {ADAM_BETAS[1]}**self.steps)
            weight -= learning_rate * mean_hat / (np.sqrt(square_hat) + {ADAM_EPSILON})""",
}
"""Classes whose `step` changes `parameters` in place."""

INITIALIZATIONS = {
    "notebook": " * (1 / {first})",
    "he": " * np.sqrt(2 / {entering})",
    "xavier": " * np.sqrt(2 / ({entering} + {leaving}))",
}
"""Factors of normal random numbers. Weights without an entry start at zero."""

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
