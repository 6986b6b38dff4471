"""The arithmetic of the compiled engine. Importing this module compiles it, or loads it from numba's cache.

The preparation of a batch and its measurement are compiled, too, and run in one call with the steps. With many pages
open, getting Python's global lock back takes longer than any of them, and NumPy gives it up at each operation on a long
array.

Arrays are transposed compared with the rest of the package: each column is a digit. Operations on all digits are then
contiguous in memory and vectorized. All compiled code is in this file and all constants are arguments, because numba
recompiles only when this file changes.
"""

import functools
import math
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types
from numba.extending import overload
from numba.np.linalg import _BLAS

from digitviz.networks.activations import LEAK
from digitviz.training import optimizers
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.threads import keep_libraries_to_one_thread

# Sums may be reordered, but nan and infinity must be preserved, so that a divergence is detected.
REORDERING = {"nsz", "arcp", "contract", "afn", "reassoc"}
compiled = numba.njit(nogil=True, error_model="numpy", fastmath=REORDERING)
compiled_exactly = numba.njit(nogil=True, error_model="numpy", fastmath={"contract"})

RELU, LEAKY_RELU, SIGMOID, TANH, GELU, IDENTITY = range(6)
ACTIVATIONS = {
    "relu": RELU, "leaky_relu": LEAKY_RELU, "sigmoid": SIGMOID, "tanh": TANH, "gelu": GELU, "identity": IDENTITY,
}  # fmt: skip
SQUARED_ERROR, CROSS_ENTROPY = range(2)
LOSSES = {"squared_error": SQUARED_ERROR, "cross_entropy": CROSS_ENTROPY}
NOTEBOOK, EXACT = range(2)
GRADIENTS = {"notebook": NOTEBOOK, "exact": EXACT}
GRADIENT_DESCENT, MOMENTUM, ADAM = range(3)
OPTIMIZERS = {"gradient_descent": GRADIENT_DESCENT, "momentum": MOMENTUM, "adam": ADAM}


class Constants(NamedTuple):
    """The numbers that a step needs, in the precision of the run."""

    learning_rate: float
    weight_decay: float
    leak: float
    momentum: float
    keep_mean: float
    keep_square: float
    epsilon: float


def constants_of(settings: Hyperparameters) -> Constants:
    """Return the constants of the steps with these settings."""
    fixed = LEAK, optimizers.MOMENTUM, *optimizers.ADAM_BETAS, optimizers.ADAM_EPSILON
    return Constants(*map(settings.dtype.type, (settings.learning_rate, settings.weight_decay, *fixed)))


def codes_of(settings: Hyperparameters) -> tuple[int, int, int, int]:
    """Return the codes of the activation, loss, gradient and optimizer."""
    return (
        ACTIVATIONS[settings.activation],
        LOSSES[settings.loss],
        GRADIENTS[settings.gradient],
        OPTIMIZERS[settings.optimizer],
    )


def _product(precision):
    """Return the BLAS product c = alpha a b + beta c for compiled code: a private function of numba, as in 0.68.1.

    `np.dot`, which numba compiles to the same BLAS, accepts no slices of columns and cannot add to its result. Steps
    would take 10 % longer.
    """
    number, pointer = types.intp, types.CPointer(precision)
    expected = (types.char,) * 3 + (number,) * 3 + (pointer, pointer, number, pointer, number, pointer, pointer, number)
    found = _BLAS().numba_xxgemm(precision)
    if found.sig.args != expected:  # it would crash
        raise ImportError(f"numba {numba.__version__} has a numba_xxgemm with different arguments")
    return found


PRODUCTS = {precision: _product(precision) for precision in (types.float64, types.float32)}

LOG2_E = math.log2(math.e)
ROOT_HALF = math.sqrt(0.5)
NORMAL_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)
TAYLOR = tuple(1.0 / math.factorial(n) for n in range(13, 0, -1))
TAYLOR_F32 = tuple(np.float32(coefficient) for coefficient in TAYLOR[-7:])


