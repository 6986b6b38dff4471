"""An archive that would fill the memory is refused before it is unpacked."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from digitviz.imports import Unreadable, read_file
from digitviz.imports.arrays import Archive, npy_array
from tests.fuzz.imports import arrays_of, npz

GIGABYTE = 1_000_000_000


def zipped(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def saying(data: bytes, size: int) -> bytes:
    """Change the unpacked size in the directory of an archive with one member."""
    at = data.rindex(b"PK\x01\x02") + 24
    return data[:at] + struct.pack("<L", size) + data[at + 4 :]


def most_memory(data: bytes) -> int:
    tracemalloc.start()
    with pytest.raises(Unreadable) as refused:
        read_file(data)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(str(refused.value)) < 200
    return most


@pytest.fixture(scope="module")
def packed_zeros() -> bytes:
    """100 MB of zeros, packed into 0.1 MB."""
    return zipped({"w1.npy": bytes(100_000_000)})


def test_a_bomb_is_not_unpacked(packed_zeros):
    assert len(packed_zeros) < 1_000_000
    assert most_memory(packed_zeros) < 5_000_000
    with pytest.raises(Unreadable, match="more than 64 MB"):
        read_file(packed_zeros)


@pytest.mark.parametrize("size", [100, 5_120, 60_000_000])
def test_a_bomb_that_lies_about_its_size_is_damaged(packed_zeros, size):
    bomb = saying(packed_zeros, size)
    assert most_memory(bomb) < 5_000_000 + 4 * size
    with pytest.raises(Unreadable, match="damaged"):
        read_file(bomb)


def test_a_shape_that_its_bytes_do_not_fill_gets_no_memory():
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (64, 99999999), }\n"
    lie = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(800)
    assert most_memory(zipped({"w1.npy": lie})) < 1_000_000


def test_a_long_list_of_members_is_not_read():
    many = zipped({f"{number}.npy": b"" for number in range(2_000)})
    with pytest.raises(Unreadable, match="more than 100 arrays"):
        Archive(many)
    assert most_memory(many) < 200_000
    with pytest.raises(Unreadable, match="more than 100 arrays"):
        Archive(zipped({f"{number}": b"" for number in range(101)}))


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_to_pack_are_named(how):
    with pytest.raises(Unreadable, match="'w1' is packed in a way"):
        read_file(zipped({"w1.npy": b"x"}, how))


def test_a_changed_byte_of_an_array_is_noticed():
    good = npz(w1=np.ones((64, 10)))
    stored = io.BytesIO()
    np.savez(stored, w1=np.ones((64, 10)))
    damaged = bytearray(stored.getvalue())
    damaged[1_000] ^= 1
    assert read_file(good).hidden == ()
    with pytest.raises(Unreadable, match="damaged"):
        read_file(bytes(damaged))


@pytest.mark.parametrize("length", [0, 1, 3, 21, 22, 200, -1])
def test_a_part_of_a_file_is_not_enough(length):
    with pytest.raises(Unreadable):
        read_file(npz(**arrays_of())[:length])


@pytest.mark.parametrize("text", ["relu", "激活", "", "a\0b", "x" * 5_000])
def test_a_text_is_read_as_numpy_writes_it(text):
    archive = Archive(npz(text=text, turned=np.array(text).astype(f">U{max(1, len(text))}")))
    assert archive.text("text") == archive.text("turned") == text
    assert archive.text("other") is None


@pytest.mark.parametrize("value", [np.array(["a"]), np.array(3), np.array(b"a")])
def test_what_is_no_text_is_none(value):
    assert Archive(npz(text=value)).text("text") is None


@pytest.mark.parametrize("code", [0xD800, 0x110000, 0xFFFFFFFF])
def test_numbers_that_are_no_characters_are_no_text(code):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.array("a"))
    assert Archive(zipped({"text.npy": file.getvalue()})).text("text") == "a"
    assert Archive(zipped({"text.npy": file.getvalue()[:-4] + struct.pack("<L", code)})).text("text") is None


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize(
    "value", [np.arange(6.0).reshape(2, 3), np.array(2, "u1"), np.zeros((0, 3)), np.asfortranarray(np.eye(3))]
)
def test_every_version_of_npy_is_read(version, value):
    file = io.BytesIO()
    np.lib.format.write_array(file, value, version)
    found = npy_array(file.getvalue())
    np.testing.assert_array_equal(found, value)
    assert found.dtype == value.dtype
