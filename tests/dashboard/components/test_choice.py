"""A choice that requires an option keeps one, even after a browser has cleared it."""

from __future__ import annotations

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest

from digitviz.dashboard.components.pad import pack
from digitviz.drawing.picture import canvas_from_digit
from digitviz.lesson.neuron import POINTS
from tests.pages.reading import open_page

CHOICES = {
    "train": {"train_view", "format_weights", "format_history", "format_network", "format_code"},
    "draw": {"who", "star_method"},
    "map": {"map_quality", "map_dimensions"},
    "film": {"film_method"},
    "weights": {"neuron_order"},
    "neuron": {"neuron_gate"},
    "backpropagation": {"backpropagation_layer"},
    "evaluate": {"asked_network", "evaluate_set"},
    "gradient_descent": {"descent_shown"},
}


def required(page: AppTest) -> dict[str, object]:
    """Return the choices on a page that always hold an option, by their widgets' keys. A guess begins without one."""
    return {each.key: each.value for each in page.button_group if each.proto.required and each.value is not None}


@pytest.mark.parametrize("name", CHOICES)
def test_an_emptied_choice_holds_its_first_again(name, digits):
    page = open_page(name)
    # Only a digit can be placed on a map.
    page.session_state["pad_put"] = (1, pack(canvas_from_digit(digits.images[7])))
    page.query_params["net"] = "reader"  # a choice that nobody can make is disabled
    page.session_state["downloads_box"] = True  # shows the choice of formats
    page.run()
    usual = required(page)
    assert set(usual) == CHOICES[name]
    for key in usual:
        page.button_group(key).set_value(None)
    page.run()
    assert not page.exception
    assert required(page) == usual
    for key, value in usual.items():
        group = page.button_group(key)
        assert page.session_state[key] == value
        assert group.proto.set_value  # so the browser shows it as well
        assert len(group.proto.raw_values) == 1


def test_an_emptied_loss_axis_is_linear_again():
    page = open_page("train")
    page.button_group("train_view").set_value("curves").run()
    page.button_group("loss_axis").set_value("log").run()
    page.button_group("loss_axis").set_value(None).run()
    assert not page.exception
    assert page.button_group("loss_axis").value == "linear"


def test_what_was_chosen_is_not_sent_back_to_the_browser_which_may_have_gone_on():
    page = open_page("neuron")
    page.button_group("neuron_gate").set_value("XOR").run()
    assert not page.button_group("neuron_gate").proto.set_value
    page.run()
    assert not page.button_group("neuron_gate").proto.set_value


def test_a_choice_is_kept_while_another_page_is_looked_at():
    page = open_page("neuron")
    page.button_group("neuron_gate").set_value("XOR").run()
    page.switch_page("pages/start.py").run()
    page.switch_page("pages/neuron.py").run()
    assert page.button_group("neuron_gate").value == "XOR"


def test_a_button_that_is_pressed_as_its_choice_is_emptied_does_what_was_shown():
    page = open_page("neuron")
    page.button_group("neuron_gate").set_value("XOR").run()
    emptied = WidgetState(id=page.button_group("neuron_gate").id)
    emptied.string_array_value.data[:] = []
    page._run(WidgetStates(widgets=[emptied, WidgetState(id=page.button("rule_round").id, trigger_value=True)]))
    assert not page.exception
    assert page.session_state["neuron_shown"] == len(POINTS)
