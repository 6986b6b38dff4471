"""Classroom server: `python -m digitviz.dashboard.server.classroom` opens the dashboard to the local network."""

import os
import sys

from digitviz.dashboard.components.invitation import EVERYWHERE, address_on_network


def main(port: str = "8501") -> None:
    """Start the dashboard for everyone on the local network, and print the consequences."""
    url = f"http://{address_on_network()}:{port}"
    print(
        f"\n  Students open   {url}\n\n"
        "  Everyone on this network can now open the dashboard and train on this machine.\n"
        "  There is no password and no encryption. Press Ctrl+C to stop when the lesson ends.\n",
        flush=True,
    )
    options = [f"--server.port={port}", f"--server.address={EVERYWHERE}", "--server.headless=true"]
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", "app.py", *options])


if __name__ == "__main__":
    main(*sys.argv[1:])
