"""Conversion of drawings to 8 x 8 digits, and their classification by a network."""

from digitviz.drawing.drawing import Drawing, to_digit, to_image
from digitviz.drawing.practice import distorted_copies
from digitviz.drawing.prediction import Prediction, read
from digitviz.drawing.rasterise import rasterise
