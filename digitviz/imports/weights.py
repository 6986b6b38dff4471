"""The weights of a network from safetensors or npz, whoever wrote them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from digitviz.imports.archive import BEGINNINGS, Archive
from digitviz.imports.layers import parameters_of
from digitviz.imports.limits import check_size
from digitviz.imports.settings import settings_of
from digitviz.imports.tensors import Tensors
from digitviz.imports.unreadable import Unreadable
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.network import INPUT_SCALES
from digitviz.networks.parameters import Parameters
from digitviz.training.hyperparameters import Hyperparameters


@dataclass(frozen=True, eq=False)
class Weights:
    """The weights of a network, and what their file says of it.

    Parameters
    ----------
    parameters : Parameters
        Finite, of one precision, in layers that the settings allow.
    activation, input_scale : str or None
        By their names in `ACTIVATIONS` and `INPUT_SCALES`; None if the file does not say.
    settings : Hyperparameters or None
        None if there are none in the file, or they are not allowed.
    has_settings : bool
        Whether there are any, allowed or not.
    """

    parameters: Parameters
    activation: str | None
    input_scale: str | None
    settings: Hyperparameters | None
    has_settings: bool

    @property
    def hidden(self) -> tuple[int, ...]:
        """Neurons of each hidden layer."""
        return tuple(weight.shape[1] for weight in self.parameters.weights[:-1])

    def hyperparameters(self, others: Hyperparameters, activation: str, input_scale: str) -> Hyperparameters:
        """Return settings that these weights fit: those of the file if it has any, else others.

        Parameters
        ----------
        others : Hyperparameters
        activation, input_scale : str
            What the network is to use.
        """
        return dataclasses.replace(
            self.settings or others, hidden=self.hidden, bias=self.parameters.biases is not None,
            precision=self.parameters.weights[0].dtype.name, activation=activation, input_scale=input_scale,
        )  # fmt: skip


def read_weights(data: bytes) -> Weights:
    """Read the weights of a network.

    Parameters
    ----------
    data : bytes
        A safetensors file, or an npz archive of `numpy.savez`; untrusted. Its arrays are w1, w2, ..., shape (inputs,
        outputs), and b1, b2, ..., or those of a torch state_dict; others are not looked at.

    Raises
    ------
    Unreadable
        If it is no such file, is damaged, or holds another kind of network.
    """
    check_size(data)
    return weights_in(Archive(data) if data.startswith(BEGINNINGS) else Tensors(data))


def weights_in(file: Archive | Tensors) -> Weights:
    """Read the weights of an opened file, as `read_weights` does."""
    parameters = parameters_of(file)
    said = file.text("hyperparameters")
    try:
        settings = None if said is None else settings_of(said)
    except Unreadable:
        settings = None
    activation, input_scale = file.text("activation"), file.text("input_scale")
    if settings is not None:  # as an npz file of ours had it before it named them
        activation, input_scale = activation or settings.activation, input_scale or settings.input_scale
    return Weights(
        parameters,
        activation if activation in ACTIVATIONS else None,
        input_scale if input_scale in INPUT_SCALES else None,
        settings,
        said is not None,
    )
