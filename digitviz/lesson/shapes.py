"""The shapes of the matrices of a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Shape = tuple[int, int]


@dataclass(frozen=True)
class LayerShapes:
    """What a layer multiplies: `entering` (n, k) by `weight` (k, m), plus `bias` (1, m), gives `leaving` (n, m)."""

    entering: Shape
    weight: Shape
    bias: Shape
    leaving: Shape


def layer_shapes(layer_sizes: Sequence[int], batch_size: int) -> list[LayerShapes]:
    """Return the shapes of each layer for a batch of digits, one per row.

    Parameters
    ----------
    layer_sizes : sequence of int
        Neurons of every layer, the inputs and outputs too: (64, 50, 10) in the notebook.
    batch_size : int
    """
    return [
        LayerShapes((batch_size, entering), (entering, leaving), (1, leaving), (batch_size, leaving))
        for entering, leaving in pairwise(layer_sizes)
    ]


def count_parameters(layer_sizes: Sequence[int], bias: bool) -> int:
    """Count the numbers that a network of these sizes learns.

    Parameters
    ----------
    layer_sizes : sequence of int
    bias : bool
        Whether it has biases.
    """
    return sum((entering + bias) * leaving for entering, leaving in pairwise(layer_sizes))
