"""File system checks of a folder."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from digitviz.store.records import Kind

NETWORK = ("nfs", "cifs", "smb", "afs", "9p", "sshfs", "gluster", "ceph", "davfs", "lustre", "gpfs")
"""Prefixes of network file systems, on which SQLite cannot share memory."""

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.EIO, errno.ENODEV, errno.ENXIO, getattr(errno, "ESTALE", errno.EIO)}
_DRIVE_REMOTE = 4  # result of GetDriveTypeW on Windows


def kind_of_os_error(error: OSError) -> Kind:
    """Translate an error of the operating system into a kind of problem."""
    kinds = ((_FULL, Kind.FULL), (_READ_ONLY, Kind.READ_ONLY), (_GONE, Kind.GONE))
    return next((kind for numbers, kind in kinds if error.errno in numbers), Kind.OTHER)


def try_to_write(folder: Path) -> Kind | None:
    """Write a temporary file into a folder; return the kind of problem, or None if it works."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(2**17))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return kind_of_os_error(error)
    return None


def on_network(folder: Path, mounts: str | None = None) -> bool:
    """Return whether a folder is on a network file system; False if that is unknown.

    Parameters
    ----------
    folder : Path
        An absolute path.
    mounts : str, optional
        Mount points in the format of `/proc/mounts`; by default, those of this system.
    """
    if sys.platform == "win32":
        import ctypes

        return folder.drive.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(folder.anchor) == _DRIVE_REMOTE
    of_mounts = _mounted() if mounts is None else dict(_mount(line) for line in mounts.splitlines())
    at = next((of_mounts[str(place)] for place in (folder, *folder.parents) if str(place) in of_mounts), "")
    return at.removeprefix("fuse.").startswith(NETWORK)


def _mounted() -> dict[str, str]:
    """Return the names of the file systems by mount point."""
    try:
        if sys.platform == "darwin":  # "//me@host/share on /Volumes/share (smbfs, nodev)"
            lines = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=5, check=True).stdout
            pairs = (line.split(" on ", 1)[-1].rsplit(" (", 1) for line in lines.splitlines())
            return {place: options.split(",")[0] for place, options in pairs}
        return dict(_mount(line) for line in Path("/proc/mounts").read_text().splitlines())
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}


def _mount(line: str) -> tuple[str, str]:
    _, place, name, *_ = line.split(" ")
    return place.replace("\\040", " "), name
