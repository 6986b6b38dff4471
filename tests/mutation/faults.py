"""The faults that can be put into the code, and a random sample of them."""

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
"""Folders of `digitviz` whose faults are tried: all but layout, words and figures."""
Span = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Fault:
    """One change of one place in the code.

    Parameters
    ----------
    module : str
        Path of the file, from the root of the project.
    operator : str
        What is done, as cosmic-ray names it.
    occurrence : int
        To which of the places in the file where this can be done.
    line : int
        Where that is.
    source : str
        The file as it is.
    """

    module: str
    operator: str
    occurrence: int
    line: int
    source: str

    @property
    def id(self) -> str:
        """The same for the same change of the same file."""
        return hashlib.sha256(repr((self.module, self.operator, self.occurrence, self.source)).encode()).hexdigest()[
            :16
        ]

    def mutated(self) -> str:
        """Return the file with the fault in it."""
        return mutate_code(self.source, get_operator(self.operator)(), self.occurrence)

    def diff(self) -> str:
        """Return the change as a unified diff, with one line around it."""
        before, after = self.source.splitlines(), self.mutated().splitlines()
        return "\n".join(difflib.unified_diff(before, after, self.module, self.module, lineterm="", n=1))


def modules(root: Path) -> list[Path]:
    """Return the files whose faults are tried."""
    return sorted(path for folder in CODE for path in (root / "digitviz" / folder).rglob("*.py") if path.stat().st_size)


def sample(root: Path, size: int, seed: int) -> list[Fault]:
    """Draw places in the code at random, and for each one of the faults that can be made there.

    Places and not faults are drawn: a plus sign can be made into ten other operators, and would count ten times. A
    larger sample of the same seed begins with the smaller one.
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
    """Return the places of a file, and which operators can be applied there, as their how-manieth occurrence."""
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
    """Name cosmic-ray's operators, but for those that have to be told which variables to change."""
    return (name for name in operator_names() if not get_operator(name).arguments())


def _is_another_program(fault: Fault) -> bool:
    """Whether the fault leaves a program, and not the one that it was."""
    try:
        return ast.dump(ast.parse(fault.mutated())) != ast.dump(ast.parse(fault.source))
    except SyntaxError:
        return False
