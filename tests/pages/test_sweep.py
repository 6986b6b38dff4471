"""The page on sweeps: its form and address, results as they come, and what happens after a restart."""

from __future__ import annotations

import base64
import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st

from digitviz import Hyperparameters, sweep
from digitviz.dashboard.experiments import page as experiments_page, sweep as sweep_page
from digitviz.dashboard.session import open_sweeps as sweeps
from digitviz.dashboard.session.asked_sweep import of_ready
from digitviz.dashboard.session.open_runs import pool
from digitviz.dashboard.session.open_sweeps import open_sweeps
from digitviz.dashboard.session.storage import store
from digitviz.language import speaking
from digitviz.store import NoRoom
from digitviz.training import background_sweep
from digitviz.training.background_sweep import SweepState
from digitviz.training.outcome import compute
from digitviz.training.presets import READY_SWEEPS
from digitviz.training.sweep import MAX_TRAININGS
from tests.figures.sweeps import DECAYS, NEURONS, made_up
from tests.pages.experiment_page import (
    GRID,
    SHORT,
    address_on,
    finish,
    of_page,
    open_experiment,
    press,
    progress_on,
    tables_on,
)
from tests.pages.reading import downloads_on, take_home, words_on
from tests.store.made import kept_sweep
from tests.waiting import wait_until

HUGE = {
    "by1": "learning_rate:" + ",".join(f"{number}e-6" for number in range(1, 41)),
    "by2": "batch_size:" + ",".join(map(str, range(10, 35))),
    "seeds": "100",
}
LONG = GRID | {"batches": "2000", "steps_per_batch": "1000"}


@pytest.fixture(autouse=True)
def _no_work_left():
    """Stop the sweeps of a test."""
    yield
    for opened in [*open_sweeps()._open.values()]:
        opened.work.cancel()
    wait_until(lambda: pool().counts()["jobs"] == 0)


def test_with_a_cluster_the_expected_time_is_that_of_one_processor(monkeypatch):
    monkeypatch.setenv("DIGITVIZ_CLUSTER", "tcp://127.0.0.1:1")  # nobody answers there
    page = open_experiment("sweep", GRID | {"seeds": "3"})  # no other test starts this one
    wait_until(lambda: "12 trainings, about 1 second of one processor of this machine" in words_on(page.run()))


def errors_on(page):
    return "\n".join(each.value for each in page.error)


