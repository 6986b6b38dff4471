"""Find the browsers for the browser tests, and install them if they are missing.

Installs Debian's packages if apt-get and root rights are available, otherwise Playwright's builds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

SHELL = "chromium-headless-shell"
"""Chromium without a window and the code for it. It takes a tenth less processor time."""


def find_chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome. The environment variable CHROMIUM takes precedence."""
    return _find("chromium", "chromium-browser", "google-chrome")


def find_shell() -> str | None:
    """Return the path of Chromium's headless shell, or of Chromium if there is none."""
    return _find(SHELL) or find_chromium()


def _find(*names: str) -> str | None:
    return next((path for name in (os.environ.get("CHROMIUM"), *names) if name and (path := shutil.which(name))), None)


def install() -> None:
    """Install Chromium, and its headless shell where Debian has it, if they are missing."""
    missing = [name for name, path in (("chromium", find_chromium()), (SHELL, _find(SHELL))) if path is None]
    if missing and shutil.which("apt-get") and os.geteuid() == 0:
        quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check="chromium" in missing, env=quietly)
        for name in missing:
            subprocess.run(["apt-get", "install", "-y", "-qq", name], check=name != SHELL, env=quietly)
    elif "chromium" in missing:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    install()
