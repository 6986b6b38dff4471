"""My runs: the list of an owner's runs, and the actions on them."""

from __future__ import annotations

import io
import re
import secrets
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun, wilson_interval
from digitviz.dashboard.runs import actions, compare_view, list_view, overview
from digitviz.dashboard.session import drawings_view, example, kept_runs
from digitviz.dashboard.session.kept_runs import OpenRun
from digitviz.dashboard.session.open_runs import open_runs
from digitviz.dashboard.session.open_sweeps import open_sweeps
from digitviz.dashboard.session.storage import Unavailable, store
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.store import KeptRun, Kind, Trouble
from digitviz.training import trajectory
from digitviz.training.pool import Job
from tests.kept import NOON, kept_drawing, kept_run
from tests.pages.experiment_page import GRID, address_on, finish, open_experiment, progress_on
from tests.store.made import kept_sweep

OTHERS = "ee" * 32


@pytest.fixture
def owner() -> str:
    """Key of an owner without any data."""
    return secrets.token_hex(32)


def open_page(owner: str, name: str = "runs") -> AppTest:
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.query_params["lang"] = "en"
    page.session_state["owner"], page.session_state["owner_is_remembered"] = owner, True
    page.switch_page(f"pages/{name}.py").run()
    assert not page.exception
    page.session_state["visit_opened"] = False  # the frame would reset this, but does not run here
    return page


def keep(owner: str, count: int = 1, **fields) -> list[str]:
    """Save runs, each changed later than the one before, and return their ids."""
    runs = [kept_run(owner, changed=NOON + number, **fields) for number in range(count)]
    for run in runs:
        store().save_run(run, None)
    return [run.id for run in runs]


def listed(page: AppTest) -> list[str]:
    """Return the ids of the rows, from the top."""
    return [button.key.removeprefix("open_") for button in page.button if (button.key or "").startswith("open_")]


def rows(page: AppTest) -> str:
    bodies = [element.proto.body for element in page.get("html")]
    return "\n".join(body for body in bodies if '"digitviz-run"' in body and "<q>" not in body)


def act(page: AppTest, id: str, action: str) -> None:
    """Choose an action of a row's menu."""
    page.menu_button(f"act_{id}").click(str(list_view.ACTIONS[action])).run()
    assert not page.exception


def press(page: AppTest, key: str) -> None:
    page.button(key).click().run()
    assert not page.exception


def test_an_owner_without_runs_is_led_to_the_first(owner):
    keep(OTHERS)
    page = open_page(owner)
    assert page.title[0].value.startswith("Can your network ")
    assert not listed(page)
    press(page, "first_run")
    assert page.title[0].value == "How does a network learn to read?"


def test_pinned_runs_come_first_and_then_those_changed_last(owner):
    keep(OTHERS)
    first, second, third = keep(owner, 3)
    page = open_page(owner)
    assert listed(page) == [third, second, first]
    act(page, first, "pin")
    assert listed(page) == [first, third, second]
    act(page, first, "unpin")
    assert listed(page) == [third, second, first]


def test_a_row_says_what_a_run_is(owner):
    keep(owner, settings={"learning_rate": 0.01}, title="fast <img src=x onerror=alert(1)>", accuracy=0.9334)
    shown = rows(open_page(owner))
    assert "fast &lt;img src=x onerror=alert(1)&gt;" in shown
    assert "<div>Learning rate 0.01 · " in shown
    assert "100,000" not in shown  # a run that is over has taken its steps
    assert "93.3%" in shown
    assert "<b>168</b> of 180 right" in shown
    assert "<em>12 misread</em>" in shown


def verdict_on(page: AppTest) -> str:
    (said,) = [each.proto.body for each in page.get("html") if "run-verdict" in each.proto.body] or [""]
    told = re.findall("</summary>(Right!)? (.*?) Each line on a bar shows .*?</details>", said)
    assert [right for right, _said in told] in (["Right!", ""], ["", "Right!"], [])
    assert len({said for _right, said in told}) <= 1
    return "".join(["Right! " * bool(right) + re.sub("<[^>]*>", "", said) for right, said in told[:1]])


