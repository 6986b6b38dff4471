"""Components of the browser: each is a script beside this file, which the browser keeps by its address."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import streamlit as st

SCRIPTS = {path.stem: path for path in Path(__file__).parent.glob("*.js")}
"""Our own scripts by their names, each next to the Python that it belongs to."""


def address(name: str) -> str:
    """Return the address of one of our scripts. It contains a hash, so that a new script has a new address."""
    version = hashlib.sha256(SCRIPTS[name].read_bytes()).hexdigest()[:12]
    return f"digitviz-assets/{name}.js?v={version}"


def component(name: str, css: str | None = None) -> Any:
    """Register the component whose script is `NAME.js` next to this file, with the functions `show` and `remove`.

    The browser keeps the script by its address.
    """
    loader = f"""
const script = import(new URL("{address(name)}", document.baseURI).href);
export default function (component) {{
  script.then((module) => module.show(component));
  // Streamlit calls this also for a frame that a newer one has overtaken, while the component stays on the page.
  const end = (module) => component.parentElement.isConnected || module.remove(component.parentElement);
  return () => script.then(end);
}}
"""
    return st.components.v2.component(f"digitviz_{name}", js=loader, css=css, isolate_styles=False)


def packed(head: dict[str, object], *numbers: bytes) -> bytes:
    """Pack what a script computes with.

    Returns
    -------
    bytes
        The length of the head, as a little-endian number of four bytes; the head, in JSON, padded to a multiple of four
        bytes; and the numbers.
    """
    text = json.dumps(head, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    return b"".join([len(text).to_bytes(4, "little"), text, *numbers])
