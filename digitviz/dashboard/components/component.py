"""Browser components. Each is a script next to this file, cached by the browser under its URL."""

import functools
import hashlib
import json
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import streamlit as st

from digitviz.language import LANGUAGES, TRANSLATED, language, path_of
from digitviz.networks.network import INPUT_SCALES, Network

SCRIPTS = {path.stem: path for path in Path(__file__).parent.glob("*.js")}
"""Paths of our scripts by name. Each script is next to the Python module that uses it."""


def address(name: str) -> str:
    """Return the URL of a script. It contains a hash, so a changed script has a new URL."""
    return f"digitviz-assets/{name}.js?v={_version(SCRIPTS[name])}"


@functools.cache
def texts_address(code: str) -> str:
    """Return the URL of the scripts' texts in a language. It contains a hash of the catalogue."""
    return f"digitviz-assets/words-{code}.json?v={_version(path_of(code))}"


def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def component(name: str, css: str | None = None) -> Any:
    """Register the component with the script `NAME.js` next to this file.

    The script's default export is a class, created once for the parent element. If a rerun of the page changes the
    data, its `rerun` is called with it. Otherwise its `dressAgain` is called, if it has one, because the theme may have
    changed. It sends a trigger's value to the page with `send`, and a state with `keep`. When the element has left the
    page, the `signal` from its constructor ends its listeners, and its `remove` is called, if it has one. A script
    without such a class exports a function `show`, and possibly `remove`. It is called when the texts of `words.js` are
    there in the language of the page, unless the element has been given other data by then. Data get that language as
    "language", unless they are bytes.
    """
    texts = {LANGUAGES[code].tag: texts_address(code) for code in TRANSLATED}
    # The frame, which comes first, changes the language. Streamlit may show others with data in the one before.
    spoken = "component.data.language" if name == "frame" else "undefined"
    loader = f"""
const load = (path) => import(new URL(path, document.baseURI).href);
const [script, words] = [load("{address(name)}"), load("digitviz-assets/words.js")];
const texts = {json.dumps(texts)};
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
  const {{ parentElement: place }} = component;
  const spoken = (place.digitvizLatest = words.then(({{ speak }}) => speak({spoken}, texts)));
  const shown = Promise.all([script, spoken]).then(([module]) => {{
    if (place.digitvizLatest === spoken) (module.show ?? show)(component, module.default); // no other data by now
    return module;
  }});
  // Streamlit also calls this for an outdated frame while the component is still on the page.
  const end = (module) => place.isConnected || (module.remove ?? remove)(place);
  return () => shown.then(end);
}}
"""
    made = st.components.v2.component(f"digitviz_{name}", js=loader, css=css, isolate_styles=False)

    def in_language(data: Any = None, **options: Any) -> Any:
        given = data if isinstance(data, bytes) else {**(data or {}), "language": LANGUAGES[language()].tag}
        return made(data=given, **options)

    return in_language


def packed_once(key: str, fingerprint: Hashable, pack: Callable[[], bytes]) -> bytes:
    """Return the data of an element. Pack them again only if its fingerprint has changed in this session."""
    packs = st.session_state.setdefault("frames", {})
    if key not in packs or packs[key][0] != fingerprint:
        packs[key] = fingerprint, pack()
    data: bytes = packs[key][1]
    return data


def network_head(network: Network) -> dict[str, object]:
    """Return the fields of a head that `network.js` needs to compute with the network's weights."""
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
