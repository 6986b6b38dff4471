"""Open and read a page as a visitor does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from digitviz import TrainingRun
from digitviz.dashboard.session.downloads import File, offered
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.training.pool import Job

GUESSES: dict[str, object] = {
    "data_digit": 3,
    "neuron_guess": "OR",
    "loss_direction": "rises",
    "loss_guess_first": "same",
    "loss_terms_guess": "10",
    "sum_guess": "no",
    "forward_calculator": "yes",
    "forward_largest": "low",
    "backpropagation_secret": "none",
}
"""A guess for each question of the lesson, by the beginning of its key."""


def open_page(name: str, run: TrainingRun | None = None, step: int | None = None, language: str = "en") -> AppTest:
    """Open a page in a new session, which has trained `run` if given.

    Parameters
    ----------
    name : str
    run : TrainingRun, optional
    step : int, optional
        Step of a lesson page, from 1. By default one page shows all steps.
    language : str
    """
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.query_params["lang"] = language
    page.session_state["whole_page"] = step is None
    if step is not None:
        page.query_params["step"] = str(step)
    if run is not None:
        page.session_state["job"] = Job(run)
        page.session_state["job_training_data"] = TrainingData()
    page.switch_page(f"pages/{name}.py").run()
    assert not page.exception
    return page


def clicks_after_leaving(name: str) -> Iterator[tuple[str | None, AppTest]]:
    """Open a page, go to another, and click each button of the first page, as a slow browser still can.

    Yields
    ------
    (str or None, AppTest)
        Key of the button, and the other page after the click.
    """
    page = open_page(name)
    buttons = [(button.key, button.id) for button in page.button]
    page.switch_page("pages/start.py")._run(WidgetStates())  # a browser sends no widget states of the page it leaves
    for key, button in buttons:
        yield key, page._run(WidgetStates(widgets=[WidgetState(id=button, trigger_value=True)]))


def guess(page: AppTest) -> None:
    """Make every guess that the page asks for with a choice."""
    for box in page.button_group:
        for key, said in GUESSES.items():
            if box.key.startswith(key):
                box.set_value(said)
    page.run()
    assert not page.exception


def outside_folds(block: Block) -> Iterator[str]:
    """Yield the texts and labels that a school reads without opening a fold with formulas, or a popover."""
    for child in block.children.values():
        if isinstance(child, Block):
            if getattr(child, "label", "") != "Show the maths" and child.type != "popover":
                yield from outside_folds(child)
        else:
            yield from (str(getattr(child.proto, name, "")) for name in ("label", "body", "help"))


def words_on(page: AppTest) -> str:
    """Return all text on a page, with formulas in LaTeX, without their colours."""
    elements = [*page.markdown, *page.latex, *page.caption, *page.info, *page.warning]
    words = "\n".join(element.value for element in elements)
    return re.sub(r"\\textcolor\{#\w{6}\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"\1", words)


def open_downloads(name: str, run: TrainingRun | None = None) -> AppTest:
    """Open a page and its downloads, as `open_page` does."""
    page = open_page(name, run)
    assert not downloads_on(page)  # a closed box costs nothing
    page.session_state["downloads_box"] = True
    page.run()
    assert not page.exception
    return page


def downloads_on(page: AppTest) -> dict[str, dict[str, Any]]:
    """Return the data of each download button, by its key: its "label", and its "address" unless it is disabled."""
    shown = [element.proto for element in page.get("bidi_component")]
    buttons = [proto for proto in shown if proto.component_name == "digitviz_download"]
    return {proto.id.split("-", 2)[2]: json.loads(proto.json) for proto in buttons}


def take_home(page: AppTest, key: str) -> File:
    """Return the file that the button downloads."""
    _, token, asked = str(downloads_on(page)[key]["address"]).split("/")
    offer = offered(token, asked)
    assert offer is not None, f"{key} is no longer offered"
    return offer.file()


def live_on(page: AppTest) -> dict[str, Any]:
    """Return the data of Train's headline: its "headline", and its "stream" if it follows one."""
    shown = [element.proto for element in page.get("bidi_component")]
    return json.loads(next(proto.json for proto in shown if proto.component_name == "digitviz_live"))
