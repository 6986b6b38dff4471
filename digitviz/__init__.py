"""digitviz: watch a small neural network learn to read handwritten digits."""

from digitviz import figures
from digitviz.datasets import DigitDataset, load_digits
from digitviz.hyperparameters import Hyperparameters
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.projections import Embedding, align, film, neighbours, project, torn
from digitviz.spaces import space, space_names
from digitviz.training.history import History
from digitviz.training.run import TrainingRun
from digitviz.training.train import train

__all__ = [
    "DigitDataset",
    "Embedding",
    "History",
    "Hyperparameters",
    "Network",
    "Parameters",
    "TrainingRun",
    "align",
    "figures",
    "film",
    "load_digits",
    "neighbours",
    "project",
    "space",
    "space_names",
    "torn",
    "train",
]
