"""Project metadata are the same in all files."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()


def released() -> list[tuple[str, str]]:
    return re.findall(r"^## (\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)$", CHANGELOG, re.MULTILINE)


def test_the_citation_names_the_version_that_was_released_last():
    citation = (ROOT / "CITATION.cff").read_text()
    version, date = released()[0]
    assert version == PROJECT["version"]
    for line in (f"version: {version}", f"date-released: {date}", f"license: {PROJECT['license']}"):
        assert f"\n{line}\n" in citation


def test_what_is_not_released_yet_stands_above_the_versions_newest_first():
    versions, dates = zip(*released(), strict=True)
    assert CHANGELOG.index("## [Unreleased]") < CHANGELOG.index(f"## {versions[0]}")
    assert list(dates) == sorted(dates, reverse=True)
