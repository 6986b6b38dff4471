"""A page as a visitor opens and reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest

from digitviz import TrainingRun
from digitviz.dashboard.session.downloads import File, offered
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.training.pool import Job


def open_page(name: str, run: TrainingRun | None = None, step: int | None = None, language: str = "en") -> AppTest:
    """Open a page in a session of its own, which has trained `run` if there is one.

    Parameters
    ----------
    name : str
    run : TrainingRun, optional
    step : int, optional
        Of a page of the lesson, from 1; by default all of them are shown on one page.
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
    """Open a page for the first time, go to another, and click each button that the browser still shows of the first.

    Yields
    ------
    (str or None, AppTest)
        The button's key, and the other page after the click.
    """
    page = open_page(name)
    buttons = [(button.key, button.id) for button in page.button]
    page.switch_page("pages/start.py")._run(WidgetStates())  # a browser says nothing of the page it leaves
    for key, button in buttons:
        yield key, page._run(WidgetStates(widgets=[WidgetState(id=button, trigger_value=True)]))


def words_on(page: AppTest) -> str:
    """Return all that is written on a page, formulas in LaTeX, without their colours."""
    elements = [*page.markdown, *page.latex, *page.caption, *page.info, *page.warning]
    words = "\n".join(element.value for element in elements)
    return re.sub(r"\\textcolor\{#\w{6}\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"\1", words)


def downloads_on(page: AppTest) -> dict[str, dict[str, Any]]:
    """Return what each button for a file is given, by its key: its "label", and its "address" unless it is disabled."""
    shown = [element.proto for element in page.get("bidi_component")]
    buttons = [proto for proto in shown if proto.component_name == "digitviz_download"]
    return {proto.id.split("-", 2)[2]: json.loads(proto.json) for proto in buttons}


def take_home(page: AppTest, key: str) -> File:
    """Return the file that a browser gets when the button is pressed."""
    _, token, asked = str(downloads_on(page)[key]["address"]).split("/")
    offer = offered(token, asked)
    assert offer is not None, f"{key} is not offered any more"
    return offer.file()


def live_on(page: AppTest) -> dict[str, Any]:
    """Return what the headline of Train is given: its "headline", and the "feed" that it follows, if there is one."""
    shown = [element.proto for element in page.get("bidi_component")]
    return json.loads(next(proto.json for proto in shown if proto.component_name == "digitviz_live"))
