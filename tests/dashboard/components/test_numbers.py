"""The browser formats numbers as the server does, in each language."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from playwright._impl._driver import compute_driver_executable

from digitviz.dashboard.components.component import SCRIPTS
from digitviz.language import LANGUAGES, speaking
from digitviz.numbers import in_percent, numeral, short

NUMBERS = [0.0, 0.3, -0.51234, 1.0, 89.96, 99.95, 1797.0, 123456.0, 1e-6, -2.5e-8, 1e9]
SHARES = [0.0, 0.005, 0.9388, 1.0]
WRITE = """
import { numeral, percent, short } from "./numbers.js";
const [language, numbers, shares] = JSON.parse(process.argv[2]);
globalThis.document = { documentElement: { lang: language } };
const written = [numbers.map((x) => short(x)), shares.map((x) => percent(x)), shares.map((x) => percent(x, 0))];
console.log(JSON.stringify([...written, [numeral(1797)]]));
"""


@pytest.mark.parametrize("code", LANGUAGES)
def test_numbers_are_those_of_the_server(tmp_path, code):
    shutil.copy(SCRIPTS["numbers"], tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "write.js").write_text(WRITE)
    asked = json.dumps([LANGUAGES[code].tag, NUMBERS, SHARES])
    command = [str(compute_driver_executable()[0]), str(tmp_path / "write.js"), asked]
    written = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    with speaking(code):
        shares = [[in_percent(share, decimals) for share in SHARES] for decimals in (1, 0)]
        assert written == [[*map(short, NUMBERS)], *shares, [numeral(1797)]]
