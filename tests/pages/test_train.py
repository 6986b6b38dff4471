from __future__ import annotations

import inspect
import textwrap

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, train
from digitviz.dashboard.runtime.outside import Wrong, WrongAddress
from digitviz.dashboard.session.current_run import pool
from digitviz.dashboard.train import controls, live
from digitviz.networks.backpropagation import loss_and_gradients
from digitviz.training.engines.torch_engine import TorchEngine
from digitviz.training.presets import PRESETS
from tests.fuzz.pages import check_message
from tests.pages.reading import live_on
from tests.waiting import wait_until

QUICK = {"batches": "5", "steps_per_batch": "20"}


def open_page(**address: str) -> AppTest:
    page = AppTest.from_file("../../app.py", default_timeout=30)
    for name, value in address.items():
        page.query_params[name] = value
    page.switch_page("pages/train.py").run()
    assert not page.exception
    return page


@pytest.fixture
def page():
    page = open_page(**QUICK)
    page.select_slider("speed").set_value(100_000).run()
    yield page
    page.session_state["job"].pause()


def run_of(page: AppTest):
    return page.session_state["job"].run


def press(page: AppTest, key: str) -> None:
    page.button(key).click().run()
    assert not page.exception


def accuracy_on(page: AppTest) -> str:
    return live_on(page)["headline"]["accuracy"]


def test_before_training_the_page_shows_the_untrained_network(page):
    assert page.title[0].value.endswith("?")
    assert run_of(page).step == 0
    assert accuracy_on(page) == f"{run_of(page).test_accuracy:.1%}"
    assert page.button("pause").disabled


def test_train_runs_to_the_accuracy_that_the_core_computes(page, digits):
    press(page, "train")
    job = page.session_state["job"]
    wait_until(lambda: run_of(page).finished and job.judged is not None and job.judged.step == run_of(page).step)
    page.run()
    expected = train(digits, Hyperparameters(batches=5, steps_per_batch=20, engine=run_of(page).engine))
    assert accuracy_on(page) == f"{expected.test_accuracy:.1%}"
    np.testing.assert_array_equal(run_of(page).history.losses, expected.history.losses)
    assert page.button("step").disabled


def test_step_and_next_batch_move_by_as_much_as_they_say(page):
    press(page, "step")
    wait_until(lambda: run_of(page).step == 1)
    press(page, "step")
    wait_until(lambda: run_of(page).step == 2)
    press(page, "next_batch")
    wait_until(lambda: run_of(page).step == 20)
    press(page, "next_batch")
    wait_until(lambda: run_of(page).step == 40)
    wait_until(lambda: page.run().button("pause").label == "Resume")
    press(page, "pause")
    wait_until(lambda: run_of(page).finished)


def test_pause_answers_while_training_and_resume_goes_on():
    page = open_page(batches="2000", steps_per_batch="1000")
    press(page, "train")
    wait_until(lambda: run_of(page).step > 0)
    page.run()
    assert page.button("pause").label == "Pause"
    press(page, "pause")
    assert page.button("pause").label == "Resume"
    press(page, "pause")
    assert page.button("pause").label == "Pause"
    press(page, "step")  # a running training pauses one step later
    wait_until(lambda: page.run().button("pause").label == "Resume")
    step = run_of(page).step
    press(page, "pause")
    wait_until(lambda: run_of(page).step > step + 1)
    press(page, "pause")


def test_pause_never_makes_a_training_go_on_that_came_to_its_goal_before_the_click():
    page = open_page(batches="2000", steps_per_batch="1000")
    press(page, "train")
    wait_until(lambda: run_of(page).step > 0)
    assert page.button("pause").label == "Pause"
    job = page.session_state["job"]
    job.pause()
    assert pool().wait(job)
    step = job.run.step
    press(page, "pause")
    assert page.button("pause").label == "Resume"
    assert not pool().progress(job).is_running
    assert job.run.step == step


