"""Browser components. Each is a script next to this file, cached by the browser under its URL."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import streamlit as st

from digitviz.networks.network import INPUT_SCALES, Network

SCRIPTS = {path.stem: path for path in Path(__file__).parent.glob("*.js")}
"""Paths of our scripts by name. Each script is next to the Python module that uses it."""


def address(name: str) -> str:
    """Return the URL of a script. It contains a hash, so a changed script has a new URL."""
    version = hashlib.sha256(SCRIPTS[name].read_bytes()).hexdigest()[:12]
    return f"digitviz-assets/{name}.js?v={version}"


def component(name: str, css: str | None = None) -> Any:
    """Register the component with the script `NAME.js` next to this file.

    The script's default export is a class, which is made in the parent element. Its `rerun` gets changed data from a
    rerun of the page. For unchanged data, its `dressAgain` is called, if there is one: the theme may have changed. Its
    `send` sends a trigger's value to the page, its `keep` a state. When the element has left the page, the `signal`
    that it was given ends its listeners, and its `remove` is called, if there is one. A script without such a class
    exports the function `show`, and possibly `remove`.
    """
    loader = f"""
const script = import(new URL("{address(name)}", document.baseURI).href);
function show({{ data, parentElement, setStateValue, setTriggerValue }}, Component) {{
  const {{ signal }} = (parentElement.digitvizEnding ??= new AbortController());
  const shown = (parentElement.digitvizShown ??= new Component(parentElement, {{ signal }}));
  Object.assign(shown, {{ send: setTriggerValue, keep: setStateValue }});
  const told = data?.byteLength === undefined ? JSON.stringify(data) : data;
  if (told === parentElement.digitvizTold) return void shown.dressAgain?.(); // an unchanged rerun, or another theme
  parentElement.digitvizTold = told;
  shown.rerun(data);
}}
function remove(parentElement) {{
  parentElement.digitvizEnding?.abort();
  parentElement.digitvizShown?.remove?.();
  for (const name of ["digitvizEnding", "digitvizShown", "digitvizTold"]) delete parentElement[name];
}}
export default function (component) {{
  script.then((module) => (module.show ?? show)(component, module.default));
  // Streamlit also calls this for an outdated frame while the component is still on the page.
  const end = (module) => component.parentElement.isConnected || (module.remove ?? remove)(component.parentElement);
  return () => script.then(end);
}}
"""
    return st.components.v2.component(f"digitviz_{name}", js=loader, css=css, isolate_styles=False)


def network_head(network: Network) -> dict[str, object]:
    """Return the entries of a head with which `network.js` computes with the network's weights."""
    parameters = network.parameters
    return {
        "shapes": [weight.shape for weight in parameters.weights],
        "bias": parameters.biases is not None,
        "activation": network.activation,
        "factor": INPUT_SCALES[network.input_scale].factor,
    }


def packed(head: dict[str, object], *numbers: bytes) -> bytes:
    """Pack data for a script.

    Returns
    -------
    bytes
        Length of the head as a little-endian number of four bytes, the head in JSON, padded to a multiple of four
        bytes, and the numbers.
    """
    text = json.dumps(head, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return b"".join([len(text).to_bytes(4, "little"), text, *numbers])
