from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from playwright._impl._driver import compute_driver_executable

from digitviz.dashboard.components.component import SCRIPTS
from digitviz.dashboard.components.pad import pack, unpack

DRAW = """
const paper = { getImageData: () => ({ data: new Uint8Array(4 * 280 * 280) }) };
const pen = new Proxy(paper, { get: (known, name) => known[name] ?? (() => {}) });
const made = () => ({
  heard: {}, style: {}, focus() {}, click() { this.onclick(); }, setAttribute() {}, getContext: () => pen,
  setPointerCapture(pointer) { this.held = pointer; }, hasPointerCapture(pointer) { return this.held === pointer; },
  addEventListener(kind, act) { this.heard[kind] = act; }, appendChild: (child) => child,
  getBoundingClientRect: () => ({ left: 0, top: 0, width: 280, height: 280 }),
  classList: [], value: "20", querySelectorAll() {
    const names = [...this.innerHTML.matchAll(/class="([a-z]+)/g)].map(([, name]) => name);
    return names.map((name) => Object.assign(made(), { classList: [name] }));
  } });
globalThis.OffscreenCanvas = class { getContext = () => pen; };
globalThis.document = { createElement: made, documentElement: {}, getElementById: () => ({}) };
globalThis.window = Object.assign(new EventTarget(), { devicePixelRatio: 1 });
globalThis.CustomEvent ??= Event;
globalThis.requestAnimationFrame = () => 1;
globalThis.getComputedStyle = () => ({ getPropertyValue: () => "" });
await (await import("./words.js")).speak("en");
const { default: Pad } = await import("./pad.js");
const pad = Object.assign(new Pad(made()), { keep() {} });
const usual = { button: 0, clientY: 0, isPrimary: true, preventDefault() {} };
const act = (kind, clientX, pointerId, more) => pad.canvas.heard[kind]({ ...usual, clientX, pointerId, ...more });
for (const [kind, ...event] of JSON.parse(process.argv[2])) act(kind, ...event);
console.log(JSON.stringify(pad.entries.map(({ points }) => points.map(([x]) => Math.round(x)))));
process.exit();
"""


def test_ink_survives_the_way_through_text(random):
    picture = (random.random((280, 280)) < 0.3).astype(np.uint8) * 255
    np.testing.assert_array_equal(unpack(pack(picture)), picture)


@pytest.mark.parametrize(
    "sent",
    [
        None, 7, {}, "", "x" * 13068, "AAAA", base64.b64encode(b"\0" * 9799).decode(),
        base64.b64encode(b"\0" * 10_000_000).decode(),
        "é" * 13068, "\ud800" * 13068, "<script>alert(1)</script>",
    ],
)  # fmt: skip
def test_anything_else_from_a_browser_is_no_drawing(sent):
    assert unpack(sent) is None


@pytest.fixture
def in_node(tmp_path) -> Callable[..., Any]:
    """Run a script with a pad in Node, and return what it prints."""
    for name in ("elements", "pad", "speak", "words"):
        shutil.copy(SCRIPTS[name], tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')

    def run(script: str, *events: tuple[object, ...]) -> Any:
        (tmp_path / "draw.js").write_text(script)
        command = [str(compute_driver_executable()[0]), str(tmp_path / "draw.js"), json.dumps(events)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert not done.returncode, done.stderr
        return json.loads(done.stdout)

    return run


def test_a_pad_that_leaves_after_the_next_has_come_does_not_take_its_ink(in_node):
    leave = "new Pad(made()); pad.remove(); console.log(Boolean(document.digitvizInk)); process.exit();"
    assert in_node(DRAW.partition("for (const")[0] + leave)


def test_only_the_pointer_that_pressed_draws_until_it_is_lifted(in_node):
    drawn = partial(in_node, DRAW)

    def pressed(pointer: int, kind: str, *places: int) -> list[tuple[object, ...]]:
        first, *others = ((place, pointer, {"pointerType": kind}) for place in places)
        return [("pointerdown", *first), *(("pointermove", *each) for each in others)]

    palm, *moved = pressed(2, "touch", 200, 210)
    pen, *onward = pressed(1, "pen", 10, 20, 30)
    assert drawn(pen, palm, *onward, *moved, ("pointerup", 30, 1), ("pointermove", 40, 1)) == [[10, 10, 20, 30]]
    assert drawn(palm, pen, *moved, *onward) == [[10, 10, 20, 30]]  # the pen replaces the ink of the palm
    finger, *away = pressed(1, "touch", 10, 20)
    assert drawn(finger, palm, *away) == [[10, 10, 20]]
    space, right = (("keydown", 0, 0, {"key": key}) for key in (" ", "ArrowRight"))
    nudge, click = ("pointermove", 5, 1), (("pointerdown", 5, 1), ("pointerup", 5, 1))
    assert drawn(space, right, nudge) == [[140, 140, 147]]
    assert drawn(space, right, *click, right) == [[140, 140, 147], [5, 5]]
    undo = "keydown", 0, 0, {"key": "z", "ctrlKey": True}
    assert drawn(space, right, undo) == []
    assert drawn(space, right, undo, right, space, right) == [[154, 154, 161]]  # the pen was lifted
