"""The weights and biases of a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

INPUTS = 64
OUTPUTS = 10


@dataclass(eq=False)
class Parameters:
    """Weights and biases of a fully connected network.

    Parameters
    ----------
    weights : list of ndarray
        One matrix per layer, shape (inputs, outputs): w1 (64, 50), w2 (50, 10) in the notebook.
    biases : list of ndarray, or None
        One row per layer, shape (outputs,); None for a network without biases.
    """

    weights: list[np.ndarray]
    biases: list[np.ndarray] | None = None

    @property
    def named_arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """Pairs of name and array: w1, w2, ..., b1, b2, ..."""
        for number, weight in enumerate(self.weights, start=1):
            yield f"w{number}", weight
        for number, bias in enumerate(self.biases or [], start=1):
            yield f"b{number}", bias

    @property
    def arrays(self) -> list[np.ndarray]:
        """Every array, weights first."""
        return [*self.weights, *(self.biases or [])]

    @property
    def size(self) -> int:
        """Total number of weights and biases."""
        return sum(array.size for array in self.arrays)

    def copy(self) -> Parameters:
        """Return a deep copy."""
        return self.from_arrays([array.copy() for array in self.arrays])

    def from_arrays(self, arrays: list[np.ndarray]) -> Parameters:
        """Split `arrays`, ordered like `self.arrays`, into weights and biases."""
        count = len(self.weights)
        return Parameters(arrays[:count], arrays[count:] if self.biases is not None else None)

    def in_float64(self) -> Parameters:
        """Return a copy in double precision."""
        return self.from_arrays([array.astype(np.float64) for array in self.arrays])

    def to_vector(self) -> np.ndarray:
        """Concatenate all parameters, shape (size,)."""
        return np.concatenate([array.ravel() for array in self.arrays])

    def from_vector(self, vector: np.ndarray) -> Parameters:
        """Split a vector from `to_vector` into arrays of these shapes. The arrays are views of `vector`."""
        ends = np.cumsum([array.size for array in self.arrays])[:-1]
        parts = np.split(vector, ends)
        return self.from_arrays([part.reshape(a.shape) for part, a in zip(parts, self.arrays, strict=True)])