def test_a_sweep_shows_its_results_and_ends_with_those_of_the_function(digits):
    page = open_experiment("sweep", GRID)
    assert page.title[0].value == "Which network reads best?"
    wait_until(lambda: "8 trainings, about 1 second." in words_on(page.run()))
    assert ("sweep_pause" in {each.key for each in page.button}, page.button("sweep_start").label) == (False, "Start")
    press(page, "sweep_start")
    table = finish(page).work.table
    assert progress_on(page) == "finished: 8 trainings"
    settings = Hyperparameters(batches=4, steps_per_batch=20, learning_rate=1e-5)
    expected = sweep({"learning_rate": [1e-6, 1e-5], "bias": [False, True]}, 2, settings, digits)
    np.testing.assert_array_equal(table.columns["test_loss"], expected.columns["test_loss"])
    assert "How much each setting matters" in words_on(page)
    effects = json.loads(page.session_state["frames"]["sweep_effects"][1])["figure"]["layout"]["meta"]["says"]
    first, others = effects.split(". ", 1)
    assert first.startswith("What matters most: ")
    assert f"{first}.\n\n:small[{others} The average test accuracy is highest with " in words_on(page)
    assert "Pick a cell to see it learn." in words_on(page)
    assert page.button("sweep_start").label == "Again: same result?"
    page.session_state["downloads_box"] = True
    page.run()
    best = ["0.000001", "0.00001"][int(expected.interval().mean.argmax()) // 2]
    assert tables_on(page).split("<tbody>")[1].startswith(f'<tr><th scope="row">{best}</th>')
    rows = list(csv.DictReader(io.StringIO(take_home(page, "sweep_csv").content.decode())))
    assert [float(row["test_accuracy"]) for row in rows] == expected.columns["test_accuracy"].tolist()
    assert len(downloads_on(page)) == 1


def test_the_address_holds_the_whole_grid():
    page = open_experiment("sweep", GRID)
    assert address_on(page) == GRID
    page.session_state["sweep_settings"] = True
    page.run()
    page.number_input("sweep_seeds").set_value(3).run()
    assert address_on(page) == GRID | {"seeds": "3"}
    page.text_input("sweep_values_1").set_value("1e-7, 2e-7,3e-7").run()
    page.multiselect("sweep_options_2").set_value(["true"]).run()
    again = open_experiment("sweep", address_on(page))
    assert "9 trainings" in words_on(again)
    assert address_on(again) == address_on(page)


@pytest.mark.parametrize("name", READY_SWEEPS)
@pytest.mark.sampled(4)
def test_every_ready_made_sweep_is_found_by_its_address_and_shows_its_first_results(monkeypatch, digits, name):
    ready = READY_SWEEPS[name]
    ready = replace(ready, settings=ready.settings | {"batches": 4, "steps_per_batch": 5})
    monkeypatch.setitem(READY_SWEEPS, name, ready)
    page = open_experiment("sweep", {"ready": name})
    assert address_on(page) == {"ready": name}
    page.session_state["sweep_settings"] = True
    assert page.run().selectbox("sweep_ready").value == name
    assert str(ready.question) in words_on(page)
    assert str(ready.finding) not in words_on(page)
    planned = page.session_state["sweep_planned"][1]
    assert planned.size == of_ready(ready).planned().size
    assert planned.dataset_id == of_ready(ready).planned().dataset_id
    press(page, "sweep_start")
    work = of_page(page).work
    wait_until(lambda: work.done)
    work.cancel()  # the first results are enough
    wait_until(lambda: pool().counts()["jobs"] == 0)
    page.run()
    known, shown = work.table.interval().mean.ravel(), json.loads(page.session_state["frames"]["sweep_results"][1])
    first = shown["figure"]["data"][0]
    if len(planned.axes) > 1:
        assert all(text for text, mean in zip(np.ravel(first["text"]), known, strict=True) if np.isfinite(mean))
    elif planned.is_over_time:
        assert (first["name"], len(first["customdata"])) == ("test accuracy", 4)
    else:
        mean = np.frombuffer(base64.b64decode(first["y"]["bdata"]), first["y"]["dtype"])
        np.testing.assert_array_equal(mean, known)
    assert np.isfinite(known).any()


def test_a_table_of_long_trainings_promises_no_examples(monkeypatch):
    monkeypatch.setattr(experiments_page, "EXAMPLE_SECONDS", 0.0)
    steps = {"batches": "2", "steps_per_batch": "3", "seed": "77"}
    page = open_experiment("sweep", {"by1": "hidden:5,6,7", "by2": "learning_rate:0.1,0.2,0.3"} | steps)
    wait_until(lambda: "9 trainings, about" in words_on(page.run()))
    assert not any(json.loads(page.session_state["frames"]["sweep_results"][1])["figure"]["data"][0]["text"][0])


def test_the_first_cell_of_a_table_is_known_before_it_starts_and_a_click_is_the_guess_even_after_a_reload(
    monkeypatch, digits
):
    name = "activation_and_initialization"
    ready = replace(READY_SWEEPS[name], settings=READY_SWEEPS[name].settings | {"batches": 2, "hidden": (5,)}, seeds=2)
    monkeypatch.setitem(READY_SWEEPS, name, ready)
    page = open_experiment("sweep", {"ready": name})

    def known_cells() -> dict[tuple[int, int], str]:
        texts = json.loads(page.run().session_state["frames"]["sweep_results"][1])["figure"]["data"][0]["text"]
        return {(row, column): text for row, each in enumerate(texts) for column, text in enumerate(each) if text}

    wait_until(known_cells)
    planned, known = page.session_state["sweep_planned"][1], known_cells()
    first = compute(*planned.trainings[0], of_ready(ready).digits).test_accuracy
    assert known == {(0, 0): f"{first:.1%}"}
    assert "Tap your winner." in words_on(page)
    early = open_experiment("sweep", {"ready": name}, page.session_state["owner"])  # a tab that knows of no guess
    page.session_state["sweep_click"] = 7  # as the figure's callback does
    page.run()
    assert "You said Activation ReLU, Initial weights He. Press Start to see." in words_on(page)
    assert address_on(page) == {"ready": name}
    press(page, "sweep_start")
    early.run()
    other = open_experiment("sweep", {"ready": name, "guess": "6"})  # an old link was shared
    assert "You said" not in words_on(other)
    assert address_on(other) == {"ready": name}
    again = open_experiment("sweep", address_on(page), page.session_state["owner"])
    assert "You said Activation ReLU, Initial weights He." in words_on(again)
    table = finish(again).work.table
    mean = 100 * table.interval().mean
    said = f"Your pick reads {mean[0, 3]:.0f} of 100 digits, the best {np.nanmax(mean):.0f}"
    assert said in words_on(again)
    assert f"\n\n:small[{ready.finding}]" in words_on(again)  # the guess first
    assert "Framed: your pick. Each cell is the average of 2 networks." in words_on(again)
    assert str(ready.question) not in words_on(again)  # the finding is there instead
    assert "Predict first" not in words_on(again)
    assert not [each.key for each in again.button if each.key.endswith("_again")]


def test_the_answer_says_how_close_the_picked_cell_is_to_the_best():
    values = [[0.1, 0.1], [0.9, 0.88], [0.6, 0.62], [0.88, 0.9], [0.86, 0.89], [np.nan, np.nan]]
    table = made_up(NEURONS | DECAYS, values, diverged=(10, 11))
    answers = [sweep_page._answer(table, None, str(2 * cell)).partition(".")[0] for cell in range(6)]
    assert answers == [
        "Your pick reads 10 of 100 digits, the best 89",
        "Right! Your pick reads 89 of 100 digits, and none reads more",
        "Your pick reads 61 of 100 digits, the best 89",
        "Right! Your pick reads 89 of 100 digits, and none reads more",
        "Close! Your pick reads 88 of 100 digits, the best 89, maybe by luck",
        "Your pick diverged",
    ]
    assert experiments_page.finding_of("One. Two.") == "One.\n\n:small[Two.]"


def test_the_answer_comes_after_the_end_and_says_for_which_settings(monkeypatch):
    ready = replace(READY_SWEEPS["depth"], settings=READY_SWEEPS["depth"].settings | {"batches": 2}, seeds=2)
    monkeypatch.setitem(READY_SWEEPS, "depth", ready)
    page = open_experiment("sweep", {"ready": "depth"})
    (guess,) = [each.key for each in page.button_group if each.key.startswith("sweep_guess")]
    page.button_group(guess).set_value("better").run()
    assert "You said Much better. Press Start to see." in words_on(page)
    press(page, "sweep_start")
    assert "You said Much better. The answer appears here once all trainings have finished." in words_on(page)
    finish(page)
    first, *others = str(ready.finding).split(". ")
    assert f"You said Much better. {first}.\n\n:small[{'. '.join(others)}]" in words_on(page)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (HUGE, "A sweep has at most 1,000 trainings, but this one has 100,000"),
        ({"by1": "learning_rate:1,1e9"}, "Learning rate, value 2: a number from 0.000000001 to 100."),
        ({"by1": "hidden:2,5,10,0.5"}, "Hidden neurons, value 4: at most 4 whole numbers from 1 to 512, one for each"),
        ({"by1": "hidden:50 20"}, "layer, joined by hyphens. Separate the values with commas."),
        ({"by1": "learning_rate:1,![x](https://example.com/x.png)"}, "Learning rate, value 2: a number from 0.0000"),
        ({"by1": "hidden:50", "by2": "hidden:20"}, "Each setting can change only once."),
        ({"by1": "batch_size/batches:10/20,30"}, "each value needs 2 parts"),
        ({"by1": "learning_rate:1e-3,1e-3"}, "Two of these trainings are the same"),
        ({"by1": "batches:10,20"}, "Two of these trainings are the same"),
        ({"by1": "batches:10000", "steps_per_batch": "1000"}, "Total steps:"),
        ({"by1": "bias:true", "distorted": "true"}, "without distorted copies"),
        ({"by1": "learning_rate:" + "1," * 1100}, "At most 1000 trainings"),
    ],
)
def test_an_impossible_sweep_is_refused_with_a_sentence(address, said):
    page = open_experiment("sweep", address)
    assert said in errors_on(page)
    assert "example.com" not in errors_on(page)
    assert not [button for button in page.button if button.key == "sweep_start"]
    assert MAX_TRAININGS == 1_000


