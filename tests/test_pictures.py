"""The README's pictures match the current pages."""

from __future__ import annotations

import json
import re

import pytest
from PIL import Image

from digitviz.dashboard.session import current_run
from tests.browser.conftest import PAGES, ROOT
from tests.browser.pictures import (
    ANIMATION,
    FOLDER,
    MOST_BYTES,
    MOST_BYTES_OF_THE_ANIMATION,
    RECORD,
    SIZE,
    THEMES,
    picture,
    record_of,
)
from tests.pages.map_page import MAPPED

MEND = "run make pictures"
PICTURES = {picture(name, theme) for name in PAGES for theme in THEMES}
SHOWN = re.findall(r'(?:src|srcset)="(docs/pictures/[^"]+)"', (ROOT / "README.md").read_text())


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.sampled(4)
def test_a_page_has_the_title_and_the_controls_that_its_picture_shows(name, notebook_run, digits, monkeypatch):
    if name != "map":  # its heading depends on the look-alikes that it finds
        monkeypatch.setattr(current_run, "mapped_digits", lambda: digits[:MAPPED])
    recorded = json.loads(RECORD.read_text(encoding="utf-8")).get(name)
    assert record_of(name, notebook_run) == recorded, MEND


def test_every_page_has_a_picture_in_each_theme_and_every_picture_a_page():
    assert set(FOLDER.glob("*.webp")) == {*PICTURES, ANIMATION}, MEND
    assert set(json.loads(RECORD.read_text(encoding="utf-8"))) == set(PAGES), MEND


def test_every_picture_shows_a_whole_window():
    for path in PICTURES:
        with Image.open(path) as image:
            assert image.size == (SIZE["width"], SIZE["height"]), path.stem


def test_the_pictures_are_small_enough_to_be_loaded_by_who_only_looks_in():
    assert ANIMATION.stat().st_size < MOST_BYTES_OF_THE_ANIMATION
    assert sum(path.stat().st_size for path in FOLDER.glob("*.webp")) <= MOST_BYTES


def test_the_animation_shows_a_training_from_its_beginning_to_its_end():
    with Image.open(ANIMATION) as image:
        assert image.n_frames > 10


def test_the_readme_shows_every_picture():
    assert {ROOT / link for link in SHOWN} == {*PICTURES, ANIMATION}