def test_reset_keeps_the_weights_and_new_weights_draws_others(page):
    first = run_of(page).initial_parameters.weights[0]
    press(page, "train")
    wait_until(lambda: run_of(page).finished and not pool().progress(page.session_state["job"]).is_running)
    finished = page.session_state["open_run"]
    wait_until(
        lambda: (
            ("draw", "who=yours")
            in [(link.proto.page, link.proto.query_string) for link in page.run().get("page_link")]
        )
    )
    press(page, "reset")
    assert run_of(page).step == 0
    assert page.session_state["open_run"] is None, "the finished run stays in My runs as it was"
    assert finished.job.run.finished
    assert "run" not in page.query_params
    np.testing.assert_array_equal(run_of(page).initial_parameters.weights[0], first)
    press(page, "new_weights")
    assert (run_of(page).initial_parameters.weights[0] != first).all()
    assert page.session_state["hp_seed"] == 1


def show_more(page):
    page.session_state["more_settings"] = True
    page.run()


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.sampled(4)
def test_a_preset_sets_every_control(page, name):
    show_more(page)
    page.selectbox("preset").set_value(name).run()
    assert not page.exception
    assert page.toggle("material_distorted").value == PRESETS[name].distorted
    if not PRESETS[name].distorted:  # its digits are created in the background first
        assert run_of(page).hyperparameters == PRESETS[name].hyperparameters
    assert str(PRESETS[name].sentence) in [caption.value for caption in page.caption]


def test_every_control_reaches_the_run(page):
    show_more(page)
    page.slider("hp_layers").set_value(2).run()
    page.select_slider("hp_hidden_2").set_value(20).run()
    page.selectbox("hp_activation").set_value("tanh")
    page.toggle("hp_bias").set_value(True)
    assert page.select_slider("hp_weight_decay").options[:4] == ["0", "0.0001", "0.0002", "0.0005"]
    page.select_slider("hp_weight_decay").set_value(0.2)
    page.select_slider("hp_initial_scale").set_value(5.0)
    page.select_slider("hp_learning_rate").set_value(0.01).run()
    settings = run_of(page).hyperparameters
    assert (settings.hidden, settings.activation, settings.bias) == ((50, 20), "tanh", True)
    assert (settings.weight_decay, settings.learning_rate, settings.initial_scale) == (0.2, 0.01, 5.0)
    assert page.query_params["hidden"] == "50-20"
    assert page.query_params["learning_rate"] == "0.01"


def test_at_school_the_step_size_is_a_multiple_of_the_usual_one_and_the_accuracy_stands_alone(page):
    assert {"losses", "course"} <= page.session_state["frames"].keys()
    page.session_state["frames"].clear()
    page.session_state["level"] = "school"
    page.run()
    rate = page.select_slider("hp_learning_rate")
    assert (rate.label, rate.value) == ("Step size", Hyperparameters().learning_rate)
    assert {"usual", "10 × usual", "0.5 × usual"} <= set(rate.options)
    assert "losses" not in page.session_state["frames"]
    page.button_group("train_view").set_value("curves").run()
    assert {"losses", "course"} <= page.session_state["frames"].keys()


def test_what_more_settings_are_set_to_stays_when_they_are_closed(page):
    assert not page.toggle  # none while closed
    show_more(page)
    page.toggle("hp_bias").set_value(True).run()
    page.session_state["more_settings"] = False
    page.run()
    assert not page.toggle
    page.select_slider("hp_batch_size").set_value(10).run()
    settings = run_of(page).hyperparameters
    assert (settings.bias, settings.batch_size) == (True, 10)


def test_changed_settings_wait_for_train_and_are_named(page):
    press(page, "step")
    wait_until(lambda: run_of(page).step == 1)
    page.select_slider("hp_batch_size").set_value(10).run()  # only the parts that depend on it
    assert [button.key for button in page.button] == ["apply_next"]
    assert run_of(page).hyperparameters.batch_size == 100
    assert "Batch size 100 → 10" in page.info[0].value
    press(page.run(), "train")
    assert run_of(page).hyperparameters.batch_size == 10


