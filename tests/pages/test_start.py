from __future__ import annotations

from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, train
from digitviz.dashboard.train import accuracy
from digitviz.training.pool import Job


def test_start_asks_a_question_and_leads_to_training():
    page = AppTest.from_file("../../app.py", default_timeout=30).run()
    assert not page.exception
    assert page.title[0].value.endswith("?")
    assert page.button("go").label == "Train a network"
    page.button("go").click().run()
    assert not page.exception
    assert page.title[0].value == "How does a network learn to read?"


def test_start_opens_three_doors():
    page = AppTest.from_file("../../app.py", default_timeout=30).run()
    assert [link.proto.page for link in page.get("page_link")] == ["neuron", "train", "draw"]


def test_whoever_has_trained_goes_on_with_the_run(digits):
    page = AppTest.from_file("../../app.py", default_timeout=30)
    job = Job(train(digits, Hyperparameters(batches=2, steps_per_batch=5)))
    accuracy.provide(job, running=False)
    page.session_state["job"] = job
    page.run()
    assert page.button("go").label == f"Continue your run: test accuracy {job.run.test_accuracy:.1%}"


def test_a_visitor_who_only_looks_has_no_training_made():
    page = AppTest.from_file("../../app.py", default_timeout=30).run()
    assert "job" not in page.session_state
