"""digitviz: watch a small neural network learn to read handwritten digits."""

from digitviz.datasets import DigitDataset, load_digits
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters

__all__ = ["DigitDataset", "Network", "Parameters", "load_digits"]