def test_too_many_steps_are_refused_at_the_controls_and_change_nothing(page):
    before = run_of(page)
    page.select_slider("hp_batches").set_value(10_000)
    page.select_slider("hp_steps_per_batch").set_value(1_000).run()
    assert not page.exception
    assert "10,000,000 steps, which is more than the limit of 2,000,000" in page.error[0].value
    assert page.button("train").disabled
    assert run_of(page) is before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", "5000"), ("learning_rate", "NaN"), ("hidden", "50-x"), ("hidden", "9999"),
        ("engine", "abacus"), ("batches", "1e99"), ("seed", "-3"), ("bias", "<script>"),
        ("digits", "abacus"), ("distorted", "perhaps"), ("split", "1.5"), ("split", ""),
    ],
)  # fmt: skip
def test_a_bad_address_is_explained_first_and_its_other_settings_are_used(name, value):
    page = open_page(**{name: value, "loss": "cross_entropy", "wrong_labels": "0.2"})
    assert page.main[0] == page.error[0]
    assert name in page.error[0].value
    assert run_of(page).hyperparameters == Hyperparameters(loss="cross_entropy")
    assert run_of(page).dataset.wrong_labels == 0.2


def test_a_long_run_is_refused_even_if_only_its_other_length_is_no_number():
    page = open_page(batches="abc", steps_per_batch="100000", hidden="16")
    assert "batches=abc" in page.error[0].value
    assert "steps_per_batch=100000" in page.error[0].value
    assert run_of(page).hyperparameters == Hyperparameters(hidden=(16,))


@pytest.mark.parametrize(
    "address",
    [
        {"seed": "1" * 400, "hidden": "1" * 400},
        {"seed": "[" * 100_000},
        {"hidden": "[" * 100_000},
        {"activation": "![x](http://evil/t.png)", "bias": "`" * 9, "loss": '"\\ud800"', "engine": "a\n\n# b"},
        {f"p{number}": "" for number in range(900)} | {"seed": ["1", "-1"]},
    ],
    ids=["digits", "seed in brackets", "layers in brackets", "markdown", "many"],
)
def test_a_hostile_address_is_explained_in_short_and_shown_as_code(address):
    page = open_page(**address)
    check_message(page.error[0].value)
    for name in set(address) & set(Hyperparameters.TITLES):
        assert f"- {Hyperparameters.TITLES[name]}: " in page.error[0].value
    assert run_of(page).hyperparameters == Hyperparameters()


def test_a_refusal_that_names_no_setting_of_the_address_ends_too(monkeypatch):
    def from_address(given):
        if given:
            raise WrongAddress([Wrong("Seed", "another", {})])
        return usual(given)

    usual = controls.from_address
    monkeypatch.setattr(controls, "from_address", from_address)
    assert run_of(open_page(seed="1")).hyperparameters == Hyperparameters()


def test_a_good_address_sets_the_controls():
    page = open_page(hidden="30-20", learning_rate="3e-6", optimizer="momentum", bias="true")
    settings = run_of(page).hyperparameters
    assert settings == Hyperparameters(hidden=(30, 20), learning_rate=3e-6, optimizer="momentum", bias=True)
    assert not page.error


def test_the_address_tells_the_digits_to_learn_from_too():
    page = open_page(digits="handwriting", hidden="30")
    show_more(page)
    assert not page.error
    assert page.selectbox("material_source").value == "handwriting"
    assert len(run_of(page).dataset) == 6_000
    assert page.query_params["digits"] == "handwriting"
    page.selectbox("material_source").set_value("digits").run()
    assert "digits" not in page.query_params


def test_the_digits_can_be_split_at_random(digits):
    page = open_page(split="3")
    show_more(page)
    assert not page.error
    assert run_of(page).dataset.id == digits.shuffled(3).id
    assert page.toggle("material_split").value
    page.number_input("material_split_seed").set_value(4).run()
    assert run_of(page).dataset.id == digits.shuffled(4).id
    assert page.query_params["split"] == "4"
    page.toggle("material_distorted").set_value(True).run()
    wait_until(lambda: len(run_of(page.run()).train) > 1617)
    np.testing.assert_array_equal(run_of(page).test.pixels, digits.shuffled(4).pixels[1617:])
    page.selectbox("preset").set_value("adam").run()
    assert not page.toggle("material_split").value
    assert "split" not in page.query_params
    assert run_of(page).dataset.id == digits.id
    assert not page.exception


