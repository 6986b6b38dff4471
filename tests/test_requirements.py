"""The requirements for new users match those of the tests."""

from __future__ import annotations

import re
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]


def required(file: str) -> list[Requirement]:
    lines = (ROOT / file).read_text().splitlines()
    return [Requirement(line) for line in lines if not line.startswith("-r")]


def constraints() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines)
    return {canonicalize_name(name): Version(version) for name, version in pairs}


@pytest.mark.parametrize("file", ["requirements.txt", "tests/requirements.txt"])
def test_every_requirement_has_a_constraint_inside_its_range(file):
    versions = constraints()
    for requirement in required(file):
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement


def test_all_that_our_packages_need_has_a_constraint_too():
    versions = constraints()
    installed = {canonicalize_name(found.metadata["Name"]): found for found in distributions()}
    needed = [*required("requirements.txt"), *required("tests/requirements.txt")]
    seen = set()
    while needed:
        requirement = needed.pop()
        name = canonicalize_name(requirement.name)
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if not wanted or name in seen or name not in installed:
            continue
        seen.add(name)
        assert name in versions
        needed += [Requirement(text) for text in installed[name].requires or ()]
    assert len(seen) > 50


def test_no_constraint_names_a_build_that_other_machines_are_not_offered():
    assert {version.local for version in constraints().values()} == {None}


def test_what_is_internal_to_streamlit_and_numba_is_used_in_the_minor_version_it_was_seen_in():
    ranges = {requirement.name: requirement.specifier for requirement in required("requirements.txt")}
    for name in ("streamlit", "numba"):
        major, minor = constraints()[name].release[:2]
        assert not ranges[name].contains(f"{major}.{minor + 1}.0")


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_command_in_the_documents_installs_what_was_tested(document):
    commands = re.findall(r"^.*pip install.*-r .*$", (ROOT / document).read_text(), re.MULTILINE)
    assert commands
    assert all("-c constraints.txt" in command for command in commands)
