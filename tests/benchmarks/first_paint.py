"""How long do the first page, the first map and `import digitviz` take?"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from tests.benchmarks.report import machine, table
from tests.browser.conftest import FLAGS, ROOT, Server
from tests.browser.install import find_chromium

ROUNDS = 5
WATCHED = ("numpy", "plotly", "networkx", "sklearn", "scipy", "torch", "umap", "numba", "streamlit")


def seconds_to_import() -> float:
    """Wall time to import digitviz in a new interpreter, minus the start-up time of the interpreter."""
    times = []
    for statement in ("pass", "import digitviz"):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], cwd=ROOT, check=True)
        times.append(time.perf_counter() - start)
    return times[1] - times[0]


def imported() -> str:
    """Name the heavy packages that `import digitviz` loads."""
    code = f"import digitviz, sys; print(*[name for name in {WATCHED} if name in sys.modules])"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def seen_after(path: str, is_there: str, home: str | None = None) -> list[float]:
    """Return the seconds from navigation until a condition holds, with a new server and browser in each round.

    Parameters
    ----------
    path : str
        Path of the page.
    is_there : str
        JavaScript condition.
    home : str, optional
        Data folder. Default: a new empty folder in each round.
    """
    seconds = []
    for _ in range(ROUNDS):
        with TemporaryDirectory() as folder, sync_playwright() as playwright:
            os.environ["DIGITVIZ_HOME"] = home or folder
            server = Server(Path(folder) / "log.txt")
            try:
                browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
                page = browser.new_page(bypass_csp=True)  # waiting for a JavaScript expression needs eval
                start = time.perf_counter()
                page.goto(f"{server.url}/{path}", wait_until="commit")
                page.wait_for_function(is_there)
                seconds.append(time.perf_counter() - start)
                browser.close()
            finally:
                server.stop()
    return seconds


def title(words: str) -> str:
    """JavaScript condition: the page's title starts with these words."""
    return f"document.querySelector('h1')?.textContent.startsWith({words!r})"


def points(plot: str) -> str:
    """JavaScript condition: the points of a map are drawn, not only loading."""
    return f"document.querySelectorAll('.st-key-{plot} .digitviz-plot .points path').length > 1000"


def whole_gallery() -> str:
    """JavaScript condition: the whole gallery is drawn."""
    return "document.querySelector('.st-key-gallery_progress')?.textContent.includes('8 of 8')"


def main() -> None:
    """Print the medians, and the packages loaded by the import."""
    print(machine(), "\n")
    rows = [("import digitviz, s", f"{statistics.median(seconds_to_import() for _ in range(ROUNDS)):.2f}", "0.40")]
    with TemporaryDirectory() as home:
        for what, goal, path, is_there, folder in (
            ("first page", "1.00", "", title("How does a machine"), None),
            ("Train page as the first", "", "train", title("How does a network"), None),
            ("first map of the gallery", "2.00", "projections", points("map_1"), None),
            ("all its maps", "", "projections", whole_gallery(), None),
            ("first map of the gallery, kept", "2.00", "projections", points("map_1"), home),
            ("all its maps, kept", "", "projections", whole_gallery(), home),
        ):
            seconds = seen_after(path, is_there, folder)
            rows.append((f"{what}, s", f"{statistics.median(seconds):.2f}", goal))
    print(table(("what (median of 5, fresh processes)", "measured", "to reach"), rows))
    print(f"\nimport digitviz loads {imported()}.")
    print("The first torch step loads torch. A thread started by the server loads numba.")


if __name__ == "__main__":
    main()
