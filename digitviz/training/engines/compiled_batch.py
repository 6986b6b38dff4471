"""A batch as the compiled engine lays it out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitviz.training.engines.checkpoint import FIRST_LAYER, ORDER, PRE_ACTIVATIONS, SUMMED_DELTAS, Checkpoint


@dataclass(eq=False)
class Batch:
    """A batch as the kernel needs it: transposed, in the precision of the run, its digits reordered.

    Parameters
    ----------
    x, one_hot : ndarray
        What the caller passed; the batch is recognised by them.
    order : ndarray of int, shape (batch,)
        The digits: first the basis, of which all others are combinations, if the batch is searched for one.
    inputs, targets : ndarray, shapes (inputs, batch) and (classes, batch)
    products, combinations : ndarray, flat
        Room for `gram` and for `rest`.
    gram : ndarray, shape (batch, basis) or (0, 0)
        Empty where the weights themselves move at each step.
    rest : ndarray, shape (basis, batch - basis) or (0, 0)
        The other digits as combinations of the basis.
    pre_activations : ndarray, shape (neurons * batch,)
        Those of the first layer, which come first, are carried from step to step when there is a `gram`.
    outputs, deltas : ndarray, shape (neurons * batch,)
        Work space of the kernel.
    summed_deltas : ndarray, shape (neurons of the first layer * batch,) or (0,)
        The first layer's deltas, summed over the steps taken on this batch.
    """

    x: np.ndarray
    one_hot: np.ndarray
    order: np.ndarray
    inputs: np.ndarray
    targets: np.ndarray
    products: np.ndarray
    combinations: np.ndarray
    gram: np.ndarray
    rest: np.ndarray
    pre_activations: np.ndarray
    outputs: np.ndarray
    deltas: np.ndarray
    summed_deltas: np.ndarray

    @classmethod
    def room_for(
        cls, x: np.ndarray, one_hot: np.ndarray, sizes: np.ndarray, bias: bool, moved: int, dtype: np.dtype
    ) -> Batch:
        """Return room for such a batch.

        Parameters
        ----------
        x, one_hot : ndarray
            The batch.
        sizes : ndarray of int
            Neurons of each layer, the inputs among them.
        bias : bool
        moved : int
            Digits whose pre-activations move: 0 where the weights do.
        dtype : dtype
        """
        digits = len(x)
        dependent = moved > x.shape[1] + bias  # more digits than inputs
        neurons = int(sizes[1:].sum()) * digits
        nothing = np.empty((0, 0), dtype)
        return cls(
            x,
            one_hot,
            order=np.arange(digits),
            inputs=np.zeros(x.T.shape, dtype),
            targets=np.zeros(one_hot.T.shape, dtype),
            products=np.zeros((moved * moved,), dtype),
            combinations=np.zeros(((moved + 1) ** 2 // 4 if dependent else 0,), dtype),
            gram=nothing,
            rest=nothing,
            pre_activations=np.zeros((neurons,), dtype),
            outputs=np.zeros((neurons,), dtype),
            deltas=np.zeros((neurons,), dtype),
            summed_deltas=np.zeros((int(sizes[1]) * moved,), dtype),
        )

    def take_up(self, carried: Checkpoint, vector: np.ndarray) -> None:
        """Go on with this batch, which has just been laid out, as with the one of a checkpoint.

        Does nothing if this one has another size, or if nothing is carried on it.

        Parameters
        ----------
        carried : dict
            Those arrays of the checkpoint that begin with "carried.".
        vector : ndarray, shape (size,)
            The parameters, layer by layer; those of the first layer become what they were when the batch began.
        """
        if not self.gram.size or len(self.order) != len(carried[ORDER]):
            return
        first = np.concatenate([carried[name].ravel() for name in FIRST_LAYER if name in carried])
        vector[: first.size] = first
        places = np.argsort(carried[ORDER])[self.order]  # another processor may have found another basis
        self.pre_activations[: self.summed_deltas.size] = carried[PRE_ACTIVATIONS][:, places].ravel()
        self.summed_deltas[:] = carried[SUMMED_DELTAS][:, places].ravel()
