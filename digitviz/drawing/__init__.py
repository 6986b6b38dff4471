"""From ink on a canvas to an 8 x 8 digit, and how a network classifies it."""

from digitviz.drawing.drawing import Drawing, to_digit, to_image
from digitviz.drawing.practice import distorted_copies
from digitviz.drawing.prediction import Prediction, read
from digitviz.drawing.rasterise import rasterise
