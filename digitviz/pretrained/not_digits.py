"""Generator of letters, shapes and scribbles, on which the likeness detector is trained."""

from collections.abc import Callable

import numpy as np

from digitviz.drawing.rasterise import rasterise

Strokes = list[np.ndarray]

CANVAS = 96
"""Side of the canvas in pixels."""

LETTERS = {
    "A": "0,10 5,0 10,10 / 2,6 8,6",
    "A2": "0,10 1,5 3,1 5,0 7,1 9,5 10,10 / 1,6 9,6",
    "C": "10,2 8,0 4,0 1,3 0,5 1,8 4,10 8,10 10,8",
    "E": "9,0 0,0 0,10 9,10 / 0,5 7,5",
    "E2": "9,1 6,0 3,0 1,2 3,4 6,5 3,5 0,7 1,9 4,10 9,9",
    "F": "9,0 0,0 0,10 / 0,5 7,5",
    "G": "9,2 7,0 3,0 0,4 0,7 3,10 7,10 9,9 9,6 5,6",
    "H": "0,0 0,10 / 9,0 9,10 / 0,5 9,5",
    "K": "0,0 0,10 / 8,0 0,6 / 3,4 9,10",
    "L": "0,0 0,10 7,10",
    "M": "0,10 0,0 5,7 10,0 10,10",
    "M2": "0,10 2,0 5,8 8,0 10,10",
    "N": "0,10 0,0 8,10 8,0",
    "P": "0,10 0,0 5,0 8,1 8,4 5,6 0,6",
    "R": "0,10 0,0 5,0 8,1 8,4 5,5 0,5 / 4,5 8,10",
    "T": "0,0 10,0 / 5,0 5,10",
    "U": "0,0 0,7 2,10 6,10 8,7 8,0",
    "V": "0,0 4,10 8,0",
    "W": "0,0 3,10 6,1 9,10 12,0",
    "W2": "0,0 1,7 3,10 5,8 6,3 7,8 9,10 11,7 12,0",
    "X": "0,0 8,10 / 8,0 0,10",
    "Y": "0,0 4,5 8,0 / 4,5 4,10",
    "Y2": "0,0 1,4 4,6 8,4 8,0 / 4,6 4,10",
    "a": "1,1 3,0 6,0 8,2 8,10 / 8,4 3,4 0,6 0,8 2,10 5,10 8,7",
    "a2": "8,1 4,0 0,3 0,7 3,10 6,9 8,5 8,0 8,7 10,10",
    "c": "8,2 6,0 2,1 0,5 2,9 6,10 8,8",
    "d": "8,0 8,10 / 8,5 5,4 1,5 0,7 2,10 6,9 8,7",
    "e": "0,5 9,5 9,3 6,0 3,0 0,4 1,8 4,10 9,9",
    "f": "7,1 5,0 3,2 3,10 / 0,4 6,4",
    "h": "0,0 0,10 / 0,6 3,4 6,5 7,10",
    "k": "0,0 0,10 / 6,4 0,7 / 2,6 7,10",
    "m": "0,0 0,10 / 0,2 2,0 5,1 5,10 / 5,2 8,0 10,1 10,10",
    "n": "0,0 0,10 / 0,3 3,0 6,0 8,3 8,10",
    "p": "0,0 0,10 / 0,1 4,0 7,1 7,4 4,6 0,5",
    "r": "0,0 0,10 / 0,3 3,0 6,0",
    "t": "3,0 3,8 5,10 8,9 / 0,3 7,3",
    "t2": "4,0 4,10 / 0,3 8,3",
    "u": "0,0 0,7 2,10 5,9 8,6 / 8,0 8,10",
    "v": "0,0 4,10 8,0",
    "w": "0,0 2,10 5,3 8,10 10,0",
    "x": "0,0 8,10 / 8,0 0,10",
    "y": "0,0 4,6 / 8,0 2,10",
    "y2": "0,0 0,3 3,5 7,3 7,0 7,7 5,10 1,9",
}
"""Letters unlike any digit, as strokes of x,y on a grid of height 10. Some letters have several handwritten forms."""


def letter(rng: np.random.Generator) -> Strokes:
    """Return a slightly distorted letter."""
    glyph = LETTERS[str(rng.choice(list(LETTERS)))]
    strokes = [np.array([p.split(",") for p in s.split()], dtype=float) / 10 for s in glyph.split(" / ")]
    rounded = rng.random() < 0.5
    return [_smooth(s) if rounded or len(s) > 4 else s for s in (s + rng.normal(0, 0.03, s.shape) for s in strokes)]


def _smooth(points: np.ndarray, steps: int = 6) -> np.ndarray:
    """Interpolate points by a smooth curve (Catmull-Rom)."""
    from scipy.interpolate import CubicHermiteSpline

    if len(points) < 3:
        return points
    places = np.arange(len(points))
    between = np.linspace(0, places[-1], steps * places[-1] + 1)
    return CubicHermiteSpline(places, points, np.gradient(points, axis=0))(between)


def _turn(rng: np.random.Generator, least: float, most: float, steps: int = 40) -> np.ndarray:
    """Return points around a circle, over a random number of turns."""
    angle = rng.uniform(0, 2 * np.pi) + np.linspace(0, 2 * np.pi * rng.uniform(least, most), steps)
    return np.column_stack([np.cos(angle), np.sin(angle)])


