from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutation.concerned import Imports
from tests.mutation.durations import Durations
from tests.mutation.faults import CODE, Fault, sample
from tests.mutation.harmless import harmless_spans, is_harmless
from tests.mutation.record import Record

SOURCE = """
@cache
def half(number: int | None = 1 + 2) -> float | None:
    log.debug("%d", number - 1)
    pairs = zip([1], [2], strict=True)
    return number / 2 if number is not None else None


class Half:
    def __repr__(self) -> str:
        return "half" * 2
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A project with one function and one test."""
    root = tmp_path_factory.mktemp("project")
    for folder in (*(f"digitviz/{name}" for name in CODE), "tests/training"):
        (root / folder).mkdir(parents=True)
    (root / "digitviz" / "training" / "half.py").write_text(SOURCE)
    (root / "tests" / "training" / "test_half.py").write_text("from digitviz.training.half import half\n")
    return root


def test_a_fault_changes_one_line_of_the_file(project):
    faults = sample(project, 100, seed=1)
    assert {fault.line for fault in faults} >= {3, 5, 6}
    for fault in faults:
        assert fault.source == SOURCE
        before, after = SOURCE.splitlines(), fault.mutated().splitlines()
        assert (
            fault.operator.endswith("RemoveDecorator") or sum(a != b for a, b in zip(before, after, strict=True)) == 1
        )
        assert ast.parse(fault.mutated())


def test_what_no_test_can_notice_is_not_tried(project):
    for fault in sample(project, 100, seed=1):
        after = fault.mutated()
        for untouched in ("@cache", "number: int | None", "-> float | None", "number - 1", "strict=True", '"half" * 2'):
            assert untouched in after


def test_none_is_told_apart_by_identity_or_equality_alike():
    spans = harmless_spans("")
    nothing = ((1, 0), (1, 1))
    assert is_harmless("core/ReplaceComparisonOperator_IsNot_NotEq", nothing, spans)
    assert not is_harmless("core/ReplaceComparisonOperator_NotEq_Is", nothing, spans)


def test_columns_are_counted_in_characters():
    (begin, end), *_ = harmless_spans('call("ä", strict=True)')
    assert (begin, end) == ((1, 10), (1, 21))


def test_a_seed_draws_the_same_faults_and_a_larger_sample_begins_with_a_smaller_one(project):
    small, large = sample(project, 3, seed=7), sample(project, 6, seed=7)
    assert [fault.id for fault in small] == [fault.id for fault in large[:3]]
    assert len({fault.id for fault in large}) == 6
    assert [fault.id for fault in sample(project, 6, seed=8)] != [fault.id for fault in large]


def test_what_was_noticed_is_not_tried_again_and_what_was_not_only_with_other_tests(tmp_path):
    file, (one, other) = tmp_path / "record" / "trials.jsonl", (Fault("a.py", "op", k, 1, "") for k in range(2))
    record = Record(file, "tests of today")
    record.add(one, "noticed", 1.0)
    record.add(other, "not noticed", 1.0)
    for tests, known in (("tests of today", "not noticed"), ("tests of tomorrow", None)):
        later = Record(file, tests)
        assert later.of(one).outcome == "noticed"
        assert (found.outcome if (found := later.of(other)) else None) == known


@pytest.fixture
def with_few_tests(tmp_path) -> Path:
    """A project with all our code and few of our tests: it takes a second to read all of them."""
    root = Path(__file__).parents[2]
    tests = [
        "training/test_pool", "training/test_workers", "training/test_run", "training/test_engines",
        "dashboard/session/test_current_run", "pages/test_draw", "pages/test_weights", "pages/test_train",
        "browser/test_living",
    ]  # fmt: skip
    for name in ("digitviz", "pages", *(f"tests/{test}.py" for test in tests)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(root / name)
    return tmp_path


def test_the_tests_of_a_module_are_known_by_how_near_they_are(with_few_tests):
    imports = Imports(with_few_tests)
    pool = imports.tests_of(Path("digitviz/training/pool.py"))
    assert pool[Path("tests/training/test_pool.py")] == 0
    assert pool[Path("tests/training/test_workers.py")] == 1  # same folder, imports it
    assert pool[Path("tests/training/test_run.py")] == 2  # same folder
    assert pool[Path("tests/dashboard/session/test_current_run.py")] == 2  # imports it
    kernels = imports.tests_of(Path("digitviz/training/engines/kernels.py"))
    assert kernels[Path("tests/training/test_engines.py")] == 2  # parent folder
    assert imports.tests_of(Path("digitviz/drawing/normalise.py"))[Path("tests/pages/test_draw.py")] == 3
    run = imports.tests_of(Path("digitviz/training/run.py"))
    assert run[Path("tests/pages/test_weights.py")] == 2  # imports it from the package
    source_code = imports.tests_of(Path("digitviz/dashboard/train/source_code.py"))
    assert source_code[Path("tests/pages/test_train.py")] == 2  # tests of the page that shows it
    assert not [test for test in (*pool, *run) if "browser" in test.parts]


def test_the_nearest_tests_come_first_and_of_equals_the_quickest(tmp_path):
    near, slow, quick, unknown = (Path(f"test_{name}.py") for name in ("near", "slow", "quick", "unknown"))
    for test in (near, slow, quick, unknown):
        (tmp_path / test).write_text("#" * 2000)  # estimate of two seconds, before a measurement
    durations = Durations(tmp_path, tmp_path / "seconds.json")
    for test, seconds in ((near, 9.0), (slow, 3.0), (quick, 1.0)):
        durations.add(test, seconds)
    for known in (durations, Durations(tmp_path, tmp_path / "seconds.json")):
        assert known.in_order({slow: 1, unknown: 1, quick: 1, near: 0}) == [near, quick, unknown, slow]
    (tmp_path / quick).write_text("# another test")
    assert quick not in Durations(tmp_path, tmp_path / "seconds.json")
