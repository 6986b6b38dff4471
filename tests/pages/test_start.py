from __future__ import annotations

from streamlit.testing.v1 import AppTest


def test_start_asks_a_question_and_leads_to_training():
    page = AppTest.from_file("../../app.py").run()
    assert not page.exception
    assert page.title[0].value.endswith("?")
    page.button("go").click().run()
    assert not page.exception
    assert page.title[0].value == "How does a network learn to read?"
