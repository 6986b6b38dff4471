"""Properties of all lesson pages, for any run in the session."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import cycle

import pytest
from streamlit.testing.v1 import AppTest

from digitviz import DigitDataset, Hyperparameters, TrainingRun, load_handwriting
from digitviz.dashboard.components.spotlight import PLACES
from digitviz.dashboard.lesson.order import LESSON
from digitviz.dashboard.questions.order import QUESTIONS
from digitviz.dashboard.session.frame_choices import LEVEL
from digitviz.training.pool import Job
from tests.pages.reading import clicks_after_leaving, guess, open_page, outside_folds

SHORT = {"batches": 3, "steps_per_batch": 5, "learning_rate": 1e-4}
TRAINED = {
    "two hidden layers": Hyperparameters(hidden=(30, 20), bias=True, activation="tanh", precision="float32", **SHORT),
    "no hidden layer": Hyperparameters(hidden=(), loss="cross_entropy", gradient="exact", **SHORT),
    "a single neuron, a single digit": Hyperparameters(hidden=(1,), batch_size=1, **SHORT),
    "few training digits": Hyperparameters(train_fraction=0.1, batch_size=500, **SHORT),
}


def pages_of(run: TrainingRun, level: str = "university") -> Iterator[tuple[str, AppTest]]:
    """Open every lesson page in one session, and make every guess."""
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.session_state["job"] = Job(run)
    page.session_state["whole_page"] = True
    page.session_state["level"] = level
    for name in LESSON:
        page.switch_page(f"pages/{name}.py").run()
        assert not page.exception
        guess(page)
        for button in page.button:
            if button.key.endswith("_guess_commit"):
                button.click()
        yield name, page.run()


@pytest.mark.parametrize(("name", "level"), [*zip(TRAINED, cycle(LEVEL.options), strict=False)])
@pytest.mark.sampled(2)
def test_every_page_shows_whatever_network_was_trained(digits, name, level):
    run = TrainingRun(digits, TRAINED[name])
    run.advance(run.hyperparameters.total_steps)
    for question, page in pages_of(run, level):
        assert not page.exception
        assert page.title[0].value == str(LESSON[question].question)


@pytest.mark.parametrize("name", LESSON | QUESTIONS)
def test_a_school_leaves_out_steps_of_maths_unless_an_address_names_one(name):
    page, steps = AppTest.from_file("../../app.py", default_timeout=30), (LESSON | QUESTIONS)[name].steps
    page.session_state["level"] = "school"
    for number, step in enumerate(steps, start=1):
        page.query_params["step"] = str(number)
        page.switch_page(f"pages/{name}.py").run()
        assert page.query_params["step"] == str(number)
        shown = [each for place, each in enumerate(steps, start=1) if not each.is_maths or place == number]
        assert page.button_group("lesson_step").options == [str(place) for place in range(1, len(shown) + 1)]
        assert page.header[0].value == f"{shown.index(step) + 1}. {step.title}"
        words = " ".join(outside_folds(page.main)) + " ".join(
            each.proto.json for each in page.main.get("bidi_component") if each.proto.component_name == "digitviz_flow"
        )
        assert not re.search(r"\d\.\d{4}|10[⁻⁰-⁹]", re.sub(r'"ink": \[.*?\]|"\w+": -?[\d.]+', "", words)), number


def test_all_steps_in_school_include_a_step_of_maths_that_an_address_names():
    page, steps = AppTest.from_file("../../app.py", default_timeout=30), LESSON["loss"].steps
    page.session_state["level"], page.session_state["whole_page"] = "school", True
    maths = [str(number) for number, step in enumerate(steps, start=1) if step.is_maths]
    plain = [step.title for step in steps if not step.is_maths]
    assert maths
    for asked in (None, *maths):
        page.query_params.pop("step", None)
        if asked is not None:
            page.query_params["step"] = asked
        page.switch_page("pages/loss.py").run()
        titles = [header.value.partition(". ")[2] for header in page.header]
        named = [] if asked is None else [steps[int(asked) - 1].title]
        assert sorted(map(str, titles)) == sorted(map(str, [*plain, *named]))


@pytest.mark.parametrize("name", LESSON)
def test_in_school_every_step_shows_its_picture_and_folds_only_formulas_or_says_that_it_is_all_maths(name):
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.session_state["level"] = "school"
    for number, step in enumerate(LESSON[name].steps, start=1):
        page.query_params["step"] = str(number)
        page.switch_page(f"pages/{name}.py").run()
        assert not page.exception
        folds = [fold for fold in page.expander if fold.label == "Show the maths"]
        assert len(folds) <= 1, number
        assert [fold.proto.expanded for fold in folds] == ([False] * max(step.is_maths, len(folds))), number
        tables = [each.value for each in page.main.get("markdown") if "chain rule (exact)" in each.value]
        assert tables == [each.value for fold in folds for each in fold.get("markdown") if each.value in tables], number
        said = "This step is all maths" in " ".join(caption.value for caption in page.caption)
        assert said == step.is_maths, number
        folded = {each.proto.id for fold in folds for each in fold.get("bidi_component")}
        shown = [each for each in page.main.get("bidi_component") if each.proto.component_name == "digitviz_plot"]
        if not step.is_maths:
            assert not folded & {each.proto.id for each in shown}, number


def test_every_page_shows_a_network_trained_on_other_digits():
    handwriting = load_handwriting()
    run = TrainingRun(DigitDataset(handwriting.pixels, handwriting.labels), Hyperparameters(**SHORT))
    run.advance(15)
    for _, page in pages_of(run):
        assert not page.exception


@pytest.mark.parametrize("size", [1e150, 1e308])
@pytest.mark.sampled(2)
def test_weights_beyond_all_bounds_are_explained_wherever_they_are_seen(digits, size):
    run = TrainingRun(digits, Hyperparameters(hidden=(5,)))
    for weight in run.parameters.weights:
        weight *= size
    for name, page in pages_of(run):
        assert not page.exception
        if size == 1e308 and name in {"network", "forward", "loss", "backpropagation"}:
            assert "beyond the largest number" in page.warning[0].value


@pytest.mark.parametrize(("name", "following"), [*zip(LESSON, [*LESSON, None][1:], strict=True)])
def test_the_last_step_of_every_page_leads_to_the_next_page_and_to_train(name, following):
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.query_params["step"] = str(len(LESSON[name].steps))
    page.switch_page(f"pages/{name}.py").run()
    links = [(link.proto.page, link.proto.label) for link in page.get("page_link")]
    if following is None:
        assert links[-1:] == [("train", f"See it in Train: {LESSON[name].in_train}")]
    else:
        onward = (following, f"Next: {LESSON[following].question}")
        assert links[-2:] == [onward, ("train", f"See it in Train: {LESSON[name].in_train}")]


@pytest.mark.parametrize("place", sorted({one.place for one in LESSON.values()}))
def test_the_links_to_train_lead_to_places_that_are_there(place):
    page = AppTest.from_function(take_and_show_train, default_timeout=30)
    page.query_params["see"] = place
    page.run()
    assert not page.exception
    *pictures, spotlight = page.get("bidi_component")
    key = PLACES[place]
    assert json.loads(spotlight.proto.json)["places"] == [key]
    widgets = {element.key for element in [*page.button, *page.select_slider, *page.slider, *page.number_input]}
    assert key in widgets or any(picture.proto.id.endswith(f"-{key}") for picture in pictures)


def take_and_show_train():
    import runpy

    from digitviz.dashboard.components import spotlight

    spotlight.take()
    runpy.run_path("pages/train.py")
    spotlight.show()


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("network", ["network_digit", "network_neuron", "network_batch", "network_hidden_1"]),
        ("data", ["data_batch", "data_row"]),
        ("forward", ["forward_batch", "forward_row", "forward_column", "forward_power"]),
        ("backpropagation", ["backpropagation_digit", "backpropagation_row", "backpropagation_column"]),
    ],
)
def test_an_emptied_field_goes_back_to_its_first_number(name, keys):
    page = open_page(name)
    for key in keys:
        page.number_input(key).set_value(None)
    page.run()
    assert not page.exception
    assert all(page.number_input(key).value == page.number_input(key).min for key in keys)


@pytest.mark.parametrize("name", [*LESSON, "train", "draw", "map"])
@pytest.mark.sampled(3)
def test_a_click_that_comes_after_its_page_was_left_does_no_harm(name):
    for key, page in clicks_after_leaving(name):
        assert not page.exception, key
