"""Factors besides the recipe that affect the bits of a run: the processor and the arithmetic libraries."""

from __future__ import annotations

import ctypes
import dataclasses
import hashlib
import importlib
import importlib.util
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from digitviz.language import gettext as _
from digitviz.ranges import in_short

LONGEST = 500
"""Maximum length of an external text in a fingerprint."""
CPUINFO = Path("/proc/cpuinfo")
"""Linux's description of the processors. Other systems do not have it."""
MODEL = ("model name", "cpu family", "model", "CPU implementer", "CPU part")
"""Fields that identify a model. Names alone are often vague, as "AMD EPYC" is, or missing, as on ARM."""


@dataclass(frozen=True)
class Fingerprint:
    """Description of the computing environment. With the same fingerprint, a recipe gives the same bits.

    Parameters
    ----------
    processor : str
        Kind and model, and the vector instructions that numpy uses on it.
    numpy_blas, scipy_blas : str
        Name, version and kernel of the BLAS of each package. The compiled engine uses scipy's. Torch contains its own
        BLAS, so its version determines it.
    numpy, scipy, numba, torch, python : str
        Versions, or "" for a missing package.
    """

    processor: str
    numpy_blas: str
    scipy_blas: str
    numpy: str
    scipy: str
    numba: str
    torch: str
    python: str

    @property
    def id(self) -> str:
        """Short hash, 12 characters."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()[:12]

    def to_dict(self) -> dict[str, str]:
        """Return the texts by name, ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Fingerprint:
        """Read the output of `to_dict` from an untrusted source.

        Raises
        ------
        ValueError
            If a name is missing or unknown, or a value is not a short text.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        read = isinstance(values, Mapping) and set(values) == set(names)
        if not read or not all(isinstance(text, str) and len(text) <= LONGEST for text in values.values()):
            message = _("a fingerprint must be a mapping of {names} to short strings, not {given}")
            raise ValueError(message.format(names=", ".join(names), given=in_short(values)))
        return cls(**values)


@cache
def fingerprint() -> Fingerprint:
    """Return the fingerprint of this process. Loads the BLAS of numpy and scipy, but neither numba nor torch."""
    packages = {name: _version(name) for name in ("numpy", "scipy", "numba", "torch")}
    return Fingerprint(_processor(), _blas("numpy"), _blas("scipy"), **packages, python=platform.python_version())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    vectors = np.show_config(mode="dicts").get("SIMD Extensions", {})
    return ", ".join([platform.machine(), *_model(), *vectors.get("baseline", []), *vectors.get("found", [])])


def _model() -> list[str]:
    try:
        first = CPUINFO.read_text(errors="replace").split("\n\n")[0]
    except OSError:
        return [platform.processor()]
    parts = (line.partition(":") for line in first.splitlines())
    lines = {name.strip(): value.strip() for name, _colon, value in parts}
    return [lines[name] for name in MODEL if name in lines]


def _blas(package: str) -> str:
    """Return name, version and kernel of a package's BLAS, or "" if the package is missing."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return ""
    folder = Path(spec.origin).resolve().parent
    own = [folder.with_name(f"{package}.libs"), folder / ".dylibs"]  # folders of the libraries in wheels
    libraries = [library for place in own for library in place.glob("*openblas*")]
    for library in libraries:
        ctypes.CDLL(str(library))  # ten times as fast as importing scipy.linalg, which would load the same file
    if not libraries:
        importlib.import_module(f"{package}.linalg")

    from threadpoolctl import threadpool_info

    loaded = [each for each in threadpool_info() if each["user_api"] == "blas"]
    theirs = [each for each in loaded if Path(each["filepath"]).parent in own]
    shared = [each for each in loaded if folder.parent not in Path(each["filepath"]).parents]  # the system's libraries
    told = [(each["internal_api"], each["version"], each.get("architecture")) for each in theirs or shared]
    return "; ".join(sorted(" ".join(filter(None, each)) for each in told)) or _built_with(package)


def _built_with(package: str) -> str:
    """Return the name of a BLAS without a query function, such as Apple's Accelerate."""
    built = importlib.import_module(package).show_config(mode="dicts")
    return str(built["Build Dependencies"]["blas"]["name"])
