"""Every regular expression applied to external text returns quickly, however long the text is."""

from __future__ import annotations

import io
import signal
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import combinations_with_replacement, islice
from pathlib import Path
from typing import AnyStr

import pytest

from digitviz.dashboard.components import spotlight
from digitviz.dashboard.runtime import outside
from digitviz.dashboard.server import guard
from digitviz.dashboard.session import downloads, lease, run_words
from digitviz.figures import picture
from digitviz.imports import Unreadable, read_file, weights
from digitviz.imports.arrays import npy_array
from digitviz.store import records

CODE = Path(outside.__file__).parents[2]
LENGTH = 10_000
SECONDS = 1.0
"""Limit of processor time per text. The slowest takes a few milliseconds, but one former pattern took hours."""

HEADER = b"{'descr': '<f8', 'fortran_order': False, 'shape': (64, ), }\n"
SEEN: dict[str, list[tuple[Callable, str | bytes]]] = {
    "imports/weights.py": [
        (weights._OURS.fullmatch, "w12"), (weights._TORCHS.fullmatch, "a.1.weight"), (weights._COUNTS.split, "fc10.b2"),
    ],
    "store/records.py": [
        (records._is_id, "0Az_-"), (lambda text: records._is_hex(text, 64), "0f" * 16), (records.check_title, "A \\0"),
    ],
    "dashboard/server/guard.py": [(guard.split_host, "[::1]:8501"), (guard.split_host, "a-b.example.org.:80")],
    "dashboard/runtime/outside.py": [(outside._NUMBER.fullmatch, "-12.5e+07"), (outside.number, " -12.5e+07 ")],
    "dashboard/components/spotlight.py": [(spotlight._KEY.fullmatch, "a-b_9")],
    "dashboard/session/lease.py": [(lease.is_key, "0f" * 16)],
    "dashboard/session/downloads.py": [(lambda name: downloads.File(b"", name, "").safe_name, "-a.. b/é.npz")],
    "dashboard/session/run_words.py": [(run_words.clean, "A \t title")],
    "figures/picture.py": [(lambda text: picture._MARKUP.sub("", text), "a <br/>b</i>, <span style=''>")],
}  # fmt: skip
"""For each file, a function that applies its patterns to a text, and a text that matches all their parts."""
OWN = {
    "dashboard/lesson/flow.py",
    "dashboard/lesson/formulas.py",
    "dashboard/runtime/streamlit_internals.py",
    "exports/code.py",
    "figures/runs.py",
    "store/__main__.py",
}
"""Files whose patterns only see our formulas, comments, pictures, Streamlit's page, or what an administrator types."""


def npy(header: bytes) -> bytes:
    """Return the beginning of an npy file."""
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header


def stretched(text: AnyStr) -> Iterator[AnyStr]:
    """Yield the text with a character or space repeated at one or two places, followed by an invalid character."""
    space, odd = (b" ", b"x\xff") if isinstance(text, bytes) else (" ", "x\0")
    for character in sorted({space, *(text[at : at + 1] for at in range(len(text)))}):
        for first, second in combinations_with_replacement(range(len(text) + 1), 2):
            run = character * (LENGTH if first == second else LENGTH // 2)
            begin = text[:first] + run + (text[first:second] + run if first != second else text[:0])
            yield begin + odd
            yield begin + text[second:] + odd


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise an error if the block uses more processor time. Other programs do not count."""

    def too_long(*_: object) -> None:
        raise AssertionError(f"the call takes more than {seconds} s")

    before = signal.signal(signal.SIGVTALRM, too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("file", SEEN)
def test_ten_thousand_characters_of_each_part_are_answered_at_once(file):
    for look, text in SEEN[file]:
        with suppress(ValueError):
            look(text)
        for longer in stretched(text):
            with within(SECONDS), suppress(ValueError):
                look(longer)


def test_a_header_of_npy_that_is_stretched_is_answered_at_once():
    """NumPy evaluates short headers as literals, without a pattern. One header in 53 is tried."""
    for longer in [HEADER, *islice(stretched(HEADER), None, None, 53)]:
        with within(SECONDS), suppress(ValueError):
            npy_array(npy(longer))


def test_a_small_archive_with_a_long_header_is_refused_at_once():
    spaces = b" " * 4950
    header = HEADER[: HEADER.index(b" )")] + spaces + b")" + spaces + b"x"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w1.npy", npy(header))
    assert len(file.getvalue()) < 300
    with within(SECONDS), pytest.raises(Unreadable):
        read_file(file.getvalue())


def test_every_file_with_a_pattern_is_tried():
    with_patterns = {
        str(path.relative_to(CODE)) for path in CODE.rglob("*.py") if "import re\n" in path.read_text("utf-8")
    }
    assert with_patterns == {*SEEN, *OWN}


def test_the_examples_are_what_the_patterns_look_for():
    assert npy_array(npy(HEADER) + bytes(8 * 64)).shape == (64,)
    assert weights._TORCHS.fullmatch("a.1.weight")
    assert outside.number(" -12.5e+07 ") == -12.5e7
    assert guard.split_host("[::1]:8501") == ("::1", "8501")
