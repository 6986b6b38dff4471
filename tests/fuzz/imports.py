"""Imported files: valid, damaged, forged, and arbitrary bytes."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st
from safetensors.numpy import save

from digitviz.drawing import rasterise
from digitviz.imports import Drawings, Unreadable, Weights, read_file, read_settings
from digitviz.networks.parameters import INPUTS, OUTPUTS
from digitviz.training.hyperparameters import Hyperparameters
from tests.fuzz import hostile
from tests.fuzz.pages import check_message
from tests.fuzz.refusals import result_or_refusal

INK = np.stack([rasterise([[(60, 60), (220, 60), (120, 240)]]), rasterise([[(140, 40), (140, 240)]])])
SAID = {
    "format": "digitviz weights 1", "activation": "tanh", "input_scale": "unit", "step": "12",
    "hyperparameters": json.dumps(Hyperparameters(hidden=(7,), bias=True, activation="tanh").to_dict()),
}  # fmt: skip


def arrays_of(sizes: tuple[int, ...] = (7,), bias: bool = True, dtype: str = "float64") -> dict[str, np.ndarray]:
    """Return the weights and biases of a small network, by name."""
    random = np.random.default_rng(3)
    shapes = {f"w{number}": shape for number, shape in enumerate(pairwise([INPUTS, *sizes, OUTPUTS]), start=1)}
    if bias:
        shapes |= {f"b{name[1]}": shape[1:] for name, shape in shapes.items()}
    return {name: random.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def drawings_npz(**other: Any) -> bytes:
    return npz(**({"images": INK, "labels": np.array([7, 1]), "answers": np.array([7, 1])} | other))


GOOD = {
    "weights": [
        save(arrays_of(), SAID), save(arrays_of((), bias=False, dtype="float32")),
        npz(**arrays_of(), **SAID, w1_before=np.ones((64, 7))), npz(**arrays_of((3, 2), bias=False)),
    ],
    "drawings": [drawings_npz()],
    "settings": [json.dumps(Hyperparameters(hidden=(30, 20), seed=5).to_dict(), indent=1).encode(), b"{}"],
}  # fmt: skip
READERS = {"weights": read_file, "drawings": read_file, "settings": read_settings}


@st.composite
def damaged(draw: st.DrawFn, kind: str) -> bytes:
    """Truncate a valid file, change some of its bytes, or repeat or drop a part of it."""
    file = bytearray(draw(st.sampled_from(GOOD[kind])))
    how = draw(st.sampled_from(["cut", "change", "drop", "repeat", "front"]))
    begin, end = sorted(draw(st.tuples(*[st.integers(0, len(file))] * 2)))
    match how:
        case "cut":
            del file[begin:]
        case "front":
            del file[:begin]
        case "drop":
            del file[begin:end]
        case "repeat":
            file[begin:begin] = file[begin:end]
        case _:
            # Sizes of other parts are stored at both ends of a file.
            place = st.integers(0, len(file) - 1) | st.integers(0, min(len(file), 160) - 1)
            at_end = st.integers(1, min(len(file), 400)).map(lambda back: len(file) - back)
            for at in draw(st.lists(place | at_end, min_size=1, max_size=6)):
                file[at] = draw(st.integers(0, 255))
    return bytes(file)


HEADERS = st.fixed_dictionaries(
    {
        "descr": st.sampled_from(["<f8", "<f4", ">f8", "|O", "<U9", "<c16", "<f2", "<i8", "<f3", "|V8", "<f99999999"]),
        "fortran_order": st.booleans(),
        "shape": st.lists(st.sampled_from([0, 1, 2, 7, 10, 64, 280, 512, 513, 10**11]), max_size=4).map(tuple),
    }
)
NAMES = st.sampled_from(
    ["w1", "w2", "W1", "b1", "w3", "w0", "w1_before", "0.weight", "0.bias", "2.weight", "images", "labels", "../w1"]
) | st.text(max_size=4).filter(lambda name: not name.startswith("\0"))  # fmt: skip
"""Python's zipfile cuts a name at its first NUL and cannot write what is then empty."""


def npy(header: dict[str, Any] | str, content: bytes) -> bytes:
    """Write an npy file with an arbitrary header."""
    text = (header if isinstance(header, str) else repr(header)).encode("latin-1", "replace")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + content