def _polygon(rng: np.random.Generator) -> Strokes:
    corners = int(rng.choice([3, 4, 4, 5, 6]))
    angle = np.pi / 2 * (1 if corners == 3 else 0.5) * (-1) + np.linspace(0, 2 * np.pi, corners + 1)
    points = np.column_stack([np.cos(angle), np.sin(angle)])
    points[:-1] += rng.normal(0, 0.06, (corners, 2))
    points[-1] = points[0]
    return [points]


def _star(rng: np.random.Generator) -> Strokes:
    angle = -np.pi / 2 + np.arange(6) * 2 * np.pi * 2 / 5
    return [np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, 0.04, (6, 2))]


def _heart(rng: np.random.Generator) -> Strokes:
    t = np.linspace(0, 2 * np.pi, 50)
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return [np.column_stack([16 * np.sin(t), -y]) / 16]


def _face(rng: np.random.Generator) -> Strokes:
    smile = np.linspace(0.15 * np.pi, 0.85 * np.pi, 12)
    mouth = 0.55 * np.column_stack([np.cos(smile), np.sin(smile) * rng.choice([-0.6, 1.0])])
    eyes = [np.array([[side * 0.35, -0.3], [side * 0.35, -0.3 + rng.uniform(0, 0.1)]]) for side in (-1, 1)]
    return [_turn(rng, 1.0, 1.05), mouth, *eyes]


def _cross(rng: np.random.Generator) -> Strokes:
    angle = rng.choice([0.0, np.pi / 4]) + rng.normal(0, 0.08, 2) + [0, np.pi / 2]
    ends = np.column_stack([np.cos(angle), np.sin(angle)]) * rng.uniform(0.7, 1.1, (2, 1))
    return [np.array([-end, end]) + rng.normal(0, 0.08, 2) for end in ends]


def _tick(rng: np.random.Generator) -> Strokes:
    return [np.array([[0, 0.6], [0.35, 1.0], [1.0, 0.0]]) + rng.normal(0, 0.05, (3, 2))]


def _spiral(rng: np.random.Generator) -> Strokes:
    turns = rng.uniform(2, 4.5)
    return [_turn(rng, turns, turns, 90) * np.linspace(rng.uniform(0, 0.2), 1, 90)[:, None]]


def _wave(rng: np.random.Generator) -> Strokes:
    x = np.linspace(0, 1, 60)
    swing = np.sin(2 * np.pi * (rng.uniform(1.5, 4.5) * x + rng.random()))
    return [np.column_stack([2 * x, rng.uniform(0.25, 0.7) * swing])]


def _zigzag(rng: np.random.Generator) -> Strokes:
    count = int(rng.integers(4, 11))
    y = np.where(np.arange(count) % 2 == 0, 0.0, 1.0) + rng.normal(0, 0.08, count)
    points = np.column_stack([np.linspace(0, rng.uniform(0.6, 1.8), count), y])
    return [points if rng.random() < 0.7 else points[:, ::-1]]


def _lines(rng: np.random.Generator) -> Strokes:
    return [rng.random((2, 2)) * rng.uniform(0.8, 1.4, 2) for _ in range(int(rng.integers(2, 7)))]


def _walk(rng: np.random.Generator) -> Strokes:
    points = rng.random((int(rng.integers(4, 14)), 2)) * rng.uniform(0.7, 1.3, 2)
    return [_smooth(points) if rng.random() < 0.6 else points]


def _loops(rng: np.random.Generator) -> Strokes:
    circle = _turn(rng, 2.0, 5.0, 120)
    return [circle * rng.uniform(0.3, 0.7) + np.column_stack([np.linspace(0, rng.uniform(0.5, 2), 120), np.zeros(120)])]


SCRIBBLES: tuple[Callable[[np.random.Generator], Strokes], ...] = (
    *(_polygon, _star, _heart, _face, _cross, _tick, _spiral, _wave, _zigzag, _lines, _lines, _walk, _walk, _loops),
)
"""Generators of random shapes and scribbles. Those that vary most are listed twice."""


def scribble(rng: np.random.Generator) -> Strokes:
    """Return a shape or a scribble."""
    return SCRIBBLES[int(rng.integers(len(SCRIBBLES)))](rng)


def draw(strokes: Strokes, rng: np.random.Generator) -> np.ndarray:
    """Draw strokes like handwriting: randomly rotated, sheared, stretched and scaled, with a random pen.

    Returns
    -------
    ndarray of bool, shape (96, 96)
    """
    angle, shear = rng.normal(0, 0.1), rng.normal(0, 0.12)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    stretch = np.diag([np.exp(rng.normal(-0.1, 0.2)), 1.0]) @ np.array([[1.0, 0.0], [-shear, 1.0]]) @ turn
    moved = [s @ stretch for s in strokes]
    low, high = np.min([s.min(axis=0) for s in moved], axis=0), np.max([s.max(axis=0) for s in moved], axis=0)
    height = rng.uniform(40, 76)
    pen = height * np.exp(rng.uniform(np.log(0.05), np.log(0.2)))
    scale = height / max((high - low).max(), 1e-3)
    placed = [(s - (low + high) / 2) * scale + CANVAS / 2 for s in moved]
    return rasterise([s + rng.normal(0, 0.4, s.shape) for s in placed], CANVAS, pen) > 127
