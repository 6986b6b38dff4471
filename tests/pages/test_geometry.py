from __future__ import annotations

import json
import re
import threading

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun
from digitviz.dashboard.components.pad import pack
from digitviz.dashboard.questions import computed, geometry
from digitviz.dashboard.questions.asked_digit import clear_digit
from digitviz.dashboard.session.moment import moment
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.drawing import to_digit
from digitviz.explanations.geometry import border_plane, vector_walk
from digitviz.store import KeptDrawing
from digitviz.training.pool import Job
from tests.pages.reading import open_page, words_on
from tests.store.made import kept_drawing
from tests.waiting import wait_until

PICTURES = {"geometry_walk", "geometry_borders"}
ON_THE_PAD = np.zeros((280, 280), np.uint8)
ON_THE_PAD[40:240, 130:160] = 255


def trained(digits, hidden=(6,)) -> TrainingRun:
    run = TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=20, hidden=hidden))
    run.advance(run.total_steps)
    return run


def point_on(page: AppTest) -> dict:
    """Return the data with which the browser reads points of a plane."""
    shown = [each.proto for each in page.get("bidi_component")]
    data = next(proto.bytes for proto in shown if proto.component_name == "digitviz_plane_point")
    length = int.from_bytes(data[:4], "little")
    return {**json.loads(data[4 : 4 + length]), "weights": np.frombuffer(data[4 + length :], "<f4")}


def drawing_of(pixels: np.ndarray, label: int) -> KeptDrawing:
    ink = np.packbits(ON_THE_PAD != 0).tobytes()
    return kept_drawing(ink=ink, digit=tuple(pixels), label=label, probabilities=tuple(np.eye(10)[label]))


def settled(page: AppTest) -> AppTest:
    """Wait until the page has finished its computations."""
    wait_until(lambda: not page.get("progress") or not page.run().get("progress"))
    assert not page.exception
    return page


def picture_on(page: AppTest, key: str) -> dict:
    settled(page)
    return json.loads(page.session_state["frames"][key][1])["figure"]


def test_the_walk_is_that_of_the_digit_in_the_address(digits):
    run = trained(digits)
    page = open_page("geometry", run, step=2)
    page.session_state["visit_opened"] = False  # the frame would reset this, but does not run here
    page.number_input("asked_number").set_value(9).run()
    assert not page.exception
    assert page.query_params["digit"] == "test-9"
    walk = vector_walk(run.network, run.test.pixels[8])
    bars = picture_on(page, "geometry_walk")["data"][-1]
    np.testing.assert_allclose(bars["y"], run.network.logits(run.test.pixels[[8]])[0], rtol=1e-5)
    assert len(picture_on(page, "geometry_walk")["frames"]) == len(walk.order) + 13
    said = f"Test digit #9 (label {run.test.labels[8]}), read as {walk.logits.argmax()} by the network after batch 3."
    assert said in words_on(page)


@pytest.mark.parametrize("hidden", [(), (5, 4, 3, 3)])
def test_networks_of_any_depth_are_walked_or_said_to_have_no_space(digits, hidden):
    page = open_page("geometry", trained(digits, hidden))
    assert not page.exception
    assert ("no hidden layer" in words_on(page)) == (not hidden)
    assert ("This is the last of 4 hidden layers" in words_on(page)) == bool(hidden)
    settled(page)
    assert set(page.session_state["frames"]) >= (PICTURES if hidden else {"geometry_borders"})


def test_without_a_run_the_page_opens_with_the_ready_made_network_and_offers_to_train():
    page = open_page("geometry")
    assert page.title[0].value == "Where does one digit become another?"
    assert page.button("train_notebook")
    settled(page)
    assert set(page.session_state["frames"]) >= PICTURES
    assert "the ready-made network" in words_on(page)


@pytest.mark.parametrize("step", [1, 2])
def test_a_network_whose_weights_are_huge_is_said_to_have_such(digits, step, monkeypatch):
    run = trained(digits)
    monkeypatch.setattr(geometry, "LARGEST_WEIGHT", 1e-9)
    page = open_page("geometry", run, step=step)
    assert "too large to calculate with. Choose an earlier point" in words_on(page)
    assert "frames" not in page.session_state
    early = TrainingRun(digits, run.hyperparameters)
    early.advance(1)
    said = words_on(open_page("geometry", early, step=step))
    assert "too large" in said
    assert "earlier point" not in said


def test_the_plane_goes_through_the_digits_that_are_chosen(digits):
    run = trained(digits)
    page = open_page("geometry", run, step=1)
    page.session_state["visit_opened"] = False  # the frame would reset this, but does not run here
    first = page.number_input("asked_number").value - 1
    assert first == clear_digit(moment(run))
    labels = [
        run.test.labels[first],
        *(run.test.labels[page.number_input(f"geometry_number_{c}").value - 1] for c in "bc"),
    ]
    assert len(set(labels)) == 3
    page.number_input("geometry_number_b").set_value(30).run()
    page.selectbox("geometry_set_c").set_value("training").run()
    page.number_input("geometry_number_c").set_value(1000).run()
    assert not page.exception
    three = np.array([run.test.pixels[first], run.test.pixels[29], run.train.pixels[999]])
    shown = picture_on(page, "geometry_borders")["data"]
    plane = border_plane(run.network, three, 2, aspect=geometry.ASPECT)
    np.testing.assert_allclose(np.array([shown[7]["x"], shown[7]["y"]]).T, plane.corners, atol=1e-6)
    whole = border_plane(run.network, three, 176, aspect=geometry.ASPECT)
    faded, valid = (f"{whole.confidence[whole.is_digit == is_digit].mean():.0%}" for is_digit in (False, True))
    assert f"a probability of {valid} at points that are valid pictures, and {faded} elsewhere." in words_on(page)
    point = point_on(page)
    np.testing.assert_allclose(point["corners"], plane.corners)
    np.testing.assert_allclose(np.array(point["basis"]), plane.basis)
    assert (point["picture"], point["x"], point["y"]) == ("geometry_borders", [*plane.x[[0, -1]]], [*plane.y])
    np.testing.assert_array_equal(point["weights"], run.parameters.to_vector().astype("<f4"))
    page.selectbox("geometry_set_c").set_value("test").run()
    assert page.number_input("geometry_number_c").value == 180  # limited to the size of the set


