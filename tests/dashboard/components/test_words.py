"""Scripts translate their texts as the server does, and say them in English if the catalogue does not come."""

from __future__ import annotations

import json
import shutil
import subprocess

from playwright._impl._driver import compute_driver_executable

from digitviz.dashboard.components.component import SCRIPTS
from digitviz.language import gettext, joined, listed, ngettext, pgettext, speaking, texts_of_scripts

SAY = """
import { readFileSync } from "node:fs";
globalThis.document = { documentElement: {} };
const { _, joined, listed, ngettext, pgettext, speak } = await import("./words.js");
const said = [];
const say = (end) => said.push([end, document.documentElement.lang, _("Undo"), _("Rows: {count}", { count: 3 }),
  pgettext("on a button", "Play"), listed([1, 2]), joined(["a", "b"]),
  ...[1, 2, 1000].map((count) => ngettext("{count} neuron", "{count} neurons", count, { count }))]);
try {
  _("Undo");
} catch {
  said.push("too early");
}
const waits = speak().then(() => said.push("begun")); // data in bytes name no language
await speak("zh", { zh: "data:application/json,{broken" });
say("lost");
await speak("zh", { zh: `data:application/json,${encodeURIComponent(readFileSync(0))}` });
say("came");
const [slow, quick] = [speak("en"), speak("zh", { zh: `data:application/json,${encodeURIComponent("{}")}` })];
await speak("en");
await Promise.all([waits, slow, quick]);
say("latest");
console.log(JSON.stringify(said));
"""


def test_a_script_says_its_texts_in_the_latest_language_and_only_once_they_are_there(tmp_path):
    for name in ("elements", "words"):
        shutil.copy(SCRIPTS[name], tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "say.js").write_text(SAY)
    command = [str(compute_driver_executable()[0]), str(tmp_path / "say.js")]
    done = subprocess.run(command, input=texts_of_scripts("zh"), capture_output=True, text=True)
    assert not done.returncode, done.stderr

    def server(code: str) -> list[str]:
        with speaking(code):
            rows = gettext("Rows: {count}").format(count=3)
            counted = [
                ngettext("{count} neuron", "{count} neurons", count).format(count=count) for count in (1, 2, 1000)
            ]
            play = pgettext("on a button", "Play")
            return [gettext("Undo"), rows, play, listed([1, 2]), joined(["a", "b"]), *counted]

    early, begun, *said = json.loads(done.stdout)
    assert (early, begun) == ("too early", "begun")
    assert said == [["lost", "zh", *server("en")], ["came", "zh", *server("zh")], ["latest", "en", *server("en")]]
