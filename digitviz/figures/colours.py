"""All colours of figures and formulas, for the light and the dark theme."""

from collections.abc import Mapping

import numpy as np

DIGIT_COLOURS = (
    *("#008fff", "#009c82", "#d00000", "#ff4175", "#a94182"),
    *("#8275b6", "#8f685b", "#b68200", "#8f0dff", "#277527"),
)
"""One colour per digit, the same in both themes.

They are blue, teal, red, pink, plum, lavender, brown, gold, violet and green. Contrast is at least 3.30 on white, 3.01
on the dark page and 3.02 on the light sidebar. The CIEDE2000 distance between any two is at least 20.5 in normal
vision, where a projector dulls them, and 10.2 under full protanopia, deuteranopia and tritanopia (G. Machado, M.
Oliveira, L. Fernandes, A physiologically-based model for simulation of color vision deficiency, 2009). Digits that are
often confused, such as 4 and 9 or 3 and 8, are at least 18.8 apart. See `tests/figures/test_colours.py`.
"""

BACKGROUNDS = {"light": ("#ffffff", "#f3f5f8"), "dark": ("#161b22", "#1f2630")}
"""Background colours of the page and the sidebar, as in `.streamlit/config.toml`."""

OWN_BACKGROUNDS = {"light": "#ffffff", "dark": "#0d1117"}
"""Backgrounds of figures with their own theme (`meta={"theme": ...}`). All others are transparent."""

TEXT = {"light": "#1c2430", "dark": "#e8ebef"}
GRID = {"light": "#e3e6ea", "dark": "#323a45"}
OUTLINE = {"light": "#aeb4bd", "dark": "#5d6672"}
"""Colours of outlines of neurons."""

CAPTION_OPACITY = 0.85
"""Opacity of captions. With Streamlit's 0.6, their text has a contrast of 4.2:1 and their links 3.0:1 on white."""

PAIRS = {
    "blue": ("#1d6fb8", "#5aa9e6"),
    "orange": ("#b84a00", "#ff8a3d"),
    "amber": ("#8a5a00", "#e0a030"),
    "purple": ("#8a3fc4", "#c08af0"),
    "red": ("#c02f48", "#f27a8a"),
    "green": ("#157a58", "#3fc08f"),
    "grey": ("#626a76", "#9aa3af"),
    "number": ("#000000", "#ffffff"),
    "pale amber": ("#e8c88a", "#5c3b00"),
    "paper": ("#ffffff", "#161b22"),
}
"""Colours of text and formulas, for the light and the dark theme, because no colour is legible on both.

Figures and formulas use the first; in the dark theme, the browser replaces it with the second. All except the last two
have a contrast of at least 4.5:1 on the page and the sidebar, and so does paper on each of them.
"""

TRAIN_COLOUR = PAIRS["blue"][0]
TEST_COLOUR = PAIRS["orange"][0]
CORRECT_COLOUR = PAIRS["green"][0]
WRONG_COLOUR = PAIRS["red"][0]
MUTED_COLOUR = PAIRS["grey"][0]
MARK_COLOUR = PAIRS["orange"][0]
"""Colour of the ring around a selected point or the point under the pointer."""
PAPER_COLOUR = PAIRS["paper"][0]
"""Colour of text on a mark in one of the other colours."""

RECEIVES, ADDS, SENDS, PASSES = PAIRS["green"][0], PAIRS["amber"][0], PAIRS["purple"][0], PAIRS["red"][0]
"""Colours of a neuron's four roles, the same in the brain, on paper and in formulas. Blue is for negative weights."""
NUCLEUS_COLOUR = PAIRS["pale amber"][0]

NEGATIVE_COLOUR, POSITIVE_COLOUR = "#4a90c9", "#e06a4a"
"""Colours of weights, from the middle of each half of the signed scale. They stand out on white and on black."""

LABEL_COLOUR, LABEL_BOX_COLOUR = "#f4f6f8", "#141820"
"""Colours of text on a dark box over a picture, and of the box, in both themes."""
BOX_COLOUR, ON_BOX_COLOUR = "#c9d2dd", "#1c2430"
"""Colours of a pale box in a drawing, and of the text on it, in both themes."""
INVISIBLE = "rgba(0,0,0,0)"

FIRST_TO_LAST = ("#6e59e3", "#9850d6", "#b948bd", "#d3429a", "#e44271", "#ec4b3e", "#dd6602", "#c57e06")
"""Colours from the first to the last of many curves, increasingly light, the same in both themes.

Contrast is at least 3.3 on white, 3.4 on the dark page and 3.02 on either sidebar. This leaves little room for
differences in lightness, so the colours differ in hue, from violet through red to ochre.
"""