def test_the_best_of_several_runs_has_a_star_and_a_sentence_unless_it_is_too_close_to_call(owner):
    keep(owner, accuracy=0.93, created=NOON)
    keep(owner, accuracy=None, step=0, created=NOON + 1)
    page = open_page(owner)
    assert not verdict_on(page)  # there is no other to be better than
    assert "★" not in rows(page)
    keep(owner, accuracy=0.95, title="<b>best</b>")
    page = open_page(owner)
    assert page.title[0].value == "Would the best also win with other digits?"
    assert verdict_on(page) == "&lt;b&gt;best&lt;/b&gt; reads 4 digits more than Your network 1: it could be luck."
    shown = rows(page)
    assert "★" not in shown
    keep(owner, accuracy=0.8)
    shown = rows(open_page(owner))
    verdicts = re.findall("</small> <span>(.*?)</span>", shown)
    assert sorted(verdicts) == ["clearly worse", "maybe as good", "too close to call"]
    assert re.findall("<b>(\\d+)</b> of 180 right .*? <mark>the one to beat</mark>", shown) == ["171"]
    assert sorted(re.findall("<i>(.*?)</i> <small>", shown)) == ["27 digits fewer", "4 digits fewer"]
    keep(owner, accuracy=0.94)
    assert verdict_on(open_page(owner)).endswith(" and 2 others: too close to call.")
    keep(owner, accuracy=0.999)
    page = open_page(owner)
    assert verdict_on(page).startswith("Right! ★ ")
    assert verdict_on(page).endswith("reads best: 99.9% of new digits. Its lead is clear.")
    assert rows(page).count("<span><em>★</em> best so far</span>") == rows(page).count("★") == 1
    keep(owner, accuracy=0.94, settings={"train_fraction": 0.5})  # other test digits
    page = open_page(owner)
    assert page.title[0].value == "Which of your runs reads best?"
    assert not verdict_on(page)
    assert "★" not in rows(page)


def test_runs_with_the_same_name_are_numbered_by_age(owner):
    (first,), (second,) = (keep(owner, accuracy=0.93, created=NOON + age) for age in (0, 1))
    page = open_page(owner)
    assert re.findall("</small> <span>(.*?)</span>", rows(page)) == ["too close to call"] * 2
    assert rows(page).count("<mark>the one to beat</mark>") == 2
    assert rows(page).count("50 hidden neurons, 200 batches") == 2
    labels = [page.checkbox(f"run_selected_{id}").label for id in (first, second)]
    assert labels == ["Select Your network 1", "Select Your network 2"]


def test_a_single_run_is_compared_with_the_example_and_has_nothing_to_select(owner, monkeypatch):
    row = kept_run(example.NOBODY, title="Example, 100% trained", accuracy=0.9)
    monkeypatch.setattr(example, "as_runs", lambda: [row])
    keep(owner, settings={"learning_rate": 0.01})
    page = open_page(owner)
    assert not page.checkbox
    assert "train_another" in {button.key for button in page.button}
    assert page.button("compare_with_example").label == "Compare with Example, 100% trained"
    press(page, "compare_with_example")
    table = next(element.proto.body for element in page.get("html") if "digitviz-compared" in element.proto.body)
    assert "Example, 100% trained</bdi>" in table
    keep(owner)
    assert "compare_with_example" not in {button.key for button in open_page(owner).button}


def test_twenty_runs_are_listed_and_twenty_more_when_asked_for(owner):
    ids = keep(owner, 45)
    page = open_page(owner)
    assert listed(page) == ids[::-1][:20]
    press(page, "more_runs")
    assert listed(page) == ids[::-1][:40]
    press(page, "more_runs")
    assert listed(page) == ids[::-1]
    assert "more_runs" not in {button.key for button in page.button}


def test_open_leads_to_train_with_the_run(owner):
    (id,) = keep(owner)
    page = open_page(owner)
    press(page, f"open_{id}")
    assert page.title[0].value == "How does a network learn to read?"
    assert page.query_params["run"] in (id, [id])


