"""Install PostgreSQL for the store's tests from Debian's package, if possible."""

from __future__ import annotations

import os
import shutil
import subprocess

from tests.store.server import MISSING, find_binaries


def install() -> None:
    """Install a server unless there is one, and report if this is impossible."""
    if find_binaries() is None and shutil.which("apt-get") and os.geteuid() == 0:
        quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "postgresql"]):
            subprocess.run(["apt-get", *arguments], check=False, env=quietly)
    if find_binaries() is None:
        print(f"{MISSING.partition(':')[0]}, and it cannot be installed here: its tests are skipped")


if __name__ == "__main__":
    install()