@pytest.mark.parametrize(
    "address",
    [
        {"by1": "seed:1,2"},
        {"by1": "nothing:1"},
        {"by1": ""},
        {"seeds": "0"},
        {"seeds": "x"},
        {"learning_rate": "x"},
        {"ready": "no_such_one"},
    ],
)
def test_a_wrong_address_is_explained_and_a_ready_made_sweep_shown(address, monkeypatch):
    monkeypatch.setattr(experiments_page, "PATIENCE", 60.0)  # else the page runs, and opens, once more when it knows
    page = open_experiment("sweep", address)
    assert "cannot use some of the settings in this link" in errors_on(page)
    assert ("Experiment: one of learning_rate_and_neurons, " in errors_on(page)) is ("ready" in address)
    page.session_state["sweep_settings"] = True
    assert page.run().selectbox("sweep_ready").value == next(iter(READY_SWEEPS))
    press(page, "sweep_understood")
    assert not errors_on(page)


@pytest.mark.parametrize("axes", [1, 2])
def test_the_picture_of_a_running_sweep_is_named_anew_after_each_result(axes, monkeypatch, digits):
    made, states, draw = [], [], sweep_page.sweep_in_words
    monkeypatch.setattr(sweep_page, "sweep_in_words", lambda table: made.append(table.known) or draw(table))
    monkeypatch.setattr(sweeps, "follow", lambda _key, _work, state: states.append(state))
    monkeypatch.setattr(background_sweep.BackgroundSweep, "_submit", lambda *_: None)  # this thread trains
    page = open_experiment("sweep", {name: text for name, text in GRID.items() if axes == 2 or name != "by2"})
    press(page, "sweep_start")
    work, state = of_page(page).work, states[-1]
    name = lambda: state()["names"][sweep_page.FIGURE]  # noqa: E731
    assert [name().startswith("No training has ended yet.") for _ in range(3)] == [True] * 3
    work._know(0, compute(*work.sweep.trainings[0], digits))
    assert all("Some results are still missing." in name() for _ in range(3))
    assert made == [0, 1]
    with speaking("zh"):
        assert "Some" not in name()