def test_a_click_in_the_tree_opens_a_run_of_ones_own_alone(owner):
    (mine,), (others,) = keep(owner), keep(OTHERS)
    page = open_page(owner)
    for sent in (others, "x", 3, None, ["a"]):
        page.session_state["run_clicked"] = sent
        page.run()
        assert listed(page) == [mine]
    page.session_state["run_clicked"] = mine
    page.run()
    assert page.title[0].value == "How does a network learn to read?"


def test_the_tree_is_offered_once_there_is_a_branch(owner):
    tree = "Which run branched off which?"
    (first,) = keep(owner)
    assert tree not in [fold.label for fold in open_page(owner).expander]
    keep(owner, parent=first, left_at=1)
    assert tree in [fold.label for fold in open_page(owner).expander]


def test_a_branch_says_what_it_branched_off(owner):
    (first,) = keep(owner, title="<b>mine</b>")
    keep(owner, parent=first, left_at=40)
    keep(owner, parent="f" * 32, left_at=1)
    shown = rows(open_page(owner))
    assert "branched off &lt;b&gt;mine&lt;/b&gt; after batch 40" in shown
    assert "branched off another run after batch 1" in shown


def test_hard_digits_stand_once_above_the_answers_of_all_runs_and_a_run_without_weights_has_only_a_bar(
    owner, digits, monkeypatch
):
    settings, runs = Hyperparameters(batches=20, steps_per_batch=20), list[TrainingRun]()
    for batches in (20, 2):
        runs.append(TrainingRun(digits, settings))
        runs[-1].advance(batches * settings.steps_per_batch)
        assert kept_runs.save(OpenRun(secrets.token_hex(16), owner, Job(runs[-1]), TrainingData(), NOON + batches))
    keep(owner, accuracy=0.5)
    loaded = list[str]()
    monkeypatch.setattr(trajectory, "saved_chunks", lambda _cache, setup: loaded.append(setup.recipe.id) or iter(()))
    test, good, bad = runs[0].snapshot.test, *(each.network.predict(each.snapshot.test.pixels) for each in runs)
    hard = sorted(
        np.flatnonzero((good != test.labels) | (bad != test.labels)), key=lambda at: good[at] != test.labels[at]
    )
    for most in (9, 180):
        monkeypatch.setattr(list_view, "MOST_SHOWN", most)
        page = open_page(owner)
        (head,) = [each.proto.body for each in page.get("html") if "digitviz-hard" in each.proto.body]
        assert f"{len(hard)} of 180 new digits fool at least one of the networks, such as these:" in head
        pictured = re.findall(r'<u style="--digit:url\(data:image/png;base64,(.*?)\)">(\d)</u>', head)
        assert len(pictured) == min(most, len(hard))
        cells = '<[bi] title="an? (\\d), read as (\\d)">(.*?)</[bi]>'
        high, low = sorted(
            (found for row in rows(page).splitlines() if (found := re.findall(cells, row))),
            key=lambda found: sum(said != "✓" for *_, said in found),
        )
        for answers, found in ((good, high), (bad, low)):
            assert [label for label, *_ in found] == [label for _picture, label in pictured], "one column per digit"
            assert [said for *_, said in found] == [
                "✓" if label == answer else f"as <span>{answer}</span>" for label, answer, _said in found
            ]
            misread, all_misread = sum(said != "✓" for *_, said in found), np.sum(answers != test.labels)
            assert misread == pytest.approx(all_misread * len(found) / len(hard), abs=1), (
                "a fair share of the hard ones"
            )
        assert [said == "✓" for *_, said in high] == sorted((said == "✓" for *_, said in high), reverse=True)
    shown = [(str(test.labels[at]), str(good[at]), str(bad[at])) for at in hard]
    assert sorted((a, b, d) for (a, b, _), (_label, d, _said) in zip(high, low, strict=True)) == sorted(shown)
    with Image.open(io.BytesIO(b64decode(pictured[0][0]))) as picture:
        ink = np.asarray(picture.getchannel("A"))
    assert any((ink == (test.images[at] * (255 / 16)).astype(np.uint8)).all() for at in hard)
    assert runs[0].recipe.id not in loaded, "curves are slow to load, and answers need none"
    assert rows(page).count("--share:50.00%") == 1
    assert rows(page).count("<s ") == 3


