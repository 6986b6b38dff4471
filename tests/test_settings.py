"""The environment variables are defined in one table, which the documents show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from digitviz import settings

ROOT = Path(settings.__file__).parents[1]


def test_the_documents_show_the_table_of_settings():
    command = [sys.executable, "-m", "digitviz.settings"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed in (ROOT / "docs" / "settings.md").read_text()
    assert [line.split("`")[1] for line in printed.splitlines()[2:]] == [each.name for each in settings.SETTINGS]


def test_every_variable_of_the_environment_is_in_the_table():
    found = [
        file for file in (ROOT / "digitviz").rglob("*.py") if "environ" in file.read_text().replace("environment", "")
    ]
    assert found == [Path(settings.__file__)]


@pytest.mark.parametrize(
    ("setting", "text", "value"),
    [
        (settings.CACHE_BYTES, "5e6", 5_000_000),
        (settings.CACHE_BYTES, "-1", 0),
        (settings.CACHE_BYTES, "", 2_000_000_000),
        (settings.CACHE_BYTES, "much", 2_000_000_000),
        (settings.CACHE_BYTES, "inf", 2_000_000_000),
        (settings.MEMORY_MB, "0.5", 0.5),
        (settings.MEMORY_MB, "nan", 1000.0),
        (settings.MEMORY_MB, "inf", 1000.0),
        (settings.MEMORY_MB, "-3", 0.0),
        (settings.HOSTS, " a.example,, *.b.example ", ("a.example", "*.b.example")),
        (settings.HOSTS, "", ()),
        (settings.HOME, "/some where", "/some where"),
    ],
)
def test_a_setting_is_read_from_the_environment_or_has_its_default(monkeypatch, setting, text, value):
    monkeypatch.setenv(setting.name, text)
    assert setting.value == value
    monkeypatch.delenv(setting.name)
    assert setting.value == setting.default