def test_pause_stops_and_continue_goes_on():
    page = open_experiment("sweep", LONG)
    press(page, "sweep_start")
    work = of_page(page).work
    assert (work.state, page.button("sweep_start").disabled) == (SweepState.RUNNING, True)
    wait_until(lambda: work.steps > 0)
    press(page, "sweep_pause")
    wait_until(lambda: pool().counts()["jobs"] == 0)
    steps = work.steps
    assert (work.state, page.button("sweep_start").label) == (SweepState.PAUSED, "Continue")
    assert progress_on(page).startswith("paused: 0 of 8")
    press(page, "sweep_start")
    wait_until(lambda: work.steps > steps)
    press(page, "sweep_cancel")
    wait_until(lambda: pool().counts()["jobs"] == 0)
    assert (work.state, work.steps) == (SweepState.CANCELLED, 0)
    assert progress_on(page).startswith("cancelled: 0 of 8")
    assert page.button("sweep_start").label == "Continue"
    press(page, "sweep_discard")
    assert page.button("sweep_start").label == "Start"
    assert store().sweeps_of(page.session_state["owner"]) == []


def test_the_browsers_back_shows_the_sweep_again_even_with_the_parameters_of_train():
    page = open_experiment("sweep", GRID)
    for name in [*page.query_params]:
        del page.query_params[name]
    page.query_params["learning_rate"] = "0.01"
    page.session_state["visit_opened"] = True
    page.run()
    assert address_on(page) == GRID