def test_a_run_that_is_tested_on_other_digits_says_so_and_no_run_is_the_highest(owner, digits):
    settings = Hyperparameters(batches=2, steps_per_batch=20)
    run = TrainingRun(digits, settings)
    run.advance(run.total_steps)
    assert kept_runs.save(OpenRun(secrets.token_hex(16), owner, Job(run), TrainingData(), NOON + 9))
    keep(owner, settings={"train_fraction": 0.5}, title="half")
    page = open_page(owner)
    own, half = sorted(rows(page).splitlines(), key=lambda row: "half" in row)
    said = "<p>Tested on other digits, so the counts cannot be compared.</p>"
    assert said in half
    assert said not in own
    (head,) = [each.proto.body for each in page.get("html") if "digitviz-hard" in each.proto.body]
    wrong = 180 - round(run.test_accuracy * 180)
    assert f"<bdi>Batches 2, Steps per batch 20</bdi> misreads {wrong} of 180 new digits, such as these:" in head
    assert not verdict_on(page)
    assert not re.search("<mark>|fewer", rows(page))


@pytest.mark.parametrize("level", ["university", "school"])
def test_a_row_says_what_other_digits_may_give_but_not_at_school(owner, level):
    keep(owner, accuracy=0.9)
    page = open_page(owner)
    page.session_state["level"] = level
    page.run()
    low, high = wilson_interval(162, 180)
    other = f"; on 180 other digits, perhaps {low * 180:.0f} to {high * 180:.0f}"
    interval = other if level == "university" else ""
    assert f"<small>90.0%{interval}</small>" in rows(page)


def test_that_runs_are_missing_is_said_beside_the_others(owner, monkeypatch):
    keep(owner)
    monkeypatch.setattr(type(store()), "trouble", Trouble(Kind.REMOVED, 0.0))
    for _ in range(3):
        page = open_page(owner)
        assert [warning.value[:22] for warning in page.warning] == ["Saved runs are missing"]
        assert len(listed(page)) == 1


def test_a_run_is_renamed(owner):
    (id,) = keep(owner)
    page = open_page(owner)
    act(page, id, "rename")
    page.text_input(f"title_{id}").set_value("my\u202e best\nrun")
    press(page, "save_title")
    assert store().run(id).title == "my best run"
    assert "my best run" in rows(page)
    assert not page.text_input


def test_what_is_deleted_can_be_brought_back_even_after_a_visit_to_another_page(owner):
    first, second = keep(owner, 2)
    page = open_page(owner)
    act(page, first, "delete")
    assert listed(page) == [second]
    assert any("Deleted: `Your network 2`" in element.value for element in page.markdown)
    press(page, "undo_run_0")
    assert listed(page) == [second, first]
    act(page, first, "delete")
    page.session_state["visit_opened"] = True  # the page was closed and reopened
    page.run()
    assert listed(page) == [second]
    assert page.session_state["deleted_runs"][0].only.id == first, "the page names it, in the reader's language"
    press(page, "undo_run_0")
    assert listed(page) == [second, first]


def test_what_was_brought_back_elsewhere_is_not_offered_and_of_many_deletions_the_latest_are(owner, monkeypatch):
    first, second, third = keep(owner, 3)
    page = open_page(owner)
    for id in (first, second):
        page.checkbox(f"run_selected_{id}").check().run()
    press(page, "delete_runs")
    store().restore([first])
    page.run()
    assert any("Deleted: 1 run." in element.value for element in page.markdown)
    store().restore([second])
    page.run()
    assert listed(page) == [third, second, first]
    assert "undo_run_0" not in [button.key for button in page.button]
    monkeypatch.setattr(actions, "MAX_DELETIONS", 2)
    for id in (first, second, third):
        act(page, id, "delete")
    assert [deletion.ids for deletion in page.session_state["deleted_runs"]] == [(second,), (third,)]


def test_several_runs_are_deleted_at_once_and_brought_back_together(owner):
    ids = keep(owner, 3)
    page = open_page(owner)
    for id in ids[:2]:
        page.checkbox(f"run_selected_{id}").check().run()
    press(page, "delete_runs")
    assert listed(page) == [ids[2]]
    act(page, ids[2], "delete")
    assert not listed(page)
    press(page, "undo_run_1")
    assert set(listed(page)) == set(ids[:2])