def test_some_training_digits_can_have_wrong_labels(digits):
    page = open_page(wrong_labels="0.15")
    show_more(page)
    assert not page.error
    assert run_of(page).dataset.id == digits.mislabelled(0.15).id
    assert page.select_slider("material_wrong_labels").value == 0.15
    page.select_slider("material_wrong_labels").set_value(0.2).run()
    assert (run_of(page).train.labels != digits.labels[:1617]).sum() == 323
    np.testing.assert_array_equal(run_of(page).test.labels, digits.labels[1617:])
    assert page.query_params["wrong_labels"] == "0.2"
    assert not page.exception
    assert open_page(wrong_labels="1.5").error


def test_a_divergence_explains_itself_and_offers_a_way_out():
    page = open_page(activation="identity", learning_rate="0.01", batches="2")
    page.select_slider("speed").set_value(100_000).run()
    press(page, "train")
    wait_until(lambda: run_of(page).diverged)
    page.run()
    assert "infinite or not a number" in page.warning[0].value
    press(page, "way_out")
    assert run_of(page).hyperparameters == Hyperparameters()
    assert not page.warning


def test_that_a_training_is_stuck_is_said_once_it_stands_because_it_may_move_again():
    page = open_page(initialization="zeros", batches="2000", steps_per_batch="1000")
    press(page, "train")
    wait_until(lambda: run_of(page).snapshot.fault is not None)
    page.run()
    assert not page.warning
    press(page, "pause")
    assert "no weight moves" in page.warning[0].value


def test_a_worker_that_raises_is_shown_keeps_its_history_and_can_be_reset(monkeypatch):
    page = open_page(**QUICK, seed="4711")  # a new run for the server
    press(page, "next_batch")
    wait_until(lambda: page.run().button("pause").label == "Resume")

    def fails(steps):
        raise RuntimeError("![a picture](http://elsewhere/a.png) `**bold**")

    monkeypatch.setattr(run_of(page).trajectory, "_extend_in_batch", fails)
    press(page, "pause")
    wait_until(lambda: page.session_state["job"].error)
    page.run()
    assert not page.exception
    assert r"step 20: `RuntimeError: ![a picture](http://elsewhere/a.png) \x60**bold**`." in page.error[0].value
    assert np.isfinite(run_of(page).history.losses[0]).all()
    monkeypatch.undo()
    press(page, "reset")
    assert not page.error
    press(page, "train")
    wait_until(lambda: run_of(page).finished)


def test_the_code_on_the_page_is_the_code_that_runs(page):
    assert not page.code  # none while closed
    page.session_state["code"] = True
    page.run()
    shown = [block.value for block in page.code]
    for part in (loss_and_gradients, TorchEngine.step):
        assert textwrap.dedent(inspect.getsource(part)).strip() in shown
    for code in shown:
        compile(code, "<the page>", "exec")


def test_two_sessions_do_not_share_a_run(page):
    other = open_page(**QUICK)
    press(page, "step")
    wait_until(lambda: run_of(page).step == 1)
    other.run()
    assert run_of(other).step == 0


def test_a_guess_of_the_accuracy_stays_in_the_picture_of_its_run_alone(page, monkeypatch):
    def course() -> str:
        return page.session_state["frames"]["course"][1].decode()

    assert "Press your guess" in course()
    state = {}
    monkeypatch.setattr(live.st, "session_state", state)
    run = page.session_state["job"].run.serial
    for sent in (None, {}, {"customdata": 81}, {"customdata": "80"}, {"customdata": [80]}, {"customdata": 1e9}):
        monkeypatch.setattr(live, "clicked", lambda _key, sent=sent: sent)
        live._take_guess(run)
        assert not state
    monkeypatch.setattr(live, "clicked", lambda _key: {"customdata": 80})
    live._take_guess(run)
    monkeypatch.undo()
    page.session_state[live.GUESS] = state[live.GUESS]
    page.run()
    assert "your guess" in course()
    assert "Press your guess" not in course()
    page.button("train").click().run()
    wait_until(lambda: run_of(page).finished and not pool().progress(page.session_state["job"]).is_running)
    page.run()
    assert page.session_state["job"].run.serial == run
    assert "your guess" in course()
    page.session_state[live.GUESS] = "another run", 0.8
    page.run()
    assert "your guess" not in course()
