"""The connection of a tab is replaced when its server knows it by another session. Playwright's Node runs it here."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright._impl._driver import compute_driver_executable

from digitviz.dashboard.components.component import SCRIPTS
from digitviz.dashboard.server.assets import activations_script
from digitviz.dashboard.server.stream import TOO_MANY

REPLACED = """
const sockets = [];
globalThis.WebSocket = class {
  static OPEN = 1;
  constructor(address) { Object.assign(this, { address, readyState: 1 }); sockets.push(this); }
  send() {}
  close() {}
};
globalThis.window = new EventTarget();
globalThis.CustomEvent ??= Event;
const documentElement = { lang: "en" };
const baseURI = "http://localhost/";
globalThis.document = { baseURI, visibilityState: "visible", documentElement, querySelectorAll: () => [] };
const { follow } = await import("./stream.js");
const told = [];
const host = { tell: () => {}, lose: () => told.push("lost"), tellOfSilence: () => told.push("silent") };
globalThis.setTimeout = (act) => (told.push(act), told.length - 1); // by its place, until it is cleared
globalThis.clearTimeout = (place) => void (told[place] = null);
follow("stream/one", host);
if (process.argv[2] === "away") sockets[0].onclose({ code: 1006 });
follow("stream/two", host);
sockets[1].onmessage({ data: "{}" });
window.dispatchEvent(new Event("visibilitychange"));
const alarms = told.filter((each) => typeof each === "function").length;
const words = told.filter((each) => typeof each === "string");
console.log(JSON.stringify([sockets.map(({ address }) => address.slice(-3)), words, alarms]));
process.exit();
"""

IN_FLIGHT = """
host.isExperiment = process.argv[2] === "experiment";
follow("stream/one", Object.assign(host, { tell: (state) => told.push(state) }));
for (const state of [{ headline: {} }, { stands: "running" }]) sockets[0].onmessage({ data: JSON.stringify(state) });
console.log(JSON.stringify(told.filter((each) => each && typeof each === "object")));
process.exit();
"""

CROWDED = """
follow("stream/one", Object.assign(host, { tellOfSilence: (isCrowded) => told.push(String(isCrowded)) }));
sockets[0].onclose({ code: Number(process.argv[2]) });
for (const act of [...told]) act?.();
console.log(JSON.stringify(told.filter((each) => typeof each === "string")));
process.exit();
"""


def run(script: str, folder: Path, how: str) -> Any:
    """Run a script with the stream's, and return what it writes."""
    for name in ("elements", "stream", "moment", "network", "special", "words"):
        shutil.copy(SCRIPTS[name], folder)
    (folder / "activations.js").write_text(activations_script())
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "script.js").write_text(script)
    command = [str(compute_driver_executable()[0]), str(folder / "script.js"), how]
    done = subprocess.run(command, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("how", ["connected", "away"])
def test_a_page_with_another_session_follows_it_and_hears_nothing_of_the_old_one(tmp_path, how):
    assert run(REPLACED, tmp_path, how) == [["one", "two"], [], 1]  # the alarm of the new connection


@pytest.mark.parametrize(("page", "heard"), [("experiment", {"stands": "running"}), ("training", {"headline": {}})])
def test_a_message_in_flight_for_the_page_before_is_not_heard(tmp_path, page, heard):
    assert run(REPLACED[: REPLACED.index("follow(")] + IN_FLIGHT, tmp_path, page) == [heard]


@pytest.mark.parametrize(("code", "crowded"), [(TOO_MANY, "true"), (1006, "false")])
def test_a_connection_too_many_is_not_told_as_silence_of_the_server(tmp_path, code, crowded):
    assert run(REPLACED[: REPLACED.index("follow(")] + CROWDED, tmp_path, str(code)) == [crowded]
