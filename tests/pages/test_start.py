from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.training.pool import Job


@pytest.mark.parametrize(
    ("button", "label", "title"),
    [
        ("go", "Train one yourself", "How does a network learn to read?"),
        ("learn", "Learn how it works", "What does one neuron do?"),
    ],
)
def test_start_asks_a_question_and_has_two_ways_on(button, label, title):
    page = AppTest.from_file("../../app.py", default_timeout=30).run()
    assert not page.exception
    assert page.title[0].value.endswith("?")
    assert page.button(button).label == label
    page.button(button).click().run()
    assert not page.exception
    assert page.title[0].value == title


def test_a_plan_for_a_class_takes_45_minutes_and_links_each_page():
    page = AppTest.from_file("../../app.py", default_timeout=30).run()
    (plan,) = (box for box in page.expander if box.label == "For teachers: a plan for 45 minutes in class")
    assert sum(int(part.value.split(" min")[0]) for part in plan.markdown) == 45
    links = [link.proto for link in plan.get("page_link")]
    assert [link.page for link in links] == ["draw", "neuron", "forward", "train", "evaluate", "break"]
    assert [link.query_string for link in links] == ["", "step=3", "step=1", "", "", "step=1"]
    assert plan.markdown[1].value.startswith("10 min, step 3: ")


def test_the_pictures_come_before_the_notebook():
    page = AppTest.from_file("../../app.py", default_timeout=30).run()
    names = [element.proto.component_name for element in page.get("bidi_component")]
    pictures = [name for name in names if name in ("digitviz_pad", "digitviz_first_reading", "digitviz_demonstration")]
    assert pictures == ["digitviz_pad", "digitviz_first_reading", "digitviz_demonstration"]
    assert "notebook" in page.caption[-1].value


@pytest.mark.parametrize(("steps", "label"), [(5, "Continue your run"), (10, "Go back to your run")])
def test_whoever_has_trained_goes_on_with_the_run_or_back_to_a_finished_one(digits, steps, label):
    page = AppTest.from_file("../../app.py", default_timeout=30)
    job = Job(TrainingRun(digits, Hyperparameters(batches=2, steps_per_batch=5)))
    job.run.advance(steps)
    page.session_state["job"] = job
    page.run()
    assert page.button("go").label == label


def test_a_visitor_who_only_looks_has_no_training_made():
    page = AppTest.from_file("../../app.py", default_timeout=30).run()
    assert "job" not in page.session_state


def test_an_address_may_name_several_places_of_a_page():
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.query_params["see"] = "go,no-such_key,<script>,a b,learn"
    page.run()
    assert not page.exception
    assert "see" not in page.query_params
    spotlight = page.get("bidi_component")[-1].proto
    assert spotlight.component_name == "digitviz_spotlight"
    assert json.loads(spotlight.json)["places"] == ["go", "no-such_key"]
    page.run()
    assert page.get("bidi_component")[-1].proto.component_name != "digitviz_spotlight"


@pytest.mark.parametrize("place", ["<script>", ",,,", "x" * 200])
def test_an_address_that_names_no_place_is_a_plain_visit(place):
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.query_params["see"] = place
    page.run()
    assert not page.exception
    assert all(element.proto.component_name != "digitviz_spotlight" for element in page.get("bidi_component"))
