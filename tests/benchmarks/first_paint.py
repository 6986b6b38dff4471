"""How long until the first page's title is seen, and how long does `import digitviz` take?"""

from __future__ import annotations

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
    """Wall time of a fresh interpreter that imports digitviz, less that of one that imports nothing."""
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


def first_paints(path: str, title: str) -> list[float]:
    """Seconds from navigation to the title on screen: a new server and a new browser each time."""
    seconds = []
    for _ in range(ROUNDS):
        with TemporaryDirectory() as folder, sync_playwright() as playwright:
            server = Server(Path(folder) / "log.txt")
            try:
                browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
                page = browser.new_page()
                start = time.perf_counter()
                page.goto(f"{server.url}/{path}", wait_until="commit")
                page.get_by_role("heading", level=1, name=title).wait_for()
                seconds.append(time.perf_counter() - start)
                browser.close()
            finally:
                server.stop()
    return seconds


def main() -> None:
    """Print the medians, and what is imported when."""
    print(machine(), "\n")
    rows = [
        ("import digitviz, s", f"{statistics.median(seconds_to_import() for _ in range(ROUNDS)):.2f}", "0.40"),
        ("first page, s", f"{statistics.median(first_paints('', 'How does a machine')):.2f}", "1.00"),
        ("Train page as the first, s", f"{statistics.median(first_paints('train', 'How does a network')):.2f}", ""),
    ]
    print(table(("what (median of 5, fresh processes)", "measured", "to reach"), rows))
    print(f"\nimport digitviz loads {imported()}.")
    print("torch comes with the first torch step; numba is loaded by a thread that the server starts.")


if __name__ == "__main__":
    main()
