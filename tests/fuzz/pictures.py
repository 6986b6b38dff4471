"""Files that are, were or never were pictures, and arrays in place of pictures."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from digitviz.drawing import rasterise, to_digit
from digitviz.drawing.picture import ENOUGH_SIDE, canvas_from_ink, read_picture
from tests.fuzz.refusals import result_or_refusal

MODES = {
    "PNG": ("1", "L", "LA", "P", "I;16", "RGB", "RGBA"),
    "JPEG": ("L", "RGB", "CMYK"),
    "WEBP": ("RGB", "RGBA"),
    "BMP": ("1", "L", "P", "RGB", "RGBA"),
    "GIF": ("1", "L", "P", "RGB", "RGBA"),
}


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Save a small picture of random pixels in a random mode, format and orientation."""
    kind = draw(st.sampled_from(sorted(MODES)))
    mode = draw(st.sampled_from(MODES[kind]))
    shape = (draw(st.integers(1, 64)), draw(st.integers(1, 64)))
    grey = np.random.default_rng(draw(st.integers(0, 2**16))).integers(0, 256, shape, np.uint8)
    if draw(st.booleans()):
        grey[:] = draw(st.integers(0, 255))
    picture = Image.fromarray(grey)
    if mode == "I;16":
        picture = picture.convert("I")  # 8 bits cannot be converted to 16 directly
    picture = picture.convert(mode)
    options: dict[str, Any] = {}
    if kind in {"PNG", "JPEG", "WEBP"} and draw(st.booleans()):
        exif = Image.Exif()
        exif[0x0112] = draw(st.integers(0, 9))
        options["exif"] = exif
    if kind == "PNG" and mode in {"1", "L", "P", "I;16"} and draw(st.booleans()):
        options["transparency"] = draw(st.integers(0, 255))
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """Truncate a picture file, or change some of its bits."""
    file = bytearray(draw(files()))
    if draw(st.booleans()):
        return bytes(file[: draw(st.integers(0, len(file)))])
    for place in draw(st.lists(st.integers(0, len(file) - 1), min_size=1, max_size=8)):
        file[place] ^= 1 << draw(st.integers(0, 7))
    return bytes(file)


def chunk(name: bytes, content: bytes) -> bytes:
    """Write a chunk of a PNG file with a valid checksum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


PNG_NAMES = [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"pHYs", b"iCCP", b"zTXt", b"iTXt", b"eXIf", b"acTL", b"fcTL"]
HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 3, 0, 0, 0))
chunks = st.lists(st.builds(chunk, st.sampled_from(PNG_NAMES), st.binary(max_size=30)), max_size=5)
odd_png = st.tuples(st.sampled_from([b"", HEADER]), chunks.map(b"".join)).map(
    lambda parts: b"\x89PNG\r\n\x1a\n" + b"".join(parts)
)
beginnings = st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBP", b"BM", b"GIF89a", b""])
noise = st.tuples(beginnings, st.binary(max_size=300)).map(b"".join)
arrays = hnp.arrays(
    hnp.scalar_dtypes() | st.sampled_from([np.dtype(object), np.dtype("U3")]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=12),
    elements=None,
)
odd_numbers = st.integers(-5, 2000) | st.floats() | st.none() | st.text(max_size=4) | st.complex_numbers()
coordinates = st.floats(-1e3, 1e3) | st.floats() | st.integers() | st.just(10**400) | st.none() | st.complex_numbers()
strokes = st.lists(st.lists(st.lists(coordinates, max_size=4), max_size=6) | odd_numbers, max_size=4) | odd_numbers
tame_strokes = st.lists(st.lists(st.tuples(*[st.floats(-50, 350)] * 2), max_size=6), max_size=4)
pens = st.tuples(strokes | tame_strokes, st.just(280) | odd_numbers, st.just(20.0) | odd_numbers)


def _check_file(file: bytes) -> None:
    picture = result_or_refusal(lambda: read_picture(file))
    if picture is not None:
        assert picture.dtype == np.uint8
        assert picture.ndim == 2 or picture.shape[2] == 4
        assert max(picture.shape[:2]) <= ENOUGH_SIDE
        canvas_from_ink(to_digit(picture).crop)


def _check_array(array: object) -> None:
    drawing = result_or_refusal(lambda: to_digit(array))  # type: ignore[arg-type]
    if drawing is not None:
        assert drawing.digit.shape == (8, 8)
        assert ((drawing.digit >= 0) & (drawing.digit <= 16)).all()


def _check_pen(arguments: tuple[Any, Any, Any]) -> None:
    canvas = result_or_refusal(lambda: rasterise(*arguments))
    if canvas is not None:
        assert canvas.shape == (arguments[1], arguments[1])


KINDS = {
    "picture file": (files(), _check_file),
    "damaged picture file": (damaged_files(), _check_file),
    "no picture file": (noise | odd_png, _check_file),
    "array as a picture": (arrays, _check_array),
    "strokes": (pens, _check_pen),
}
