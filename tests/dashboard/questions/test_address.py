from __future__ import annotations

import json
import re

from digitviz.dashboard.components.component import SCRIPTS
from digitviz.dashboard.questions import address


def test_the_frame_makes_no_history_entry_of_a_parameter_of_the_question_pages():
    constants = {name: value for name, value in vars(address).items() if name.isupper() and not name.startswith("_")}
    listed = re.search(r"const OF_CONTROLS = (.*);", SCRIPTS["frame"].read_text(encoding="utf-8"))
    assert set(json.loads(listed[1])) == {value for value in constants.values() if isinstance(value, str)}
