"""The URLs of a run, as reachable by others."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from digitviz.dashboard.runs import windows
from tests.kept import kept_run


@pytest.mark.parametrize(
    ("url", "server", "base", "said"),
    [("http://localhost:8501/runs", "localhost", "http://localhost:8501", "only on this computer"),
     ("http://localhost:8501/runs", "0.0.0.0", "http://192.0.2.7:8501", "everyone on this network"),
     ("http://127.0.0.1:8501/", "0.0.0.0", "http://192.0.2.7:8501", "everyone on this network"),
     ("http://[::1]:8501/runs", "localhost", "http://[::1]:8501", "only on this computer"),
     ("http://10.0.0.4:8501/runs", "0.0.0.0", "http://10.0.0.4:8501", None),
     ("https://school.example/digits/runs", "localhost", "https://school.example/digits", None),
     (None, "localhost", "http://localhost:8501", "only on this computer")],
)  # fmt: skip
def test_an_address_is_one_that_others_can_reach_if_there_is_one(monkeypatch, url, server, base, said):
    options = {"server.address": server, "server.port": 8501}
    monkeypatch.setattr(windows, "st", SimpleNamespace(context=SimpleNamespace(url=url), get_option=options.get))
    monkeypatch.setattr(windows, "address_on_network", lambda: "192.0.2.7")
    found, reach = windows.base_address()
    assert found == base
    assert (reach is None) is (said is None)
    assert said is None or said in reach


def test_the_settings_alone_are_those_with_which_the_run_ends():
    branch = kept_run(settings={"seed": 7}, changes={40: {"learning_rate": 2e-6}})
    assert windows.settings_address(branch) == {"seed": "7", "learning_rate": "2e-06"}
    assert windows.settings_address(kept_run()) == {}
    both = kept_run(training_data={"source": "both", "distorted": True})
    assert windows.settings_address(both) == {"digits": "both", "distorted": "true"}
    split = kept_run(training_data={"source": "digits", "distorted": False, "split": 0})
    assert windows.settings_address(split) == {"split": "0"}


def test_settings_that_cannot_be_read_have_no_address():
    run = kept_run()
    object.__setattr__(run, "settings", {"hidden": "many"})
    assert windows.settings_address(run) is None