def restart():
    """Forget everything in memory, as a new server does after all writes."""
    for opened in [*open_sweeps()._open.values()]:
        opened.work.cancel()
    assert store().flush(20)
    st.cache_resource.clear()


def test_a_sweep_goes_on_after_a_restart_without_repeating_anything(monkeypatch):
    page = open_experiment("sweep", GRID)
    owner, kept, keep, hold = page.session_state["owner"], [], background_sweep.keep_outcome, [True]

    def save(to, outcome):
        keep(to, outcome)
        kept.append(outcome.recipe_id)
        wait_until(lambda: len(kept) < 3 or not hold)

    monkeypatch.setattr(background_sweep, "keep_outcome", save)
    press(page, "sweep_start")
    wait_until(lambda: len(kept) >= 3)
    before = of_page(page)
    before.work._runs_on = False  # the server ends here
    before.work._left.clear()
    hold.clear()
    wait_until(lambda: pool().counts()["jobs"] == 0)
    assert store().flush(20)
    st.cache_resource.clear()
    done = len(kept)
    assert 3 <= done < 8
    page = open_experiment("sweep", GRID, owner)
    again = finish(page)
    assert again is not before
    assert sorted(kept) == sorted({each.recipe.id for each in again.work.sweep.trainings})


def test_a_paused_sweep_stays_paused_after_a_restart():
    page = open_experiment("sweep", LONG)
    owner = page.session_state["owner"]
    press(page, "sweep_start")
    press(page, "sweep_pause")
    restart()
    page = open_experiment("sweep", LONG, owner)
    assert of_page(page).work.state is SweepState.PAUSED
    assert pool().counts()["jobs"] == 0


def test_a_sweep_belongs_to_its_owner():
    page = open_experiment("sweep", GRID)
    press(page, "sweep_start")
    finish(page)
    other = open_experiment("sweep", GRID)
    assert other.button("sweep_start").label == "Start"
    assert not other.get("progress")
    assert progress_on(open_experiment("sweep", GRID, page.session_state["owner"])) == "finished: 8 trainings"


def test_an_owner_has_three_running_sweeps_and_the_first_one_pauses():
    page = open_experiment("sweep", LONG)
    owner = page.session_state["owner"]
    press(page, "sweep_start")
    for rate in ("2e-06", "3e-06", "4e-06"):
        press(open_experiment("sweep", LONG | {"by1": f"learning_rate:{rate},1e-05"}, owner), "sweep_start")
    states = [each.work.state for each in open_sweeps()._open.values() if each.kept.owner == owner]
    assert states == [SweepState.PAUSED, *[SweepState.RUNNING] * 3]
    assert [kept.wants_to_go_on for kept in store().sweeps_of(owner)].count(False) == 1