def test_the_address_names_the_corners_and_what_is_not_there_is_said(digits):
    run = trained(digits)
    page = open_page("geometry", run, step=1)
    usual = ",".join(f"test-{page.number_input(f'geometry_number_{corner}').value}" for corner in "bc")
    assert page.query_params["corners"] == usual
    addresses = {"training-7,test-180": False, "test-1": True, "test-0,test-2": True, "a-1,`-²": True}
    for address, wrong in addresses.items():
        page = AppTest.from_file("../../app.py", default_timeout=30)
        page.session_state["job"] = Job(run)
        page.session_state["job_training_data"] = TrainingData()
        page.query_params["step"], page.query_params["corners"] = "1", address
        page.switch_page("pages/geometry.py").run()
        assert not page.exception
        assert bool(page.warning) == wrong
        assert (page.query_params["corners"] == address) == (not wrong)


def test_three_digits_on_a_line_are_refused_in_words(digits):
    page = open_page("geometry", trained(digits), step=1)
    page.session_state["visit_opened"] = False
    page.number_input("geometry_number_b").set_value(page.number_input("asked_number").value).run()
    assert not page.exception
    assert "do not define a plane" in words_on(page)


def test_any_corner_may_be_a_drawing_or_what_is_on_the_pad(digits):
    run = trained(digits)
    page = open_page("geometry", run, step=1)
    page.session_state["visit_opened"] = False
    saved = [drawing_of(digits.pixels[index], label) for index, label in ((7, 7), (8, 8))]
    page.session_state["saved_drawings"] = saved
    page.session_state["pad_put"] = (1, pack(ON_THE_PAD))
    page.run()
    page.selectbox("geometry_set_b").set_value("drawings").run()
    page.number_input("geometry_number_b").set_value(2).run()
    page.selectbox("geometry_set_c").set_value("pad").run()
    assert not page.exception
    assert not page.warning
    assert page.query_params["corners"] == "drawings-2,pad"
    assert page.number_input("geometry_number_c").disabled
    first = run.test.pixels[page.number_input("asked_number").value - 1]
    plane = border_plane(run.network, np.array([first, digits.pixels[8], to_digit(ON_THE_PAD).digit.ravel()]), 2)
    np.testing.assert_allclose(point_on(page)["corners"], plane.corners)
    assert "B (right: your drawing 2, label 8) and C (top: the drawing on the pad)" in words_on(page)

    page.session_state["saved_drawings"] = saved[:1]
    assert page.run().query_params["corners"] == "drawings-1,pad"
    page.session_state["saved_drawings"], page.session_state["pad_put"] = [], (2, "")
    assert re.fullmatch(r"test-\d+,test-\d+", page.run().query_params["corners"])
    assert not page.exception


def test_borders_that_take_long_show_their_progress_and_can_be_cancelled(digits, monkeypatch):
    go_on = threading.Event()

    def slow(*arguments, **named):
        while len(arguments) == 5 and not go_on.wait(0.01):
            arguments[3](1, 4)
        return border_plane(*arguments, **named)

    monkeypatch.setattr(geometry, "border_plane", slow)
    monkeypatch.setattr(computed, "PATIENCE", 0.01)
    page = open_page("geometry", trained(digits, (9,)), step=1)  # not cached by any other test
    page.session_state["visit_opened"] = False
    assert "Reading the points of the plane" in page.get("progress")[0].proto.text
    page.button("borders_cancel").click().run()
    assert point_on(page)  # reading points needs no picture
    go_on.set()
    page.button("borders_compute").click().run()
    assert picture_on(page, "geometry_borders")


@pytest.mark.parametrize("corners", ["drawings-2,test-1", "test-1,pad", "drawings-1,test-9999"])
def test_a_corner_that_is_gone_is_said_to_be(digits, corners):
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.session_state["job"], page.session_state["job_training_data"] = Job(trained(digits)), TrainingData()
    page.query_params["step"], page.query_params["corners"], page.query_params["lang"] = "1", corners, "en"
    page.switch_page("pages/geometry.py").run()
    assert not page.exception
    assert f"handwriting-1 … handwriting-1000. The link says `corners={corners}`." in page.warning[0].value


def test_an_address_with_something_else_is_borne(digits):
    page = AppTest.from_file("../../app.py", default_timeout=30)
    for name, value in {"lang": "zh", "digit": "test-99999", "step": "9", "net": "reader", "batch": "-3"}.items():
        page.query_params[name] = value
    page.switch_page("pages/geometry.py").run()
    assert not page.exception
    assert page.warning