@pytest.mark.parametrize("seed", [0, 1])
def test_a_run_that_is_open_gives_way_to_a_fresh_one_when_it_is_deleted(owner, digits, seed):
    (id,) = keep(owner)
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.session_state["owner"], page.session_state["owner_is_remembered"] = owner, True
    job = Job(TrainingRun(digits, Hyperparameters(seed=seed)))
    page.session_state["open_run"] = going = OpenRun(id, owner, job, TrainingData(), NOON)
    page.session_state["job"], page.session_state["job_training_data"] = job, TrainingData()
    page.session_state["visit_opened"] = False
    page.switch_page("pages/runs.py").run()
    assert "open here" in rows(page)
    act(page, id, "delete")
    assert any("Train now starts a new run" in element.value for element in page.markdown)
    assert page.session_state["open_run"] is None
    assert page.session_state["job"] is not job
    assert going.job is job  # so that Undo brings it back as it was
    assert "run" not in page.query_params
    assert open_runs().find(id) is None or not open_runs().find(id).tabs


def test_nobody_changes_what_is_anothers(owner):
    (others,) = keep(OTHERS)
    page = open_page(owner)

    def script(id: str) -> None:
        from digitviz.dashboard.runs import actions

        actions.rename(id, "mine")
        actions.pin(id, True)
        actions.delete((id,))

    visit = AppTest.from_function(script, args=(others,))
    visit.session_state["owner"] = page.session_state["owner"]
    assert not visit.run().exception
    run = store().run(others)
    assert run is not None
    assert (run.title, run.pinned) == ("", False)
    assert "deleted_runs" not in visit.session_state


def test_from_two_to_six_runs_are_compared(owner):
    ids = [id for seed in range(7) for id in keep(owner, settings={"seed": seed})]
    page = open_page(owner)
    for number, id in enumerate(ids, start=1):
        page.checkbox(f"run_selected_{id}").check().run()
        assert page.button("compare_runs").disabled == (not 2 <= number <= 6)
    page.checkbox(f"run_selected_{ids[0]}").uncheck().run()
    press(page, "compare_runs")
    table = next(element.proto.body for element in page.get("html") if "digitviz-compared" in element.proto.body)
    assert table.count('scope="col"') == 7


def compared(owner: str, runs: list[KeptRun]) -> AppTest:
    """Return the page with these runs kept and compared."""
    for run in runs:
        store().save_run(run, None)
    page = open_page(owner)
    for run in runs:
        page.checkbox(f"run_selected_{run.id}").check().run()
    press(page, "compare_runs")
    return page


def test_only_what_differs_is_in_the_table(owner):
    runs = [
        kept_run(owner, settings={"learning_rate": 0.01}, accuracy=0.9, title="<b>fast</b>"),
        kept_run(owner, changes={40: {"learning_rate": 2e-6}}, drawings=("a" * 32,)),
    ]
    page = compared(owner, runs)
    table = next(element.proto.body for element in page.get("html") if "digitviz-compared" in element.proto.body)
    assert "<b>" not in table
    titles = re.findall('scope="row">([^<]*)', table)
    assert titles == [
        "Test accuracy", "Allowing for chance", "Steps", "Learning rate", "Changed during training", "Training data",
    ]  # fmt: skip
    low, high = wilson_interval(162, 180)
    assert f">{low:.1%} to {high:.1%}</td>" in table
    assert "after batch 40: Learning rate 0.000002" in table
    assert not any("tested on different digits" in caption.value for caption in page.caption)


def test_a_run_that_diverged_before_its_first_accuracy_has_diverged(owner):
    diverged = kept_run(owner, settings={"learning_rate": 1.0}, accuracy=None, state="diverged")
    page = compared(owner, [kept_run(owner), diverged])
    table = next(element.proto.body for element in page.get("html") if "digitviz-compared" in element.proto.body)
    assert ">no accuracy</td>" in table
    assert ">diverged</td>" in table


