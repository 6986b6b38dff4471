"""digitviz: watch a small neural network learn to read handwritten digits."""

from digitviz import exports, figures
from digitviz.datasets import DigitDataset, load_digits, load_handwriting
from digitviz.drawing import Drawing, Prediction, distorted_copies, rasterise, read, to_digit, to_image
from digitviz.explanations.ablation import ablate, prune
from digitviz.explanations.evaluation import (
    calibration,
    confusion_matrix,
    most_confused,
    precision_recall_fscore_support,
    surest_mistakes,
    when_learnt,
    wilson_interval,
)
from digitviz.explanations.geometry import border_plane, vector_walk
from digitviz.explanations.landscape import landscape
from digitviz.explanations.matching import match_neurons, straight_line
from digitviz.explanations.neurons import most_exciting
from digitviz.explanations.receipt import receipt
from digitviz.explanations.robustness import adversarial, flip_pixel, occlusion, pixel_importance
from digitviz.networks.network import Network
from digitviz.networks.parameters import Parameters
from digitviz.pretrained import load_pretrained
from digitviz.projections import Embedding, align, film, kept_neighbours, neighbours, project, separated_neighbours
from digitviz.projections.spaces import space, space_names
from digitviz.training.history import History
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.perturbations import shocked
from digitviz.training.recipe import Recipe
from digitviz.training.run import TrainingRun, train
from digitviz.training.sweep import Sweep, SweepTable, sweep
from digitviz.training.trajectory import Trajectory
