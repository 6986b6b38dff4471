"""Open the pages of experiments as an owner, and wait for an experiment's end."""

from __future__ import annotations

import json
import secrets
from typing import Any

from streamlit.testing.v1 import AppTest

from digitviz.dashboard.session.open_sweeps import OpenSweep, open_sweeps
from digitviz.training.background_sweep import SweepState
from tests.waiting import wait_until

SHORT = {"batches": "4", "steps_per_batch": "20", "learning_rate": "1e-05"}
GRID = SHORT | {"by1": "learning_rate:1e-06,1e-05", "by2": "bias:false,true", "seeds": "2"}


def open_experiment(name: str, address: dict[str, str], owner: str | None = None) -> AppTest:
    """Open a page in a new session of an owner, by default a new one."""
    page = AppTest.from_file("../../app.py", default_timeout=60)
    for parameter, text in ({"lang": "en"} | address).items():
        page.query_params[parameter] = text
    page.session_state["owner"] = secrets.token_hex(32) if owner is None else owner
    page.session_state["owner_is_remembered"] = True
    page.switch_page(f"pages/{name}.py").run()
    assert not page.exception
    page.session_state["visit_opened"] = False  # the frame would reset this, but does not run here
    return page


def press(page: AppTest, key: str) -> None:
    page.button(key).click().run()
    assert not page.exception


def of_page(page: AppTest) -> OpenSweep:
    """Return the only open experiment of the page's owner."""
    (found,) = [each for each in open_sweeps()._open.values() if each.kept.owner == page.session_state["owner"]]
    return found


def finish(page: AppTest) -> OpenSweep:
    """Wait for the end of the page's experiment, and run the page again."""
    opened = of_page(page)
    wait_until(lambda: opened.work.state is SweepState.FINISHED)
    page.run()
    assert not page.exception
    return opened


def progress_on(page: AppTest) -> str:
    """Return the text on the progress."""
    (state,) = states_on(page)
    return f"**{state['news']}** {state['words']}" if state["news"] else state["words"]


def states_on(page: AppTest) -> list[dict[str, Any]]:
    """Return what the page says of its experiment, if it has begun."""
    shown = [element.proto for element in page.get("bidi_component")]
    return [json.loads(proto.json)["state"] for proto in shown if proto.component_name == "digitviz_experiment"]


def tables_on(page: AppTest) -> str:
    return "\n".join(each.proto.body for each in page.get("html"))


def address_on(page: AppTest) -> dict[str, str]:
    """Return the page's own parameters."""
    given = {name: text[0] if isinstance(text, list) else text for name, text in page.query_params.items()}
    return {name: text for name, text in given.items() if name not in ("lang", "run")}