@pytest.mark.parametrize(("worse", "verdict"), [(0.9, "Too close to call"), (0.6, "Not just chance")])
def test_whether_chance_may_explain_the_difference_is_said(owner, worse, verdict):
    runs = [kept_run(owner, accuracy=0.94), kept_run(owner, settings={"learning_rate": 0.01}, accuracy=worse)]
    page = compared(owner, runs)
    assert any(verdict in said.value for said in page.markdown)


def test_of_two_equal_runs_it_is_said_that_they_do_not_differ(owner):
    page = compared(owner, [kept_run(owner), kept_run(owner)])
    assert any("No difference" in said.value for said in page.markdown)
    assert not any("Too close to call" in said.value for said in page.markdown)
    assert not any("digitviz-compared" in element.proto.body for element in page.get("html"))


def test_a_link_leads_to_the_level_of_the_one_who_shares_it(owner):
    (id,) = keep(owner)
    page = open_page(owner)
    act(page, id, "link")
    assert page.code[0].value.endswith(f"/train?run={id}")
    page.session_state["level"] = "school"
    page.run()
    assert page.code[0].value.endswith(f"/train?run={id}&level=school")


def test_runs_that_are_tested_on_different_digits_say_so(owner):
    split = {"source": "digits", "distorted": False, "split": 3}
    runs = [kept_run(owner), kept_run(owner, training_data=split)]
    page = compared(owner, runs)
    assert any("tested on different digits" in caption.value for caption in page.caption)


def test_losses_are_compared_if_all_runs_have_the_same_from_first_to_last():
    plain, changed = kept_run(), kept_run(changes={40: {"loss": "cross_entropy"}})
    other = kept_run(settings={"loss": "cross_entropy"})
    assert compare_view.has_one_loss([plain, plain])
    assert not compare_view.has_one_loss([plain, other])
    assert not compare_view.has_one_loss([changed, other]), "the initial loss function differs"


def test_while_the_store_has_no_answer_the_page_says_so(owner, monkeypatch):
    keep(owner)

    def no_answer() -> None:
        raise Unavailable

    monkeypatch.setattr(overview.actions, "mine", no_answer)
    page = open_page(owner)
    assert not listed(page)
    assert page.warning


def test_drawings_are_deleted_with_a_word_on_who_learnt_from_them(owner):
    drawings = [kept_drawing(owner, label=label) for label in (3, 4)]
    for drawing in drawings:
        store().save_drawing(drawing)
    keep(owner, drawings=(drawings[0].id,), title="with mine")
    keep(OTHERS, drawings=(drawings[0].id,), title="another's")
    page = open_page(owner)
    assert any("**1** correct, **1** misclassified" in element.value for element in page.markdown)
    assert page.button("delete_drawings").disabled
    page.session_state["marked_drawings"] = {drawings[0].id}
    page.run()
    press(page, "delete_drawings")
    said = next(element.value for element in page.markdown if "drawing deleted" in element.value)
    assert "1 run was trained on them" in said
    assert "`with mine`" in said
    assert "another" not in said
    assert [each.id for each in page.session_state["saved_drawings"]] == [drawings[1].id]
    press(page, "undo_delete")
    assert {each.id for each in page.session_state["saved_drawings"]} == {each.id for each in drawings}


@pytest.mark.parametrize("number", [-1, 2, 0.5, "0", None, True])
def test_a_click_on_no_drawing_selects_none(owner, monkeypatch, number):
    monkeypatch.setattr(drawings_view, "clicked", lambda key: {"customdata": number})
    monkeypatch.setattr(drawings_view.saved_drawings, "drawings", lambda: [kept_drawing(owner)])
    state: dict[str, set[str]] = {}
    monkeypatch.setattr(drawings_view.st, "session_state", state)
    drawings_view._mark()
    assert not state.get("marked_drawings")