def exp_parts(x):
    """Split exp(x), x <= 0, into (m, s) with exp(x) = s (1 + m): s a power of two, m small and exact near 0.

    Unlike exp in the C library, it has no branches, so loops over it are vectorized. It is exact to the last bit or
    two. nan gives nan, and results below the smallest normal number give s = 0.

    References
    ----------
    W. Cody, W. Waite, Software manual for the elementary functions, 1980 (the reduction by a split log 2).
    """
    raise NotImplementedError  # compiled code only: one form per precision, below


@overload(exp_parts, jit_options={"fastmath": {"contract"}, "error_model": "numpy"}, inline="never")
def _exp_parts(x):
    def exp_parts_f64(x):
        within = -708.0 if x < -708.0 else x
        # Adding 1.5 x 2^52 rounds to a whole number and leaves it in the last bits.
        shifted = within * LOG2_E + 6755399441055744.0
        n = shifted - 6755399441055744.0
        r = (within - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10
        m = TAYLOR[0]
        for coefficient in TAYLOR[1:]:
            m = m * r + coefficient
        power = np.int64((np.float64(shifted).view(np.int64) + 1023) << 52).view(np.float64)
        return m * r, (0.0 if x < -708.0 else power)

    def exp_parts_f32(x):
        within = np.float32(-87.0) if x < np.float32(-87.0) else x
        shifted = within * np.float32(LOG2_E) + np.float32(12582912.0)  # 1.5 x 2^23
        n = shifted - np.float32(12582912.0)
        r = (within - n * np.float32(0.693359375)) + n * np.float32(2.12194440e-4)
        m = TAYLOR_F32[0]
        for coefficient in TAYLOR_F32[1:]:
            m = m * r + coefficient
        bits = np.float32(shifted).view(np.int32) + np.int32(127)
        power = np.int32(bits << np.int32(23)).view(np.float32)
        return m * r, (np.float32(0.0) if x < np.float32(-87.0) else power)

    return exp_parts_f64 if x == types.float64 else exp_parts_f32


@compiled_exactly
def exp(x):
    """Return exp(x) for x <= 0."""
    m, s = exp_parts(x)
    return s * m + s


@compiled_exactly
def tanh(z, one):
    """Return tanh(z); `one` has the type of z."""
    m, s = exp_parts(-(one + one) * abs(z))
    decay = s * m + (s - one)  # exp(-2 |z|) - 1
    size = -decay / (decay + one + one)
    return -size if z < 0 else size


def add_product(factors, a, b, c):
    """Compute `c` = factors[0] a b + factors[1] c in place. Unlike `np.dot`, this does not copy slices of columns."""
    raise NotImplementedError  # compiled code only: one form per precision, below


@overload(add_product, jit_options={"error_model": "numpy"}, inline="never")
def _add_product(factors, a, b, c):
    # BLAS is column-major: it reads rows as columns, so it computes b a instead of a b.
    multiply = PRODUCTS[c.dtype]
    kind, as_it_is = ord("d" if c.dtype == types.float64 else "s"), ord("n")

    def add_product(factors, a, b, c):
        multiply(
            kind, as_it_is, as_it_is, c.shape[1], c.shape[0], a.shape[1], factors.ctypes,
            b.ctypes, b.strides[0] // b.itemsize, a.ctypes, a.strides[0] // a.itemsize,
            factors[1:].ctypes, c.ctypes, c.strides[0] // c.itemsize,
        )  # fmt: skip

    return add_product


@compiled
def activate(activation, leak, z, a):
    """Write the activations of the pre-activations `z` to `a`; both are flat."""
    zero, half, one = z.dtype.type(0), z.dtype.type(0.5), z.dtype.type(1)
    if activation == RELU:
        for i in range(z.size):
            a[i] = zero if z[i] < zero else z[i]
    elif activation == LEAKY_RELU:
        for i in range(z.size):
            a[i] = leak * z[i] if z[i] < zero else z[i]
    elif activation == SIGMOID:
        for i in range(z.size):
            a[i] = half * (one + tanh(half * z[i], one))
    elif activation == TANH:
        for i in range(z.size):
            a[i] = tanh(z[i], one)
    elif activation == GELU:
        root_half = z.dtype.type(ROOT_HALF)
        for i in range(z.size):
            a[i] = z[i] * (half * (one + math.erf(root_half * z[i])))
    else:
        a[:] = z


@compiled
def back_through_activation(activation, gradient, leak, z, a, delta, summed_deltas):
    """Multiply `delta` by the derivative of the activation, and add it to `summed_deltas` unless that is empty.

    `z` contains the pre-activations and `a` the activations; all arrays are flat. At a kink, the notebook's gradient
    uses the derivative from the right, and the exact gradient the one from the left.
    """
    zero, one, at_kink = z.dtype.type(0), z.dtype.type(1), gradient == NOTEBOOK
    if activation == RELU:
        for i in range(z.size):
            delta[i] = delta[i] if z[i] > zero or (at_kink and z[i] == zero) else zero
    elif activation == LEAKY_RELU:
        for i in range(z.size):
            delta[i] = delta[i] if z[i] > zero or (at_kink and z[i] == zero) else leak * delta[i]
    elif activation == SIGMOID:
        for i in range(z.size):
            delta[i] *= a[i] * (one - a[i])
    elif activation == TANH:
        for i in range(z.size):
            delta[i] *= one - a[i] * a[i]
    elif activation == GELU:
        half, normal_at_0 = z.dtype.type(0.5), z.dtype.type(NORMAL_AT_0)
        for i in range(z.size):
            below = a[i] / z[i] if z[i] != zero else half  # the erf from `activate`: dividing is quicker
            delta[i] *= below + z[i] * (normal_at_0 * exp(-half * z[i] * z[i]))
    for i in range(summed_deltas.size):
        summed_deltas[i] += delta[i]


@compiled
def loss_and_delta(loss, gradient, logits, y, delta, largest, total):
    """Return the loss summed over the batch, and write its gradient at the logits to `delta`.

    Parameters
    ----------
    logits, y : ndarray, shape (classes, batch)
    delta : ndarray, shape (classes * batch,)
    largest, total : ndarray, shape (batch,)
        Work space for the largest logit and the sum of the exponentials of each digit.
    """
    classes, batch = logits.shape
    zero, one = logits.dtype.type(0), logits.dtype.type(1)
    flat_y = y.ravel()
    p = delta.reshape(classes, batch)  # the same memory: first probabilities, then the gradient
    largest[:] = logits[0]
    for c in range(1, classes):
        for b in range(batch):
            largest[b] = logits[c, b] if logits[c, b] > largest[b] else largest[b]
    total[:] = zero
    for c in range(classes):
        for b in range(batch):
            p[c, b] = exp(logits[c, b] - largest[b])
            total[b] += p[c, b]

    value = zero
    if loss == CROSS_ENTROPY:
        for b in range(batch):
            log_total = np.log(total[b])
            for c in range(classes):
                value += y[c, b] * (log_total - (logits[c, b] - largest[b]))
    for b in range(batch):
        total[b] = one / total[b]
    for c in range(classes):
        for b in range(batch):
            p[c, b] *= total[b]
    if loss == SQUARED_ERROR:
        for i in range(delta.size):
            difference = delta[i] - flat_y[i]
            value += difference * difference

    if gradient == NOTEBOOK:
        for i in range(delta.size):
            difference = delta[i] - flat_y[i]
            delta[i] = difference + difference
    elif loss == CROSS_ENTROPY:
        for i in range(delta.size):
            delta[i] -= flat_y[i]
    else:
        total[:] = zero
        for c in range(classes):
            for b in range(batch):
                difference = p[c, b] - y[c, b]
                total[b] += (difference + difference) * p[c, b]
        for c in range(classes):
            for b in range(batch):
                difference = p[c, b] - y[c, b]
                p[c, b] *= difference + difference - total[b]
    return value


@compiled
def penalized(constants, gradient, weight):
    """Return the gradient of a weight plus the terms of `PENALTIES` in `digitviz/training/optimizers.py`."""
    return gradient + constants.weight_decay * weight


@compiled
def descend(optimizer, constants, count, weights, moments, gradient):
    """Take step number `count` of the optimizer in place. Arrays are flat; `moments` has one row per moment."""
    rate, momentum, epsilon = constants.learning_rate, constants.momentum, constants.epsilon
    keep_mean, keep_square = constants.keep_mean, constants.keep_square
    one = weights.dtype.type(1)
    if optimizer == GRADIENT_DESCENT:
        for i in range(weights.size):
            weights[i] -= rate * penalized(constants, gradient[i], weights[i])
    elif optimizer == MOMENTUM:
        velocity = moments[0]
        for i in range(weights.size):
            velocity[i] = momentum * velocity[i] + penalized(constants, gradient[i], weights[i])
            weights[i] -= rate * velocity[i]
    else:
        mean, square = moments[0], moments[1]
        corrected_rate = rate / weights.dtype.type(1.0 - np.float64(keep_mean) ** np.float64(count))
        root_correction = weights.dtype.type(math.sqrt(1.0 - np.float64(keep_square) ** np.float64(count)))
        for i in range(weights.size):
            slope = penalized(constants, gradient[i], weights[i])
            mean[i] += (one - keep_mean) * (slope - mean[i])
            square[i] += (one - keep_square) * (slope * slope - square[i])
            weights[i] -= corrected_rate * mean[i] / (math.sqrt(square[i]) / root_correction + epsilon)


@compiled
def forward(vector, sizes, bias, activation, leak, x, keeps_first, pre_activations, outputs):
    """Compute the pre-activation and activation of each neuron; return the number of parameters.

    `keeps_first` leaves the pre-activations of the first layer unchanged. The other arguments are the same as in
    `take_steps`.
    """
    layers, batch = sizes.size - 1, x.shape[1]
    at, weight_at = 0, 0
    for layer in range(layers):
        entering, leaving = sizes[layer], sizes[layer + 1]
        z, a = pre_activations[at : at + leaving * batch], outputs[at : at + leaving * batch]
        bias_at = weight_at + entering * leaving
        if layer > 0 or not keeps_first:
            weight = vector[weight_at:bias_at].reshape(entering, leaving)
            if layer > 0:
                np.dot(
                    weight.T, outputs[at - entering * batch : at].reshape(entering, batch), z.reshape(leaving, batch)
                )
            else:
                np.dot(weight.T, x, z.reshape(leaving, batch))
            if bias:
                for neuron in range(leaving):
                    z[neuron * batch : (neuron + 1) * batch] += vector[bias_at + neuron]
        if layer < layers - 1:
            activate(activation, leak, z, a)
        at += leaving * batch
        weight_at = bias_at + (leaving if bias else 0)
    return weight_at


INDEPENDENT = 1e-13
"""Relative length below which the remainder of a digit, after projecting out the basis, counts as rounding error."""


def _find_basis(x, bias, order, rest):
    """Find a basis of a batch: digits from which all others can be combined. Return its size.

    If there are more digits than inputs, the digits are never independent, and neither are their pre-activations.

    Parameters
    ----------
    x : ndarray, shape (batch, inputs)
    bias : bool
        A bias is the weight of an input that is always 1.
    order : ndarray of int, shape (batch,)
        Output: the digits, with the basis first.
    rest : ndarray, shape (at least (batch / 2)**2,)
        Output of shape (basis, others): each column is one of the other digits as a combination of the basis.

    References
    ----------
    G. Golub, C. Van Loan, Matrix computations, 4th ed., 2013, 5.2.8 and 5.4.2 (modified Gram-Schmidt, with pivots).
    """
    batch, inputs = x.shape
    width = inputs + (1 if bias else 0)
    left, lengths = np.ones((batch, width)), np.zeros(batch)  # remainders, always in float64
    for digit in range(batch):
        order[digit] = digit
        for column in range(inputs):
            left[digit, column] = x[digit, column]
        for column in range(width):
            lengths[digit] += left[digit, column] ** 2
    direction, r = np.empty(width), np.zeros((min(batch, width), batch))
    basis, longest = 0, 0.0
    while basis < len(r):
        pivot = basis
        for digit in range(basis + 1, batch):
            pivot = digit if lengths[digit] > lengths[pivot] else pivot
        length = math.sqrt(lengths[pivot])
        longest = max(longest, length)
        if not length > INDEPENDENT * longest:
            break
        order[basis], order[pivot] = order[pivot], order[basis]
        lengths[pivot] = lengths[basis]
        for column in range(width):
            direction[column] = left[pivot, column] / length
            left[pivot, column] = left[basis, column]  # the pivot's row is not read again
        for row in range(basis):
            r[row, basis], r[row, pivot] = r[row, pivot], r[row, basis]
        r[basis, basis] = length
        for digit in range(basis + 1, batch):
            along, square, remainder = 0.0, 0.0, left[digit]
            for column in range(width):
                along += direction[column] * remainder[column]
            for column in range(width):
                remainder[column] -= along * direction[column]
                square += remainder[column] * remainder[column]
            r[basis, digit], lengths[digit] = along, square
        basis += 1
    for row in range(basis - 1, -1, -1):  # solve r[:, :basis] rest = r[:, basis:]
        for below in range(row + 1, basis):
            for other in range(basis, batch):
                r[row, other] -= r[row, below] * r[below, other]
        for other in range(basis, batch):
            r[row, other] /= r[row, row]
            rest[row * (batch - basis) + other - basis] = r[row, other]
    return basis


def _begin(vector, sizes, bias, x, one_hot, order, inputs, targets, gram, pre_activations, summed_deltas):
    """Lay out a batch, shapes (batch, inputs) and (batch, classes), in the given order, for `take_steps`."""
    for b in range(len(order)):
        for i in range(len(inputs)):
            inputs[i, b] = x[order[b], i]
        for c in range(len(targets)):
            targets[c, b] = one_hot[order[b], c]
    if gram.size > 0:
        entering, neurons = sizes[0], sizes[1]
        first = pre_activations[: summed_deltas.size].reshape(neurons, x.shape[0])
        np.dot(inputs.T, np.ascontiguousarray(inputs[:, : gram.shape[1]]), gram)
        np.dot(vector[: entering * neurons].reshape(entering, neurons).T, inputs, first)
        if bias:  # a bias is the weight of an input that is always 1
            gram += gram.dtype.type(1)
            for neuron in range(neurons):
                first[neuron] += vector[entering * neurons + neuron]
        summed_deltas[:] = 0


def _settle(vector, sizes, bias, rate, inputs, gram, summed_deltas, settled):
    """Write the parameters after all steps to `settled`, shape (size,)."""
    settled[:] = vector
    if gram.size > 0:
        neurons = sizes[1]
        deltas = summed_deltas.reshape(neurons, inputs.shape[1])
        moved = np.dot(inputs, deltas.T).ravel()
        for i in range(moved.size):
            settled[i] -= rate * moved[i]
        if bias:
            for neuron in range(neurons):
                settled[moved.size + neuron] -= rate * deltas[neuron].sum()


MEASURED = 256
"""Number of digits measured at a time, so that their pre-activations fit into the processor's cache."""


def _measure(vector, sizes, bias, codes, leak, x, y):
    """Return the loss summed over digits, and the number classified correctly.

    Parameters
    ----------
    vector, sizes, bias, codes
        Same as in `take_steps`.
    leak : float
    x, y : ndarray, shapes (n, inputs) and (n, classes)
        Digits and targets. The label of a digit is the index of its largest target.
    """
    activation, loss = codes[0], codes[1]
    neurons, classes = sizes[1:].sum(), sizes[sizes.size - 1]
    value, correct = 0.0, 0
    for start in range(0, len(x), MEASURED):
        count = min(MEASURED, len(x) - start)
        pre_activations, outputs = np.empty(neurons * count, x.dtype), np.empty(neurons * count, x.dtype)
        forward(vector, sizes, bias, activation, leak, x[start : start + count].T, False, pre_activations, outputs)
        logits = pre_activations[pre_activations.size - classes * count :].reshape(classes, count)
        targets = np.empty((classes, count), x.dtype)
        for b in range(count):
            label, best = 0, 0
            targets[0, b] = y[start + b, 0]
            for c in range(1, classes):
                targets[c, b] = y[start + b, c]
                if y[start + b, c] > y[start + b, label]:
                    label = c
                # Same as argmax in NumPy: the first nan, or else the first of the largest.
                if logits[c, b] > logits[best, b] or (np.isnan(logits[c, b]) and not np.isnan(logits[best, b])):
                    best = c
            correct += best == label
        delta = np.empty(classes * count, x.dtype)
        largest, total = np.empty(count, x.dtype), np.empty(count, x.dtype)
        value += loss_and_delta(loss, NOTEBOOK, logits, targets, delta, largest, total)
    return value, correct


def _signatures(precision: types.Float) -> dict[Callable[..., Any], Any]:
    flat, table = precision[::1], precision[:, ::1]
    sizes, codes = types.intp[::1], types.UniTuple(types.intp, 4)
    constants = types.NamedUniTuple(precision, len(Constants._fields), Constants)
    return {
        _take_steps: types.void(
            flat, table, types.intp, sizes, types.boolean, codes, constants, table, table, table, table, flat, flat,
            flat, flat, types.float64[::1],
        ),
        _find_basis: types.intp(table, types.boolean, sizes, flat),
        _begin: types.void(flat, sizes, types.boolean, table, table, sizes, table, table, table, flat, flat),
        _settle: types.void(flat, sizes, types.boolean, precision, table, table, flat, flat),
        _measure: types.Tuple((types.float64, types.intp))(
            flat, sizes, types.boolean, codes, precision, table, table
        ),
        _take_slice: types.Tuple((types.intp, types.float64, types.intp))(
            flat, table, types.intp, sizes, types.boolean, codes, constants, table, table, types.intp, sizes, table,
            table, flat, flat, flat, flat, flat, flat, types.float64[::1], flat,
        ),
        _take_batches: types.intp(
            flat, table, types.intp, sizes, types.boolean, codes, constants, table, table, types.uint32[:, ::1], sizes,
            table, table, flat, flat, flat, flat, flat, flat, types.float64[:, ::1],
        ),
    }  # fmt: skip


def _take_steps(
    vector, moments, count, sizes, bias, codes, constants, x, y, gram, rest, pre_activations, outputs, deltas,
    summed_deltas, losses
):  # fmt: skip
    """Take `losses.size` steps on a batch.

    Parameters
    ----------
    vector : ndarray, shape (size,)
        The parameters, layer by layer: weights of shape (inputs, outputs), then biases. Changed in place.
    moments : ndarray, shape (rows, size)
        The moments of the optimizer: no row, one, or two. Changed in place.
    count : int
        Number of earlier steps.
    sizes : ndarray of int, shape (layers + 1,)
    bias : bool
    codes : (int, int, int, int)
        Codes of the activation, loss, gradient and optimizer.
    constants : Constants
    x, y : ndarray, shapes (inputs, batch) and (classes, batch)
    gram : ndarray, shape (batch, basis) or (0, 0)
        x.T x[:, :basis], plus 1 with biases. If not empty, the parameters of the first layer stay the same, and the
        pre-activations of the basis, whose digits come first, move instead.
    rest : ndarray, shape (basis, batch - basis) or (0, 0)
        All other digits as combinations of the basis; the same combinations give their pre-activations.
    pre_activations : ndarray, shape (neurons * batch,)
        Pre-activation of each neuron for each digit, layer by layer. With `gram`, those of the first layer are input
        and output; all others are recomputed at each step.
    outputs, deltas : ndarray, shape (neurons * batch,)
        Work space for the activations, and for delta, the gradient of the loss at each pre-activation.
    summed_deltas : ndarray, shape (neurons of the first layer * batch,)
        With `gram`: the deltas of the first layer, summed over the steps.
    losses : ndarray of float64, shape (steps,)
        Output: the loss before each step.
    """
    activation, loss, gradient_kind, optimizer = codes
    leak = constants.leak
    zero, one = vector.dtype.type(0), vector.dtype.type(1)
    moving, combining = np.array([-constants.learning_rate, one]), np.array([one, zero])
    layers, batch, keeps_first = sizes.size - 1, x.shape[1], gram.size > 0
    gradient = np.empty_like(vector)
    largest, total = np.empty(batch, x.dtype), np.empty(batch, x.dtype)
    fixed = sizes[0] * sizes[1] + (sizes[1] if bias else 0) if keeps_first else 0  # number of constant parameters
    classes = sizes[layers]
    logits_at = pre_activations.size - classes * batch

    for step in range(losses.size):
        weight_at = forward(vector, sizes, bias, activation, leak, x, keeps_first, pre_activations, outputs)

        losses[step] = loss_and_delta(
            loss,
            gradient_kind,
            pre_activations[logits_at:].reshape(classes, batch),
            y,
            deltas[logits_at:],
            largest,
            total,
        )

        at = pre_activations.size
        for layer in range(layers - 1, -1, -1):
            entering, leaving = sizes[layer], sizes[layer + 1]
            bias_at = weight_at - (leaving if bias else 0)
            weight_at = bias_at - entering * leaving
            end, at = at, at - leaving * batch
            delta = deltas[at:end].reshape(leaving, batch)
            if layer == 0 and keeps_first:
                basis, z = gram.shape[1], pre_activations[at:end].reshape(leaving, batch)
                add_product(moving, delta, gram, z[:, :basis])
                if basis < batch:
                    add_product(combining, z[:, :basis], rest, z[:, basis:])
                if layers == 1:
                    for i in range(summed_deltas.size):
                        summed_deltas[i] += deltas[i]
                break
            below_at = at - entering * batch
            below = outputs[below_at:at].reshape(entering, batch) if layer > 0 else x
            np.dot(below, delta.T, gradient[weight_at:bias_at].reshape(entering, leaving))
            if bias:
                for neuron in range(leaving):
                    gradient[bias_at + neuron] = delta[neuron].sum()
            if layer > 0:
                weight = vector[weight_at:bias_at].reshape(entering, leaving)
                np.dot(weight, delta, deltas[below_at:at].reshape(entering, batch))
                back_through_activation(
                    activation, gradient_kind, leak, pre_activations[below_at:at], outputs[below_at:at],
                    deltas[below_at:at], summed_deltas if layer == 1 and keeps_first else summed_deltas[:0],
                )  # fmt: skip

        descend(optimizer, constants, count + step + 1, vector[fixed:], moments, gradient[fixed:])


BEGINS = -1
"""Instead of the size of the basis: the batch is new."""


def _take_slice(
    vector, moments, count, sizes, bias, codes, constants, x, y, basis, order, inputs, targets, products, combinations,
    pre_activations, outputs, deltas, summed_deltas, losses, settled
):  # fmt: skip
    """Take steps on a batch and measure the result, in one call, which gives up Python's global lock only once.

    Parameters
    ----------
    vector, moments, count, sizes, bias, codes, constants
        Same as in `take_steps`.
    x, y : ndarray, shapes (batch, inputs) and (batch, classes)
        Digits and targets.
    basis : int
        The result of the previous call with this batch, or `BEGINS`.
    order, inputs, targets, products, combinations, pre_activations, outputs, deltas, summed_deltas : ndarray
        Work space, see `compiled_engine.Batch`.
    losses : ndarray of float64, shape (steps,)
        Output: the loss before each step.
    settled : ndarray, shape (size,)
        Output: the parameters after the last step.

    Returns
    -------
    basis : int
    loss : float
        Summed over the digits of the batch, after the last step.
    correct : int
        Number of digits classified correctly.
    """
    digits, is_new = len(x), basis == BEGINS
    if is_new:
        basis = find_basis(x, bias, order, combinations) if combinations.size else min(digits, products.size)
    gram, others = products[: digits * basis].reshape(digits, basis), digits - basis if basis else 0
    rest = combinations[: basis * others].reshape(basis, others)
    if is_new:
        begin(vector, sizes, bias, x, y, order, inputs, targets, gram, pre_activations, summed_deltas)
    take_steps(
        vector, moments, count, sizes, bias, codes, constants, inputs, targets, gram, rest, pre_activations, outputs,
        deltas, summed_deltas, losses,
    )  # fmt: skip
    settle(vector, sizes, bias, constants.learning_rate, inputs, gram, summed_deltas, settled)
    loss, correct = measure(settled, sizes, bias, codes, constants.leak, x, y)
    return basis, loss, correct


def _take_batches(
    vector, moments, count, sizes, bias, codes, constants, x, y, rows, order, inputs, targets, products, combinations,
    pre_activations, outputs, deltas, summed_deltas, losses
):  # fmt: skip
    """Take the same number of steps on each of several batches; return the number of batches.

    It ends early after a batch with a loss that is not finite.

    Parameters
    ----------
    vector, moments, count, sizes, bias, codes, constants
        Same as in `take_steps`.
    x, y : ndarray, shapes (n, inputs) and (n, classes)
        Digits and targets, of which the batches are rows.
    rows : ndarray of uint32, shape (batches, batch)
    order, inputs, targets, products, combinations, pre_activations, outputs, deltas, summed_deltas : ndarray
        Work space, see `compiled_engine.Batch`.
    losses : ndarray of float64, shape (batches, steps + 1)
        Output: the loss before each step, and the loss of the same digits after the last step.
    """
    batches, digits = rows.shape
    steps = losses.shape[1] - 1
    digits_x, digits_y = np.empty((digits, x.shape[1]), x.dtype), np.empty((digits, y.shape[1]), y.dtype)
    settled = np.empty_like(vector)
    for batch in range(batches):
        for digit in range(digits):
            digits_x[digit] = x[rows[batch, digit]]
            digits_y[digit] = y[rows[batch, digit]]
        losses[batch, steps] = take_slice(
            vector, moments, count, sizes, bias, codes, constants, digits_x, digits_y, BEGINS, order, inputs, targets,
            products, combinations, pre_activations, outputs, deltas, summed_deltas, losses[batch][:steps], settled,
        )[1]  # fmt: skip
        vector[:] = settled
        count += steps
        if not np.isfinite(losses[batch]).all():
            return batch + 1
    return batches


def _compile(function: Callable[..., Any]) -> Any:
    signatures = [_signatures(precision)[function] for precision in (types.float64, types.float32)]
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": REORDERING}
    try:
        return numba.njit(signatures, cache=True, **options)(function)
    except RuntimeError:  # numba has no writable folder for its cache
        return numba.njit(signatures, **options)(function)


import_module("scipy.linalg.cython_blas")  # loads the library now, not at numba's first product
keep_libraries_to_one_thread("scipy")  # numba's `np.dot` uses SciPy's library, not NumPy's
find_basis, begin, settle, measure = (_compile(function) for function in (_find_basis, _begin, _settle, _measure))
take_steps = _compile(_take_steps)
take_slice = _compile(_take_slice)


@functools.cache
def take_batches() -> Any:
    """Return the compiled `_take_batches`. Compiling takes some ten seconds, and only sweeps need it."""
    return _compile(_take_batches)