Scale = list[tuple[float, str]]


def _scale(*colours: str) -> Scale:
    return [(place, colour) for place, colour in zip(np.linspace(0, 1, len(colours)).tolist(), colours, strict=True)]


ALONG_SCALE: Scale = [(place / (len(FIRST_TO_LAST) - 1), colour) for place, colour in enumerate(FIRST_TO_LAST)]

SCALES: dict[str, dict[str, Scale]] = {
    "light": {
        "signed": _scale("#08519c", "#4a90c9", "#a9cde5", "#f7f7f7", "#f9b49b", "#e06a4a", "#a50f15"),
        "ink": _scale("#ffffff", "#1c2430"),
        "passes on": _scale("#ffffff", "#8a3fc4"),
        "mistakes": _scale("#fce3d2", "#ea8a45"),
        "differences": _scale("#ffffff", "#ea8a45"),
        "height": _scale("#ffffff", "#d9ccec", "#a68fd0", "#6b4fa3", "#3f2a72"),
        "reading": _scale("#f3f7fc", "#cbdff2", "#8fbde2", "#1d6ca6", "#123a78"),
    },
    "dark": {
        "signed": _scale("#8cc7ff", "#4793d6", "#2a5681", "#161b22", "#8a4030", "#e0714d", "#ffb59b"),
        "ink": _scale("#161b22", "#f4f6f8"),
        "passes on": _scale("#161b22", "#c08af0"),
        "mistakes": _scale("#3d2a1e", "#a8561a"),
        "differences": _scale("#161b22", "#a8561a"),
        "height": _scale("#161b22", "#33294f", "#584486", "#8a74bf", "#c9bbe8"),
        "reading": _scale("#1c2431", "#26517a", "#4290c4", "#94c9ee", "#e6f3fd"),
    },
}
"""Colour scales by theme and role. "signed" is centred on zero, "ink" goes from paper to pen, "height" from low to
high, "reading" from no digit to all.
"""

MIDDLE_OF_INK, DARK_INK = 6.6, 10.1
"""Ink of a pixel, 0 to 16, from which its number is black in both themes, and from which it is paper-coloured."""
OF_READING = 0.42, 0.71
"""The same for accuracies on the scale "reading"."""


def on_ink(ink: float, middle: float = MIDDLE_OF_INK, dark: float = DARK_INK) -> str:
    """Return the best colour for a number on a pixel with this ink."""
    if ink < middle:
        return PAIRS["number"][0]
    return "#000001" if ink < dark else PAPER_COLOUR


def of_sign(number: float) -> str:
    """Return the colour of a weight or a product."""
    return POSITIVE_COLOUR if number >= 0 else NEGATIVE_COLOUR


def of_theme(theme: str) -> Mapping[str, str]:
    """Return the colours of `PAIRS` by name, in the "light" or the "dark" theme."""
    return {name: pair[theme == "dark"] for name, pair in PAIRS.items()}


def channels(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue of "#rrggbb", 0 to 255 each."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def see_through(colour: str, opacity: float) -> str:
    """Return a translucent version of a colour. `opacity` is 0 to 1."""
    return "rgba({}, {}, {}, {})".format(*channels(colour), opacity)


GAP_COLOUR, CONE_COLOUR = (see_through(MUTED_COLOUR, opacity) for opacity in (0.3, 0.14))
"""Background of a digit. It shows between the pixels as a faint grid, so that empty pixels are visible."""


def digit_scale() -> Scale:
    """Return a scale with ten steps, one per digit."""
    count = len(DIGIT_COLOURS)
    return [(place / count, colour) for digit, colour in enumerate(DIGIT_COLOURS) for place in (digit, digit + 1)]


def style_sheet() -> str:
    r"""Return CSS that makes captions legible, and formulas legible in both themes.

    A formula contains the colour of the light theme, in \textcolor. Streamlit sets `color-scheme` to the current theme,
    so CSS alone can adapt the colour. A change of theme does not cause a rerun.
    """
    formulas = [
        f'.katex [style*="color: rgb({", ".join(map(str, channels(light)))})"]'
        f" {{ color: light-dark({light}, {dark}) !important; }}"
        for light, dark in PAIRS.values()
    ]
    return "\n".join([f'html [data-testid="stCaptionContainer"] {{ opacity: {CAPTION_OPACITY}; }}', *formulas, ""])
