from __future__ import annotations

import re
import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from digitviz import figures
from digitviz.figures.colours import (
    BACKGROUNDS,
    BOX_COLOUR,
    CAPTION_OPACITY,
    DIGIT_COLOURS,
    FIRST_TO_LAST,
    LABEL_BOX_COLOUR,
    LABEL_COLOUR,
    NEGATIVE_COLOUR,
    OF_READING,
    ON_BOX_COLOUR,
    OWN_BACKGROUNDS,
    PAIRS,
    POSITIVE_COLOUR,
    SCALES,
    TEXT,
    digit_scale,
    of_theme,
    on_ink,
    see_through,
    style_sheet,
)
from digitviz.figures.picture import themes
from digitviz.lesson.neuron import WITH_STEP
from tests.figures.colour_science import VISIONS, ciede2000, contrast, lab, over

ROOT = Path(__file__).parents[2]
THEMES = ("light", "dark")
TEXTS = [name for name in PAIRS if name not in ("paper", "pale amber")]
STREAMLIT_LINKS = {"light": "#244fb4", "dark": "#85b8f8"}
"""Link colours that Streamlit 1.67 derives from our primary colours."""

PUBLISHED = [
    ((50.0000, 2.6772, -79.7751), (50.0000, 0.0000, -82.7485), 2.0425),
    ((50.0000, 3.1571, -77.2803), (50.0000, 0.0000, -82.7485), 2.8615),
    ((50.0000, -1.3802, -84.2814), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, 0.0000, 0.0000), (50.0000, -1.0000, 2.0000), 2.3669),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0009), 7.1792),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0011), 7.2195),
    ((50.0000, -0.0010, 2.4900), (50.0000, 0.0009, -2.4900), 4.8045),
    ((50.0000, -0.0010, 2.4900), (50.0000, 0.0011, -2.4900), 4.7461),
    ((50.0000, 2.5000, 0.0000), (50.0000, 0.0000, -2.5000), 4.3065),
    ((50.0000, 2.5000, 0.0000), (73.0000, 25.0000, -18.0000), 27.1492),
    ((50.0000, 2.5000, 0.0000), (61.0000, -5.0000, 29.0000), 22.8977),
    ((50.0000, 2.5000, 0.0000), (56.0000, -27.0000, -3.0000), 31.9030),
    ((50.0000, 2.5000, 0.0000), (58.0000, 24.0000, 15.0000), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
    ((61.2901, 3.7196, -5.3901), (61.4292, 2.2480, -4.9620), 1.8731),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.9257, -0.5406, -0.9208), (88.6381, -0.8985, -0.7239), 1.5381),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]
"""The most error-prone of the 34 test pairs published by Sharma, Wu and Dalal."""


@pytest.mark.parametrize(("one", "other", "expected"), PUBLISHED)
def test_distances_are_those_that_were_published(one, other, expected):
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(expected, abs=5e-5)
    assert ciede2000(np.array(other), np.array(one)) == pytest.approx(expected, abs=5e-5)


def test_contrasts_and_lab_are_those_that_are_known():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    np.testing.assert_allclose(lab("#ff0000"), [53.24, 80.09, 67.20], atol=0.01)
    np.testing.assert_allclose(lab("#ffffff"), [100, 0, 0], atol=1e-6)
    for vision in VISIONS:  # greys stay grey for everyone
        np.testing.assert_allclose(lab("#808080", vision), lab("#808080"), atol=0.01)
    assert over("#000000", "#ffffff", 0.6) == "#666666"


@pytest.mark.parametrize("vision", VISIONS)
def test_any_two_digits_are_told_apart_by_everybody(vision):
    seen = [lab(colour, vision) for colour in DIGIT_COLOURS]
    distances = {(one, other): ciede2000(seen[one], seen[other]) for one, other in combinations(range(10), 2)}
    assert min(distances.values()) >= (20 if vision == "normal" else 10)
    for pair in ((4, 9), (3, 8), (1, 8), (8, 9), (3, 9), (1, 2), (5, 9), (3, 5)):
        assert distances[pair] >= 18


@pytest.mark.parametrize("background", [*BACKGROUNDS["light"], BACKGROUNDS["dark"][0], *OWN_BACKGROUNDS.values()])
def test_every_digit_stands_out_on_every_page(background):
    assert min(contrast(colour, background) for colour in DIGIT_COLOURS) >= 3


def points_of(figure: go.Figure) -> go.Scatter:
    """Return the trace of a map with the most points."""
    return max(figure.data, key=lambda trace: 0 if trace.x is None else len(trace.x))


@pytest.mark.parametrize("background", [*(pages[0] for pages in BACKGROUNDS.values()), *OWN_BACKGROUNDS.values()])
def test_every_point_of_a_map_stands_out_where_it_lies_alone(background, random):
    places, labels = random.normal(size=(200, 2)), np.arange(200) % 10
    things = figures.Things(np.stack([np.arange(200), labels], axis=1), "%{customdata[1]}", labels)
    small = figures.digit_map(places, labels)
    large = figures.large_map(things, [figures.MapView(places, "PCA", "pca 0")])
    for figure in (small, large):
        opacity = points_of(figure).marker.opacity
        assert min(contrast(over(colour, background, opacity), background) for colour in DIGIT_COLOURS) >= 3


