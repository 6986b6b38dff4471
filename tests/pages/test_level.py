"""The two levels: school folds letters and matrices away, university shows them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.training.pool import Job
from tests.pages.reading import guess, outside_folds

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
PLAIN = ("train", "draw", "neuron", "loss", "gradient_descent", "network", "evaluate")
"""Pages that speak to a school of neither a probability nor a squared error."""


def folded() -> None:
    import streamlit as st

    from digitviz.dashboard.session.frame_choices import LEVEL, level, maths

    LEVEL.begin()
    LEVEL.control()
    with maths():
        st.latex("e = mc^2")
    st.caption(level())


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(folded, default_timeout=30)


@pytest.mark.parametrize("asked", [None, "university", "", "kindergarten", "<script>"])
def test_the_university_shows_the_maths_and_is_the_default(page, asked):
    if asked is not None:
        page.query_params["level"] = asked
    page.run()
    assert not page.exception
    assert page.caption[0].value == "university"
    assert len(page.latex) == 1
    assert not page.expander


def test_a_school_folds_the_maths_away(page):
    page.query_params["level"] = "school"
    page.run()
    assert page.caption[0].value == "school"
    [fold] = page.expander
    assert (fold.label, fold.proto.expanded) == ("Show the maths", False)
    assert "e = mc^2" in fold.latex[0].value


def test_the_choice_is_kept_and_written_into_the_address(page):
    page.run()
    assert "level" not in page.query_params
    page.button_group("level").set_value("school").run()
    assert page.caption[0].value == "school"
    assert page.query_params["level"] == "school"
    page.query_params.clear()  # as a link to another page does
    page.run()
    assert page.caption[0].value == "school"
    assert page.query_params["level"] == "school"
    page.query_params["level"] = "university"  # as the browser's back button does
    page.run()
    assert page.caption[0].value == "university"


def test_an_empty_choice_is_the_default(page):
    page.query_params["level"] = "school"
    page.run()
    page.button_group("level").set_value(None).run()
    assert not page.exception
    assert page.caption[0].value == "university"


def test_every_page_works_in_a_school(digits):
    """Other tests open the pages at the default level; `test_lesson.py` opens the lesson at both."""
    page = AppTest.from_file("../../app.py", default_timeout=60)
    run = TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=3, hidden=(8,)))
    run.advance(6)
    page.session_state["job"] = Job(run)
    page.session_state["whole_page"] = True
    page.session_state["level"] = "school"
    for name in PAGES:
        page.switch_page(f"pages/{name}.py").run()
        assert not page.exception, name
        guess(page)
        words = [*outside_folds(page.main)]
        assert not [word for word in words if re.search(r"[\u0370-\u03ff∇∂∑⊙⊤$\\]", word)], name
        if name in PLAIN:
            read = [word for word in words if "digitviz-sentence" not in word]  # that explains a term on hover
            assert not re.findall("probabilit.*|squared error.*", "\n".join(read)), name


def _with_a_select_box() -> None:
    import streamlit as st

    from digitviz.dashboard.session import frame_choices
    from digitviz.language import gettext

    frame_choices.speak_chosen()
    st.button("press", key="press")
    st.selectbox("Noise", ["Noise", "English"], key="box", format_func=gettext, persist_state="session")


def test_a_select_box_says_its_choice_in_a_language_that_is_chosen_later():
    page = AppTest.from_function(_with_a_select_box)
    page.query_params["lang"] = "en"
    page.run()
    page.button("press").click().run()
    assert not page.selectbox("box").proto.set_value
    page.query_params["lang"] = "zh"
    page.run()
    assert not page.exception
    assert page.selectbox("box").value == "Noise"
    assert page.selectbox("box").proto.set_value  # else the browser keeps the English words
    assert page.selectbox("box").proto.raw_value == page.selectbox("box").options[0] != "Noise"
