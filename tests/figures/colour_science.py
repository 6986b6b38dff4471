"""Contrast, CIEDE2000 and colour blindness by definition, for the tests of the colours."""

from __future__ import annotations

import numpy as np

from digitviz.figures.colours import channels

VISIONS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
    ],
}  # fmt: skip
"""Transformations of linear red, green and blue at severity 1.0: Machado, Oliveira, Fernandes, 2009."""

TO_XYZ = np.array([
    [0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041],
])  # fmt: skip
WHITE = TO_XYZ.sum(axis=1)


def linear(colour: str) -> np.ndarray:
    """Return linear red, green and blue of "#rrggbb", 0 to 1."""
    values = np.array(channels(colour)) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    """Return the relative luminance by WCAG 2, 0 to 1."""
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio by WCAG 2, 1 to 21."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def over(colour: str, background: str, opacity: float) -> str:
    """Return the visible colour of a translucent colour on a background."""
    mixed = opacity * np.array(channels(colour)) + (1 - opacity) * np.array(channels(background))
    return "#" + bytes(mixed.round().astype(int).tolist()).hex()


def lab(colour: str, vision: str = "normal") -> np.ndarray:
    """Return CIELAB, D65, of a colour as seen with this vision."""
    seen = np.clip(np.asarray(VISIONS[vision]) @ linear(colour), 0, 1)
    ratios = TO_XYZ @ seen / WHITE
    x, y, z = np.where(ratios > 216 / 24389, np.cbrt(ratios), (24389 / 27 * ratios + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def ciede2000(one: np.ndarray, other: np.ndarray) -> float:
    """Return the distance between two colours in CIELAB: Sharma, Wu, Dalal, 2005."""
    lightness = np.array([one[0], other[0]])
    a, b = np.array([one[1], other[1]]), np.array([one[2], other[2]])
    a = a * (1.5 - 0.5 * _saturating(np.hypot(a, b).mean()))
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    turn = (hue[1] - hue[0] + 180) % 360 - 180 if chroma.all() else 0.0
    if not chroma.all():
        middle = hue.sum()
    elif abs(hue[1] - hue[0]) <= 180:
        middle = hue.mean()
    else:
        middle = (hue.sum() + (360 if hue.sum() < 360 else -360)) / 2
    cosine = np.cos(np.radians([middle - 30, 2 * middle, 3 * middle + 6, 4 * middle - 63]))
    off = (lightness.mean() - 50) ** 2
    parts = np.array([np.diff(lightness)[0], np.diff(chroma)[0], 2 * np.sqrt(chroma.prod()) * _sine(turn / 2)])
    parts /= [
        1 + 0.015 * off / np.sqrt(20 + off),
        1 + 0.045 * chroma.mean(),
        1 + 0.015 * chroma.mean() * (1 + cosine @ [-0.17, 0.24, 0.32, -0.20]),
    ]
    rotation = -2 * _saturating(chroma.mean()) * _sine(60 * np.exp(-(((middle - 275) / 25) ** 2)))
    return float(np.sqrt(parts @ parts + rotation * parts[1] * parts[2]))


def _saturating(chroma: float) -> float:
    return np.sqrt(chroma**7 / (chroma**7 + 25.0**7))


def _sine(degrees: float) -> float:
    return np.sin(np.radians(degrees))