@st.composite
def forged_npz(draw: st.DrawFn) -> bytes:
    """Write a valid archive of arrays with false headers."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))) as archive:
        for name in draw(st.lists(NAMES, max_size=5, unique=True)):
            header = draw(HEADERS | st.text(max_size=60) | st.sampled_from(["(" * 5_000, "-" * 9_000 + "1"]))
            size = draw(st.sampled_from([0, 8, 80, 5_120, 3_584, 78_400]))
            archive.writestr(f"{name}.npy", npy(header, b"\x01" * size))
    return file.getvalue()


@st.composite
def forged_safetensors(draw: st.DrawFn) -> bytes:
    """Write an arbitrary header followed by some bytes."""
    tensor = st.fixed_dictionaries(
        {
            "dtype": st.sampled_from(["F64", "F32", "BF16", "I64", "F8_E4M3", "X", None]),
            "shape": st.lists(st.sampled_from([0, 1, 7, 10, 64, 2**63]), max_size=3) | st.none(),
            "data_offsets": st.lists(st.sampled_from([0, 8, 3_584, 5_120, -1, 2**64]), min_size=1, max_size=3),
        }
    )
    said = st.dictionaries(st.sampled_from([*SAID, "x"]), st.sampled_from(hostile.MARKUP) | st.none() | st.integers())
    header = draw(st.dictionaries(NAMES | st.just("__metadata__"), tensor | said | st.none(), max_size=4))
    text = json.dumps(header).encode()
    length = draw(st.sampled_from([len(text)] * 4 + [0, 2**31, 2**63, len(text) + 1]))
    return struct.pack("<Q", length) + text + bytes(draw(st.sampled_from([0, 8, 3_584, 5_120])))


def odd_settings() -> st.SearchStrategy[bytes]:
    """Write JSON of every kind, often with the names of settings."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | hostile.texts() | st.just(10**4_000)
    value = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner)
    )
    names = st.sampled_from(sorted(Hyperparameters.RANGES)) | hostile.texts()
    deep = st.sampled_from([b"[" * 90_000, b'{"a":' * 20_000, b'{"hidden":' + b"[" * 900 + b"]" * 900 + b"}"])
    return st.dictionaries(names, value, max_size=5).map(lambda values: json.dumps(values).encode()) | deep


BEGINNINGS = st.sampled_from(
    [b"", b"PK\x03\x04", b"PK\x05\x06", b"{", b"[", b"\x80\x04", b"\xef\xbb\xbf{", b"\x93NUMPY"]
)
ENDS = st.sampled_from([b"", b"PK\x05\x06" + bytes(18), struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 40, 0, 0)])
NOISE = st.tuples(BEGINNINGS, st.binary(max_size=400), ENDS).map(b"".join)
RANDOM = {
    "weights": NOISE | forged_npz() | forged_safetensors(),
    "drawings": NOISE | forged_npz(),
    "settings": NOISE | odd_settings(),
}
"""Files that were not exported here."""


def check(read: Any, data: bytes) -> None:
    """A file is read completely into trustworthy values, or refused with a clear sentence."""
    try:
        found = result_or_refusal(lambda: read(data)) if read is not read_settings else read(data)
    except Unreadable as error:
        found = None
        check_message(error.told(lambda text: f"`{len(text)}`"))
    match found:
        case Weights():
            check_weights(found)
        case Drawings():
            assert found.inks.dtype == bool
            assert found.inks.shape == (len(found.labels), 280, 280)
            assert set(found.labels.tolist()) <= set(range(10))
        case Hyperparameters():
            assert Hyperparameters.from_dict(found.to_dict()) == found


def check_weights(found: Weights) -> None:
    """Weights match their settings, and are finite."""
    settings = found.hyperparameters(Hyperparameters(), found.activation or "relu", found.input_scale or "raw")
    drawn = settings.initial_parameters()
    assert [array.shape for array in drawn.arrays] == [array.shape for array in found.parameters.arrays]
    assert all(array.dtype == settings.dtype for array in found.parameters.arrays)
    assert all(np.isfinite(array).all() for array in found.parameters.arrays)


def _check_any(data: bytes) -> None:
    if not data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[")):
        check(read_file, data)
    else:
        check(read_settings, data)


KINDS = {
    "brought back": (st.one_of(*RANDOM.values()), _check_any),
    "brought back damaged": (st.one_of(*map(damaged, GOOD)), _check_any),
}
