"""Downloaded code includes a run's drawings for their owner, and for others if the owner agrees."""

from __future__ import annotations

import io
import secrets
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitviz.dashboard.runs import windows
from digitviz.dashboard.session import saved_drawings
from digitviz.dashboard.session.storage import Unavailable, store
from tests.kept import kept_drawing
from tests.waiting import wait_until

INK = tuple(np.linspace(1, 15, 64).tolist())
"""A drawing that differs from all of scikit-learn's digits."""


@pytest.fixture
def owner() -> str:
    return secrets.token_hex(32)


def downloads() -> None:
    """Offer the downloads of a run. If requested, start a new run or a copy first."""
    import streamlit as st

    from digitviz import Hyperparameters
    from digitviz.dashboard.session import current_run, saved_drawings
    from digitviz.dashboard.session.downloads import OFFERS
    from digitviz.dashboard.session.lease import lease
    from digitviz.dashboard.session.training_data import TrainingData
    from digitviz.dashboard.train.files import downloads

    current_run.open_asked()
    if st.session_state.pop("begin", False):
        settings = Hyperparameters(batches=2, steps_per_batch=3, hidden=(5,), engine="numpy")
        current_run.new_run(settings, None, TrainingData(drawings=saved_drawings.names()))
        current_run.resume()
    if st.session_state.pop("copy", False):
        current_run.copy()
    current_run.attach()
    downloads()
    st.session_state["offers"] = lease().held(OFFERS)
    st.session_state["run"] = current_run.opened()


def open_page(owner: str, run_id: str | None = None, begin: bool = False) -> AppTest:
    """Start a run, or open one, as its owner or as a visitor."""
    page = AppTest.from_function(downloads, default_timeout=30)
    page.session_state["owner"], page.session_state["owner_is_remembered"] = owner, True
    page.session_state["begin"], page.session_state["downloads_box"] = begin, True
    if run_id is not None:
        page.query_params["run"] = run_id
    return page.run()


def code(page: AppTest) -> tuple[str, bool]:
    """Return the downloaded code, and whether its data contain the drawing."""
    assert not page.exception
    with zipfile.ZipFile(io.BytesIO(page.session_state["offers"]["download_code"].file().content)) as packed:
        digits = np.load(io.BytesIO(packed.read("digitviz-data.npz")))
        assert len(digits["x_train"]) == len(digits["y_train"]) in {1617, 1618}
        return packed.read(packed.namelist()[0]).decode(), bool((digits["x_train"] == INK).all(axis=1).any())


@pytest.fixture
def run_id(owner) -> str:
    """Id of a run trained on a drawing of its owner."""
    store().save_drawing(replace(kept_drawing(owner), digit=INK))
    page = open_page(owner, begin=True)
    run = page.session_state["run"]
    wait_until(lambda: (kept := store().run(run.id)) is not None and kept.step == 6)
    said, holds_it = code(page.run())
    assert holds_it
    assert "not shared" not in said
    return run.id


def test_a_viewer_gets_code_without_the_drawings_and_so_does_a_copy(run_id):
    page = open_page(secrets.token_hex(32), run_id)
    said, holds_it = code(page)
    assert not holds_it
    assert "drawings that their owner has not shared" in said
    page.session_state["copy"] = True
    page.run()
    copy = page.session_state["run"].id
    assert copy != run_id
    assert not code(page)[1]
    wait_until(lambda: store().run(copy) is not None)
    with pytest.MonkeyPatch.context() as patch:  # nor can a viewer share someone else's drawing
        patch.setattr(saved_drawings, "owner", lambda: page.session_state["owner"])
        patch.setattr(saved_drawings, "names", tuple)
        saved_drawings.share(store().run(copy), True)
    assert not code(page.run())[1]


def settings() -> None:
    """Show the settings of the training data on Train, and whether they are those of the run."""
    import streamlit as st

    from digitviz.dashboard.session import current_run, training_data
    from digitviz.dashboard.session.training_data import TrainingData
    from digitviz.dashboard.train import controls

    current_run.open_asked()
    run = current_run.attach().run
    controls.read_address(run)
    st.button("Import", key="import", on_click=training_data.choose, args=(TrainingData(),))
    training_data.controls()
    chosen = training_data.chosen()
    st.markdown(str(chosen == current_run.learnt_from()))
    st.markdown(str(training_data.dataset(chosen, run.hyperparameters.train_fraction).id == run.dataset.id))


@pytest.mark.parametrize("is_owners", [True, False])
def test_the_settings_of_an_opened_run_are_its_own_with_its_drawings(owner, run_id, is_owners, monkeypatch):
    def away(_ids: object) -> None:
        raise Unavailable

    page = AppTest.from_function(settings, default_timeout=30)
    page.session_state["owner"] = owner if is_owners else secrets.token_hex(32)
    page.session_state["owner_is_remembered"] = True
    page.query_params["run"] = run_id
    page.run()
    whose = "my" if is_owners else "this run's"
    assert page.toggle("material_drawings").label == f"Train on {whose} drawings too (1)"
    for _rerun in range(2):
        assert not page.exception
        assert [one.value for one in page.markdown] == ["True", "True"]
        monkeypatch.setattr(saved_drawings, "store", lambda: SimpleNamespace(drawings=away))
        page.run()
    page.toggle("material_drawings").set_value(False).run()
    assert not page.exception
    assert page.markdown[0].value == "False"


def test_the_owner_shares_them_in_the_dialog_of_the_link_and_takes_that_back(owner, run_id, monkeypatch):
    page = AppTest.from_file("../../app.py", default_timeout=30)
    page.query_params["lang"] = "en"
    page.session_state["owner"], page.session_state["owner_is_remembered"] = owner, True
    page.switch_page("pages/runs.py").run()
    page.session_state["visit_opened"] = False
    page.menu_button(f"act_{run_id}").click("Link").run()
    for shares in (True, False):
        page.toggle(f"share_drawings_{run_id}").set_value(shares).run()
        assert not page.exception
        said, holds_it = code(open_page(secrets.token_hex(32), run_id))
        assert holds_it is shares
        assert ("not shared" in said) is not shares
        assert page.toggle(f"share_drawings_{run_id}").value is shares
    assert code(open_page(owner, run_id))[1]

    def pictures() -> int:
        return sum("<img" in html.proto.body for html in page.get("html"))

    assert not pictures()  # a phone cannot open this computer's own address
    monkeypatch.setattr(windows, "base_address", lambda: ("http://192.0.2.7:8501", None))
    page.run()
    assert pictures() == 1


def test_other_settings_do_not_keep_the_drawings_of_another_visitors_run(run_id):
    page = AppTest.from_function(settings, default_timeout=30)
    page.query_params["run"] = run_id
    page.run()
    assert page.toggle("material_drawings").value
    page.button("import").click().run()
    assert not page.toggle("material_drawings").value
    assert page.toggle("material_drawings").label == "Train on my drawings too (0)"