def test_tabs_that_start_at_once_do_not_exceed_the_limit(monkeypatch):
    alone = []

    class Work:
        state = SweepState.PAUSED

        def go_on(self) -> None:
            alone.append(open_sweeps().starting.locked())  # no other tab counts meanwhile
            self.state = SweepState.RUNNING

        def cancel(self) -> None:
            alone.append(open_sweeps().starting.locked())
            self.state = SweepState.PAUSED

    monkeypatch.setattr(sweeps, "pause", lambda opened: opened.work.cancel())
    kept = [kept_sweep(owner="ab" * 32) for _number in range(6)]
    every = [open_sweeps().add(sweeps.OpenSweep(each, Work(), "a share")) for each in kept]
    with ThreadPoolExecutor(len(every)) as tabs:
        list(tabs.map(sweeps._go_on, every))
    assert [each.work.state for each in every].count(SweepState.RUNNING) == sweeps.MAX_RUNNING
    assert alone == [True] * (len(every) + len(every) - sweeps.MAX_RUNNING)


def test_browsers_without_cookies_share_the_running_sweeps_of_their_address(monkeypatch):
    monkeypatch.setattr(sweeps, "MAX_AT_ADDRESS", 2)
    pages = [open_experiment("sweep", LONG) for _ in range(4)]
    for page in pages:
        page.session_state["owner_is_remembered"] = page is pages[0]
        press(page, "sweep_start")
    states = [of_page(page).work.state for page in pages]
    assert states == [SweepState.RUNNING, SweepState.PAUSED, *[SweepState.RUNNING] * 2]


def test_no_more_sweeps_than_an_owner_may_have(monkeypatch):
    monkeypatch.setattr(type(store()), "no_room", lambda self, owner, what: NoRoom.OWNER)
    page = open_experiment("sweep", GRID)
    press(page, "sweep_start")
    assert "You have up to 50 of them; delete some in My runs." in words_on(page)
    assert page.session_state["owner"] not in {each.kept.owner for each in open_sweeps()._open.values()}


def test_few_sweeps_without_work_stay_in_memory(monkeypatch):
    monkeypatch.setattr(sweeps, "MAX_OPEN", 2)
    page = open_experiment("sweep", GRID)
    for rate in ("2e-06", "3e-06", "4e-06", "5e-06"):
        page = open_experiment("sweep", LONG | {"by1": f"learning_rate:{rate}"}, page.session_state["owner"])
        press(page, "sweep_start")
        press(page, "sweep_pause")
    assert len(open_sweeps()._open) <= 3


def test_a_click_on_a_cell_opens_that_training_on_train():
    page = open_experiment("sweep", GRID)
    press(page, "sweep_start")
    opened = finish(page)
    page.session_state["sweep_click"] = 6  # as the figure's callback does
    page.run()
    assert page.title[0].value == "How does a network learn to read?"
    job = page.session_state["job"]
    assert job.run.recipe == opened.work.sweep.trainings[6].recipe
    assert (job.run.hyperparameters.bias, job.run.hyperparameters.learning_rate) == (True, 1e-5)
    wait_until(lambda: job.judged is not None and job.judged.step == job.run.total_steps)
    assert job.judged.test_accuracy == opened.work.table.columns["test_accuracy"][6]
    page.switch_page("app.py").run()  # the frame, with its notices
    assert "this processor rounds differently" not in words_on(page)
    other = replace(opened.work.table.outcomes[6], curves={"test_accuracy": np.array([0.939])})
    page.session_state["training_of_sweep"] = other
    page.run()
    here = f"{job.judged.test_accuracy:.1%}"
    assert f"The sweep 93.9%, here {here}: this processor rounds differently." in words_on(page)
    page.session_state["training_of_sweep"] = replace(page.session_state["training_of_sweep"], batches=2)
    page.run()
    assert "rounds differently" not in words_on(page), "a run of another length"


@pytest.mark.parametrize("number", [0, 5])
def test_a_training_that_is_not_known_is_not_opened(number):
    page = open_experiment("sweep", GRID)
    page.session_state["sweep_click"] = number
    page.run()
    assert not page.exception
    assert page.title[0].value == "Which network reads best?"


