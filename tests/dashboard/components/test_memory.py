"""What the browser remembers, with and without cookies. Playwright's Node runs the script here."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from playwright._impl._driver import compute_driver_executable

from digitviz.dashboard.components.component import SCRIPTS

REMEMBERS = """
const kept = new Map();
const storage = { getItem: (name) => kept.get(name), setItem: (name, value) => kept.set(name, value) };
const get = () => { if (process.argv[2] === "blocked") throw new Error("denied"); return storage; };
Object.defineProperty(globalThis, "localStorage", { get });
const { memory } = await import("./elements.js");
const before = memory().getItem("a") ?? "nothing";
memory().setItem("a", "off");
console.log(before, memory().getItem("a"), kept.size);
"""


@pytest.mark.parametrize(("cookies", "kept"), [("allowed", 1), ("blocked", 0)])
def test_a_browser_that_blocks_cookies_remembers_for_the_visit(tmp_path, cookies, kept):
    shutil.copy(SCRIPTS["elements"], tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "remembers.js").write_text(REMEMBERS)
    command = [str(compute_driver_executable()[0]), str(tmp_path / "remembers.js"), cookies]
    assert subprocess.run(command, capture_output=True, text=True).stdout.split() == ["nothing", "off", str(kept)]
    asks = [script.read_text() for name, script in SCRIPTS.items() if name in ("ask", "frame")]
    assert all("memory()" in text and "localStorage." not in text for text in asks)
