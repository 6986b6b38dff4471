from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from digitviz import load_pretrained, read, to_digit
from digitviz.dashboard.draw.reasons import MEASURED
from digitviz.drawing.picture import canvas_from_digit, canvas_from_ink, read_picture, shrink
from tests.drawing.conftest import DATA
from tests.fuzz.pictures import chunk


def as_file(picture: Image.Image, kind: str = "PNG", **options: bool) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def blank(width: int, height: int) -> bytes:
    """Return a PNG with one row of white pixels per row, without drawing them."""
    rows = zlib.compress(bytes(height * (1 + -(-width // 8))), 1)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP"])
def test_pictures_of_every_kind_are_read(kind):
    grey = np.full((40, 30), 250, np.uint8)
    grey[10:30, 14:18] = 5
    picture = read_picture(as_file(Image.fromarray(grey), kind))
    assert picture.shape == (40, 30)
    assert picture[20, 16] < 50 < 200 < picture[0, 0]


def dark_bar(mode: str) -> Image.Image:
    """Draw a dark upright bar on a bright background, 30 wide and 40 high."""
    grey = np.full((40, 30), 250, np.uint8)
    grey[10:30, 14:18] = 5
    if mode in {"I;16", "I;16B"}:
        return Image.fromarray((grey * 257.0).astype(np.uint16)).convert("I").convert(mode)
    if mode == "LA":
        return Image.merge("LA", (Image.fromarray(grey), Image.new("L", (30, 40), 255)))
    return Image.fromarray(grey).convert(mode)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("1", "PNG"), ("L", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("I;16", "PNG"), ("RGB", "PNG"), ("RGBA", "PNG"),
        ("CMYK", "JPEG"), ("L", "GIF"), ("P", "BMP"), ("RGBA", "WEBP"),
    ],
)  # fmt: skip
def test_a_picture_of_any_mode_shows_the_same_digit(mode, kind):
    picture = read_picture(as_file(dark_bar(mode), kind))
    grey = picture[..., 0] if picture.ndim == 3 else picture
    assert picture.ndim == 2 or (picture[..., 3] == 255).all()
    assert grey[20, 16] < 50 < 200 < grey[0, 0]
    ink = to_digit(picture)
    assert not ink.is_empty
    assert not ink.photograph


def test_a_see_through_grey_of_16_bits_stays_see_through():
    file = io.BytesIO()
    dark_bar("I;16").save(file, "PNG", transparency=250 * 257)
    picture = read_picture(file.getvalue())
    assert (picture[0, 0, 3], picture[20, 16, 3]) == (0, 255)


def test_a_thin_line_of_a_large_black_and_white_picture_is_not_lost():
    page = np.full((4000, 4000), 255, np.uint8)
    page[:, 2000] = 0
    assert read_picture(as_file(Image.fromarray(page).convert("1"))).min() < 230


def test_a_large_photo_is_reduced():
    assert read_picture(as_file(Image.new("L", (4000, 2000), 255))).shape == (600, 1200)


@pytest.mark.parametrize(
    ("size", "reduced"), [((8160, 6120), (900, 1200)), ((4097, 3073), (900, 1200)), ((5000, 1), (1, 1200))]
)
def test_the_photo_of_a_phone_is_decoded_at_a_fraction_of_its_size(size, reduced):
    assert read_picture(as_file(Image.new("L", size, 255), "JPEG")).shape == reduced


def test_transparency_is_kept():
    assert read_picture(as_file(Image.new("RGBA", (20, 20), (0, 0, 0, 0)))).shape == (20, 20, 4)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"", "empty"),
        (b"this is a text, whatever its name says", "not a picture"),
        (as_file(Image.new("L", (50, 50)))[:60], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 20_000_000, "larger than 20 MB"),
        (as_file(Image.new("L", (8193, 50)), "JPEG"), "8,193 × 50 pixels; at most 8,192"),
        (as_file(Image.new("L", (5000, 50)), "JPEG", progressive=True), "5,000 × 50 pixels; at most 4,096"),
        (blank(10_000, 10_000), "10,000 × 10,000"),
        (blank(20_000, 20_000), "far too many pixels"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"short"), "picture is damaged: open it"),
    ],
)
def test_what_is_no_fit_picture_is_refused_in_words(file, words):
    with pytest.raises(ValueError, match=words):
        read_picture(file)


def test_a_digit_of_the_data_set_survives_the_way_over_the_canvas(digits):
    reader = load_pretrained()
    rows = np.arange(1617, 1797)
    labels = [read(to_digit(canvas_from_digit(digits.images[row])), reader).label for row in rows]
    assert np.mean(np.array(labels) == digits.labels[rows]) > 0.93


def test_ink_that_is_put_on_a_canvas_keeps_its_form():
    crop = np.zeros((50, 20), bool)
    crop[:, 5:10] = True
    canvas = canvas_from_ink(crop)
    assert canvas.shape == (280, 280)
    rows, columns = np.nonzero(canvas)
    assert (rows.min(), rows.max()) == (40, 239)
    assert columns.max() - columns.min() + 1 == 20
    assert not canvas_from_ink(np.zeros((0, 0), bool)).any()


def test_shrinking_averages_the_whole_canvas():
    canvas = np.zeros((280, 280), np.uint8)
    canvas[:35, 35:70] = 255
    digit = shrink(canvas)
    assert (digit[0, 1], digit.sum()) == (16, 16)


def test_a_digit_comes_onto_a_canvas_as_large_as_the_pad(digits):
    assert canvas_from_digit(digits.images[0]).shape == (280, 280)


def test_what_the_page_says_of_shrinking_is_measured(drawn, reader):
    images, labels = np.load(DATA / "drawn_dev.npz")["images"], drawn.labels
    shrunk = np.array([shrink(image).ravel() for image in images])
    assert {
        "count": str(len(labels)),
        "ours": f"{np.mean(reader.predict(drawn.pixels) == labels):.0%}",
        "shrunk": f"{np.mean(reader.predict(shrunk) == labels):.0%}",
    } == MEASURED