def test_the_settings_of_the_run_are_taken():
    page = open_experiment("sweep", GRID)
    page.session_state["sweep_settings"] = True
    page.run()
    assert "sweep_of_run" not in [button.key for button in page.button]  # this tab has no run
    page.session_state["job"].run.advance(1)
    page.run()
    press(page, "sweep_of_run")
    assert address_on(page) == {name: text for name, text in GRID.items() if name not in SHORT}
    assert page.button("sweep_of_run").disabled


@pytest.mark.parametrize("comma", ["，", "、", "; ", "；"])
def test_the_values_may_have_the_commas_of_a_chinese_keyboard(comma):
    page = open_experiment("sweep", GRID)
    page.session_state["sweep_settings"] = True
    page.run()
    page.text_input("sweep_values_1").set_value(f"1e-06{comma}1e-07").run()
    assert not errors_on(page)
    assert page.session_state["sweep_planned"][1].axes[0].values == ((1e-06,), (1e-07,))


def test_a_chosen_setting_comes_with_values():
    page = open_experiment("sweep", SHORT | {"by1": "bias:true", "seeds": "1"})
    page.session_state["sweep_settings"] = True
    page.run()
    for name in Hyperparameters.RANGES:
        if name in ("seed", "batches"):
            continue
        page.selectbox("sweep_by_1").set_value(name).run()
        assert not page.exception
        assert not errors_on(page), name
    page.selectbox("sweep_by_1").set_value("").run()
    assert "by1" not in address_on(page)


@pytest.mark.parametrize("kind", ["race", "sweep"])
def test_ones_own_experiment_is_chosen_from_the_list_and_keeps_its_settings(kind):
    page = open_experiment(kind, {"by1": "learning_rate:1e-06,1e-05"})
    page.session_state[f"{kind}_settings"] = True
    page.run().selectbox(f"{kind}_ready").set_value("rates" if kind == "race" else "seeds").run()
    ready = page.session_state[f"{kind}_planned"][1]
    page.selectbox(f"{kind}_ready").set_value("own").run()
    assert page.selectbox(f"{kind}_ready").value == "own"
    assert page.selectbox(f"{kind}_by_1")
    assert page.session_state[f"{kind}_planned"][1] == ready
    assert "ready" not in address_on(page)


def test_the_form_writes_rates_as_the_figures_do_and_names_wrong_labels_and_small_pixels():
    page = open_experiment("sweep", {"ready": "overfitting"})
    page.session_state["sweep_settings"] = True
    said = words_on(page.run())
    assert "20.0% wrong labels." in said
    assert "Pixels from 0 to 1 allow a larger learning rate" in said
    rates = open_experiment("race", {"ready": "rates"})
    rates.session_state["race_settings"] = True
    assert "Pixels from 0 to 1 allow" not in words_on(rates.run())
    assert rates.text_input("race_values_1").value == "0.0000001,0.000001,0.00001"
    own = open_experiment("race", {"by1": "learning_rate:0.001,0.01", "learning_rate": "0.001", "batches": "40"})
    own.session_state["race_settings"] = True
    assert "All other settings: Batches 40." in words_on(own.run())


def test_a_start_takes_what_was_typed_before_the_click():
    page = open_experiment("sweep", SHORT | {"by1": "learning_rate:1e-06,1e-05", "seeds": "1"})
    page.session_state["sweep_settings"] = True
    page.run()
    page.text_input("sweep_values_1").set_value("0.00002,0.00003")
    press(page, "sweep_start")  # in one message, as from a browser that waits for a busy server
    first = of_page(page).work.sweep
    assert first.axes[0].values == ((2e-5,), (3e-5,))
    finish(page)
    page.text_input("sweep_values_1").set_value("0.00004,0.00005")
    press(page, "sweep_start")  # "Again", but of another experiment
    planned = page.session_state["sweep_planned"][1]
    assert (planned.axes[0].values, planned.base) == (((4e-5,), (5e-5,)), first.base)