@pytest.mark.parametrize("background", [page for theme in THEMES for page in BACKGROUNDS[theme]])
def test_every_loss_curve_stands_out_and_the_last_is_told_from_the_first(background):
    losses = np.linspace(5, 1, 200)[:, None] + np.zeros((200, 3))
    drawn = [trace.line.color for trace in figures.loss_curves(losses).data if trace.line.color]
    assert min(contrast(colour, background) for colour in (*drawn, *FIRST_TO_LAST)) >= 3
    assert (drawn[0], drawn[-1]) == (FIRST_TO_LAST[0], FIRST_TO_LAST[-1])
    for vision in VISIONS:
        assert ciede2000(lab(drawn[0], vision), lab(drawn[-1], vision)) >= 40


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", TEXTS)
def test_every_colour_of_words_can_be_read_in_both_themes(theme, name):
    colour = of_theme(theme)[name]
    for background in (*BACKGROUNDS[theme], OWN_BACKGROUNDS[theme]):
        assert contrast(colour, background) >= 4.5
    assert contrast(of_theme(theme)["paper"], colour) >= 4.5  # text on a mark


@pytest.mark.parametrize("theme", THEMES)
def test_text_captions_and_their_links_can_be_read(theme):
    for background in BACKGROUNDS[theme]:
        assert contrast(TEXT[theme], background) >= 7
        for colour in (TEXT[theme], STREAMLIT_LINKS[theme]):
            assert contrast(over(colour, background, CAPTION_OPACITY), background) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_a_number_can_be_read_on_a_pixel_with_any_ink(theme):
    (_, paper), (_, pen) = SCALES[theme]["ink"]
    counterparts = dict(zip(of_theme("light").values(), of_theme(theme).values(), strict=True))
    for ink in np.linspace(0, 16, 161):
        number = on_ink(ink)
        assert contrast(counterparts.get(number, number), over(pen, paper, ink / 16)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_a_number_can_be_read_on_a_cell_with_any_accuracy(theme):
    stops = [colour for _, colour in SCALES[theme]["reading"]]
    counterparts = dict(zip(of_theme("light").values(), of_theme(theme).values(), strict=True))
    for accuracy in np.linspace(0, 1, 201):
        place = min(int(accuracy * (len(stops) - 1)), len(stops) - 2)
        cell = over(stops[place + 1], stops[place], accuracy * (len(stops) - 1) - place)
        number = on_ink(accuracy, *OF_READING)
        assert contrast(counterparts.get(number, number), cell) >= 4.5


def test_words_in_boxes_can_be_read_and_lines_stand_out():
    assert contrast(LABEL_COLOUR, LABEL_BOX_COLOUR) >= 4.5
    assert contrast(ON_BOX_COLOUR, BOX_COLOUR) >= 4.5
    curves = [activation.colour for activation in WITH_STEP.values()]
    for colour in (NEGATIVE_COLOUR, POSITIVE_COLOUR, *curves):
        assert min(contrast(colour, BACKGROUNDS[theme][0]) for theme in THEMES) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_the_pages_have_the_colours_that_the_pictures_count_on(theme):
    configured = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"][theme]
    assert (configured["backgroundColor"], configured["secondaryBackgroundColor"]) == BACKGROUNDS[theme]
    assert configured["textColor"] == TEXT[theme]


def test_each_colour_of_the_light_theme_has_one_counterpart():
    lights = [light for light, _ in PAIRS.values()]
    assert len(set(lights)) == len(lights)
    assert not set(lights) & {*DIGIT_COLOURS, LABEL_COLOUR, ON_BOX_COLOUR, BOX_COLOUR}  # the same in both themes
    assert themes()["dark"]["colours"].keys() == themes()["light"]["colours"].keys() == PAIRS.keys()
    assert {figures.RECEIVES, figures.PASSES, figures.ADDS, figures.SENDS} <= set(lights)


def test_formulas_change_their_colours_with_the_theme():
    sheet = style_sheet()
    for light, dark in PAIRS.values():
        red, green, blue = (int(light[place : place + 2], 16) for place in (1, 3, 5))
        assert f'[style*="color: rgb({red}, {green}, {blue})"] {{ color: light-dark({light}, {dark})' in sheet


def test_no_other_module_has_a_colour_of_its_own():
    for folder in ("figures", "dashboard"):
        for path in (ROOT / "digitviz" / folder).rglob("*"):
            if path.suffix in {".py", ".js"} and path.name not in {"colours.py", "plotly-cartesian.min.js"}:
                found = set(re.findall(r"#[\da-fA-F]{6}\b|rgba?\(\s*\d", path.read_text("utf-8")))
                assert not found, f"{path.name}: {found}"


def test_scales_have_a_step_per_digit_and_a_colour_for_zero():
    assert [colour for _, colour in digit_scale()[::2]] == list(DIGIT_COLOURS)
    assert SCALES["light"].keys() == SCALES["dark"].keys()
    for scales in SCALES.values():
        places = [place for place, _ in scales["signed"]]
        assert 0.5 in places
        assert places == sorted(places)


def test_an_area_lets_through_what_is_behind_it():
    assert see_through("#0102ff", 0.25) == "rgba(1, 2, 255, 0.25)"
