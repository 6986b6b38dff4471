"""The possible faults in the code, and a random sample of them."""

from __future__ import annotations

import ast
import difflib
import hashlib
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from tests.mutation.harmless import harmless_spans, is_harmless

CODE = (
    "networks", "training", "projections", "drawing", "explanations",
    "dashboard/runtime", "dashboard/session", "dashboard/server", "dashboard/train",
)  # fmt: skip
"""Folders of `digitviz` to test with faults: all except layout, texts and figures."""
Span = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Fault:
    """One change at one place in the code.

    Parameters
    ----------
    module : str
        Path of the file, relative to the project.
    operator : str
        Name of the change in cosmic-ray.
    occurrence : int
        Index among the possible places for this change in the file.
    line : int
    source : str
        Unchanged content of the file.
    """

    module: str
    operator: str
    occurrence: int
    line: int
    source: str

    @property
    def id(self) -> str:
        """Id of the change, the same for the same change of the same file."""
        return hashlib.sha256(repr((self.module, self.operator, self.occurrence, self.source)).encode()).hexdigest()[
            :16
        ]

    def mutated(self) -> str:
        """Return the file with the fault."""
        return mutate_code(self.source, get_operator(self.operator)(), self.occurrence)

    def diff(self) -> str:
        """Return the change as a unified diff with one line of context."""
        before, after = self.source.splitlines(), self.mutated().splitlines()
        return "\n".join(difflib.unified_diff(before, after, self.module, self.module, lineterm="", n=1))


def modules(root: Path) -> list[Path]:
    """Return the files to test with faults."""
    return sorted(path for folder in CODE for path in (root / "digitviz" / folder).rglob("*.py") if path.stat().st_size)


def sample(root: Path, size: int, seed: int) -> list[Fault]:
    """Sample places in the code, and one possible fault for each.

    The sample is of places, not of faults: a plus sign has ten possible faults, and would count ten times. A larger
    sample with the same seed begins with the smaller one.
    """
    places = [(path, span, ways) for path in modules(root) for span, ways in sorted(_places(path).items())]
    chance = random.Random(seed)
    chance.shuffle(places)
    found: list[Fault] = []
    for path, span, ways in places:
        operator, occurrence = chance.choice(ways)
        fault = Fault(str(path.relative_to(root)), operator, occurrence, span[0][0], path.read_text())
        if len(found) < size and _is_another_program(fault):
            found.append(fault)
    return found


def _places(path: Path) -> dict[Span, list[tuple[str, int]]]:
    """Return the places in a file, each with the operators that apply there and the indices of their occurrences."""
    source = path.read_text()
    nodes = [*ast_nodes(get_ast(source))]
    spans = harmless_spans(source)
    places: dict[Span, list[tuple[str, int]]] = defaultdict(list)
    for name in _operators():
        operator = get_operator(name)()
        positions = [span for node in nodes for span in operator.mutation_positions(node)]
        for occurrence, span in enumerate(positions):
            if not is_harmless(name, span, spans):
                places[span].append((name, occurrence))
    return places


def _operators() -> Iterator[str]:
    """Return the names of cosmic-ray's operators, except those that need arguments."""
    return (name for name in operator_names() if not get_operator(name).arguments())


def _is_another_program(fault: Fault) -> bool:
    """Return whether the fault gives a valid program that differs from the original."""
    try:
        return ast.dump(ast.parse(fault.mutated())) != ast.dump(ast.parse(fault.source))
    except SyntaxError:
        return False
