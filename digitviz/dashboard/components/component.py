"""Components whose script the browser keeps: what is sent with each rerun is only a short loader."""

from __future__ import annotations

from typing import Any

import streamlit as st

from digitviz.dashboard.components.scripts import address


def component(name: str, css: str | None = None) -> Any:
    """Register the component whose script is `NAME.js` beside this file, with the functions `show` and `remove`.

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
