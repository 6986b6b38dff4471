"""Readers for named arrays and texts in npz archives and safetensors files. The bytes are untrusted.

Limits are checked before anything is unpacked, because NumPy and zipfile would allocate as much as a file claims.
"""

import io
import json
import math
import zipfile

import numpy as np

from digitviz.imports.unreadable import MAX_ARRAYS, MAX_HEADER, MAX_UNPACKED, MEGABYTE, Unreadable, require
from digitviz.language import lazy_gettext as _

BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
"""First bytes of a zip archive with members, and of an empty one."""
MEMBER = b"PK\x01\x02"
"""First bytes of each entry in the central directory. Counting them limits the directory before Python reads it."""
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Accepted compression methods, which need little memory."""
ENCRYPTED = 1
MAX_NPY_HEADER = 500
"""Maximum header of an npy file, in bytes: NumPy evaluates it as a Python literal. Ours takes 118."""
PICKLE = b"/data.pkl"
"""Part of a member name in every file that `torch.save` writes."""
LENGTH = 8
"""Size of the number at the start of a safetensors file that gives the length of its header, in bytes."""
KINDS = {"F64": "<f8", "F32": "<f4"}
"""Accepted types of safetensors, mapped to NumPy's names."""

PICKLED = _(
    "This file is a pickle, the format that torch.save writes. Opening a pickle can run any program, so it is not "
    "opened here. Save the weights as safetensors or npz instead."
)
DAMAGED = _("The file is damaged or incomplete.")
NOT_FLOATS = _("{name} contains numbers of type {type}. Save them as float32 or float64.")
TOO_MANY = _("The file contains more than {most} arrays.")


class Archive:
    """An npz archive. Each array is unpacked on request.

    Parameters
    ----------
    data : bytes
        Untrusted, and not too large; see `check_size`.

    Attributes
    ----------
    names : list of str
        Names of the arrays; untrusted.

    Raises
    ------
    Unreadable
        If it is not such an archive, is damaged, or contains too much.
    """

    def __init__(self, data: bytes) -> None:
        require(PICKLE not in data, PICKLED)
        require(data.count(MEMBER) <= 2 * MAX_ARRAYS, TOO_MANY, most=MAX_ARRAYS)  # may occur in packed arrays, too
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except Exception:  # zipfile raises many kinds of errors for damaged bytes
            raise Unreadable(DAMAGED) from None
        members = self._archive.infolist()
        require(len(members) <= MAX_ARRAYS, TOO_MANY, most=MAX_ARRAYS)
        sentence, size = _("Unpacked, the file would take more than {most} MB."), MAX_UNPACKED // MEGABYTE
        require(sum(member.file_size for member in members) <= MAX_UNPACKED, sentence, most=size)
        arrays = [member for member in members if member.filename.endswith(".npy")]
        self._members = {member.filename.removesuffix(".npy"): member for member in arrays}
        self.names = list(self._members)

    def array(self, name: str) -> np.ndarray:
        """Return an array of numbers, read-only; raise Unreadable if it is damaged or not numeric."""
        array = npy_array(self._unpacked(name))
        if array is None or array.dtype.kind not in "fiub":
            raise Unreadable(_("{name} is not an array of numbers."), name=name)
        return array

    def text(self, name: str) -> str | None:
        """Return a text; None if it is missing, damaged or not a text."""
        member = self._members.get(name)
        if member is None or member.file_size > MAX_HEADER:
            return None
        try:
            array = npy_array(self._unpacked(name))
            if array is None or array.dtype.kind != "U" or array.shape != ():
                return None
            # NumPy itself would raise a SystemError for invalid code points.
            return array.astype(array.dtype.newbyteorder("<")).tobytes().decode("utf-32-le").rstrip("\0")
        except ValueError:  # damaged, or not valid Unicode
            return None

    def _unpacked(self, name: str) -> bytes:
        """Return the bytes of a member, exactly as many as the archive claims."""
        member = self._members[name]
        plain = member.compress_type in PACKED and not member.flag_bits & ENCRYPTED
        require(plain, _("{name} is packed in a way that cannot be read here. Save it with numpy.savez."), name=name)
        try:
            with self._archive.open(member) as file:
                content = file.read(member.file_size)
                if len(content) == member.file_size and not file.read(1):  # the end triggers the checksum
                    return content
        except Exception:  # zipfile and zlib raise many kinds of errors for damaged bytes
            pass
        raise Unreadable(DAMAGED)


def npy_array(data: bytes) -> np.ndarray | None:
    """Read an npy file as a read-only array. None if it contains Python objects or records.

    Raises
    ------
    Unreadable
        If it is damaged, or the number of bytes does not match the shape.
    """
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read_header(file, MAX_NPY_HEADER)
        if dtype.hasobject or dtype.kind == "V":
            return None
        content = data[file.tell() :]
        if len(content) == math.prod(shape) * dtype.itemsize:
            return np.frombuffer(content, dtype).reshape(shape, order="F" if is_fortran else "C")
    except Exception:  # NumPy raises many kinds of errors for damaged headers
        pass
    raise Unreadable(DAMAGED)


def looks_like_safetensors(data: bytes) -> bool:
    """Return whether the data starts like a safetensors file. It may still be damaged or incomplete."""
    return data[LENGTH : LENGTH + 1] == b"{" and int.from_bytes(data[:LENGTH], "little") < 2**32


class Tensors:
    """A safetensors file.

    Parameters
    ----------
    data : bytes
        Untrusted, and not too large; see `check_size`.

    Attributes
    ----------
    names : list of str
        Names of the arrays; untrusted.

    Raises
    ------
    Unreadable
        If it is not such a file, is damaged, or contains too much.
    """

    def __init__(self, data: bytes) -> None:
        from safetensors import deserialize

        length = int.from_bytes(data[:LENGTH], "little")
        require(length <= min(MAX_HEADER, len(data) - LENGTH), DAMAGED)
        try:
            self._tensors = dict(deserialize(data))
            said = json.loads(data[LENGTH : LENGTH + length]).get("__metadata__") or {}
        except Exception:  # the parser raises many kinds of errors for damaged bytes
            raise Unreadable(DAMAGED) from None
        require(len(self._tensors) <= MAX_ARRAYS, TOO_MANY, most=MAX_ARRAYS)
        self._texts = {name: text for name, text in said.items() if isinstance(text, str)}
        self.names = list(self._tensors)

    def array(self, name: str) -> np.ndarray:
        """Return an array of floating-point numbers, read-only; raise Unreadable if it contains other numbers."""
        tensor = self._tensors[name]
        kind = tensor["dtype"]
        require(kind in KINDS, NOT_FLOATS, name=name, type=kind)
        return np.frombuffer(tensor["data"], KINDS[kind]).reshape(tensor["shape"])

    def text(self, name: str) -> str | None:
        """Return a text in the metadata; None if there is none with this name."""
        return self._texts.get(name)


Arrays = Archive | Tensors
"""A file of named arrays."""