def test_experiments_are_listed_opened_deleted_and_restored(owner):
    sweep = open_experiment("sweep", GRID, owner)
    press(sweep, "sweep_start")
    (id,) = [kept.id for kept in store().sweeps_of(owner)]
    finish(sweep)
    others = open_experiment("race", {"ready": "orders"}, OTHERS)
    press(others, "race_start")
    press(others, "race_cancel")
    page = open_page(owner)
    (row,) = rows(page).splitlines()
    assert "Sweep: Learning rate × Bias</bdi></strong><div>finished · 8 of 8 trainings · seeds 0 to 1 · today" in row
    act(page, id, "delete")
    assert not rows(page)
    assert open_experiment("sweep", GRID, owner).button("sweep_start").label == "Start"
    assert any("Deleted: `Sweep: Learning rate × Bias`." in element.value for element in page.markdown)
    press(page, "undo_sweep")
    assert "8 of 8 trainings" in rows(page)
    act(page, id, "delete")
    store().restore([id], "sweep")  # in another tab
    page.run()
    assert "8 of 8 trainings" in rows(page)
    assert "undo_sweep" not in [button.key for button in page.button]
    press(page, f"open_sweep_{id}")
    assert page.title[0].value == "Which network reads best?"
    assert address_on(page) == GRID | {"by1": "learning_rate:0.000001,0.00001"}
    assert progress_on(page) == "finished: 8 trainings"


def test_an_experiment_is_renamed_and_keeps_its_address(owner):
    sweep = open_experiment("sweep", GRID, owner)
    press(sweep, "sweep_start")
    (id,) = [kept.id for kept in store().sweeps_of(owner)]
    page = open_page(owner)
    act(page, id, "rename")
    assert page.text_input(f"title_{id}").placeholder == "Sweep: Learning rate × Bias"
    page.text_input(f"title_{id}").set_value("my\u202e <best>\nsweep")
    press(page, "save_title")
    assert not page.text_input
    assert open_sweeps().find(id).kept.title == "my <best> sweep"  # also in another database
    finish(sweep)  # later saves leave the title alone
    page.run()
    assert "my &lt;best&gt; sweep</bdi></strong><div>Sweep: Learning rate × Bias · finished" in rows(page)
    act(page, id, "delete")
    assert any("Deleted: `my <best> sweep`." in element.value for element in page.markdown)
    press(page, "undo_sweep")
    press(page, f"open_sweep_{id}")
    assert progress_on(page) == "finished: 8 trainings"
    actions.rename(id, "not mine", "sweep")  # without a session, nobody owns it
    assert store().sweep(id).title == "my <best> sweep"


def test_a_deleted_experiment_can_begin_again(owner):
    sweep = open_experiment("sweep", GRID, owner)
    press(sweep, "sweep_start")
    finish(sweep)
    (id,) = [kept.id for kept in store().sweeps_of(owner)]
    page = open_page(owner)
    act(page, id, "delete")
    sweep.run()
    assert sweep.button("sweep_start").label == "Start"
    press(sweep, "sweep_start")
    finish(sweep)
    assert [kept.id for kept in store().sweeps_of(owner)] == [id]


def test_an_experiment_stays_if_the_store_has_no_answer_to_its_deletion(owner, monkeypatch):
    sweep = open_experiment("sweep", GRID, owner)
    press(sweep, "sweep_start")
    finish(sweep)
    (id,) = [kept.id for kept in store().sweeps_of(owner)]
    page = open_page(owner)

    def no_answer(_owner: str) -> None:
        raise Unavailable

    with monkeypatch.context() as gone:
        gone.setattr(store(), "sweeps_of", no_answer)
        act(page, id, "delete")
    page.run()
    assert "8 of 8 trainings" in rows(page)
    assert "undo_sweep" not in [button.key for button in page.button]


def test_an_experiment_of_another_version_does_not_break_the_list(owner):
    store().save_sweep(kept_sweep(owner=owner))
    store().save_sweep(kept_sweep(owner=owner, training_data={"source": "digits", "distorted": False, "page": "race"}))
    assert not rows(open_page(owner))


def test_a_comparison_closes_if_another_tab_deletes_one_of_its_runs(owner):
    runs = [kept_run(owner), kept_run(owner, settings={"learning_rate": 0.01})]
    page = compared(owner, runs)
    store().delete([runs[0].id])
    page.run()
    assert not any("No difference" in said.value for said in page.markdown)
