"""The loader of components, which Playwright's Node runs here, without a browser."""

from __future__ import annotations

import json
import shutil
import subprocess

import streamlit as st
from playwright._impl._driver import compute_driver_executable

from digitviz.dashboard.components.component import SCRIPTS, component

NAME = "frame"  # which alone changes the language
STUB = """
export default class Stub {
  rerun({ language, number }) {
    globalThis.drawn.push([number, language, document.documentElement.lang]);
  }
}
"""
SWITCH = """
let come;
globalThis.drawn = [];
globalThis.document = { baseURI: new URL("./", import.meta.url).href, documentElement: {} };
globalThis.fetch = async () => ({ json: () => new Promise((done) => (come = done)) });
const { default: show } = await import("./loader.js");
const [parentElement, turn] = [{ isConnected: true }, () => new Promise((done) => setTimeout(done, 20))];
const give = (language, number) => show({ data: { language, number }, parentElement });
const ends = [give("zh-Hans", 1)];
while (!come) await turn();
ends.push(give("en", 2));
await turn();
come({});
await Promise.all(ends.map((end) => end()));
parentElement.isConnected = false;
await ends[1]();
console.log(JSON.stringify([drawn, Object.keys(parentElement)]));
"""


def test_data_in_a_language_that_comes_late_are_not_drawn_over_those_of_the_latest_language(tmp_path, monkeypatch):
    made: dict[str, str] = {}
    monkeypatch.setattr(st.components.v2, "component", lambda _name, js, **_options: made.update(js=js))
    component(NAME)
    folder = tmp_path / "digitviz-assets"
    folder.mkdir()
    for name in ("elements", "words"):
        shutil.copy(SCRIPTS[name], folder)
    (folder / f"{NAME}.js").write_text(STUB)
    for name, text in (("package.json", '{"type": "module"}'), ("loader.js", made["js"]), ("switch.js", SWITCH)):
        (tmp_path / name).write_text(text)
    command = [str(compute_driver_executable()[0]), str(tmp_path / "switch.js")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert not done.returncode, done.stderr
    drawn, left = json.loads(done.stdout)
    assert drawn == [[2, "en", "en"]]
    assert not [name for name in left if name in {"digitvizShown", "digitvizTold", "digitvizEnding"}]
