"""Tests related to a module: those of its folder, and those of its importers."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path


class Imports:
    """Import graph of the project, including imports inside functions.

    Parameters
    ----------
    root : Path
        The project.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file = functools.cache(self._find)
        self._re_exports: dict[str, dict[str, str]] = {}
        code = [*(root / "digitviz").rglob("*.py"), *(root / "pages").glob("*.py")]
        self._code = {path.relative_to(root): self.of(path) for path in code}
        tests = [path for path in (root / "tests").rglob("test_*.py") if "browser" not in path.parts]
        self._tests = {path.relative_to(root): self.of(path) for path in sorted(tests)}

    def of(self, path: Path) -> set[Path]:
        """Return the project's modules that a file imports."""
        return {module for module in self._names(ast.parse(path.read_text())) if module is not None}

    def tests_of(self, module: Path) -> dict[Path, int]:
        """Return the test files related to a module, with their distances. Browser tests are excluded.

        Distance 0: the test with its name. 1: tests of its folder that import it. 2: other tests of its folder, other
        tests that import it, and tests of the page that shows it. 3: tests of the modules and pages that import it.
        """
        importers = {path for path, imported in self._code.items() if module in imported}
        folders = [self._mirror(path) for path in importers if path.name != "__init__.py"]

        def distance(test: Path) -> int:
            imports, beside = module in self._tests[test], test.parent == self._mirror(module)
            if beside and test.stem == f"test_{module.stem}":
                return 0
            if beside or imports:
                return 1 if beside and imports else 2
            page = test.parent == Path("tests/pages") and Path("pages", test.name.removeprefix("test_")) in importers
            if page and "dashboard" in module.parts:
                return 2
            if page or importers & self._tests[test] or (test.parent in folders and test.parent != Path("tests/pages")):
                return 3
            return 4

        return {test: far for test in self._tests if (far := distance(test)) < 4}

    def _mirror(self, module: Path) -> Path:
        """Return the test folder of a module, or of the nearest package around it that has one."""
        if module.parts[0] != "digitviz":
            return Path("tests/pages")
        folder = Path("tests", *module.parent.parts[1:])
        while not (self._root / folder).is_dir():
            folder = folder.parent
        return folder

    def _names(self, tree: ast.Module) -> Iterator[Path | None]:
        for node in ast.walk(tree):
            match node:
                case ast.ImportFrom(module=str(module), names=names):
                    yield from (self._resolve(module, name.name) for name in names)
                case ast.Import(names=names):
                    yield from (self._file(name.name) for name in names)
                case ast.Attribute(value=ast.Name(id="digitviz"), attr=name):
                    yield self._resolve("digitviz", name)

    def _resolve(self, module: str, name: str) -> Path | None:
        """Return the file that defines a name imported from a module."""
        if (inner := self._file(f"{module}.{name}")) is not None:
            return inner
        file = self._file(module)
        if file is None or file.name != "__init__.py":
            return file
        if module not in self._re_exports:
            tree = ast.parse((self._root / file).read_text())
            imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
            self._re_exports[module] = {alias.name: str(node.module) for node in imports for alias in node.names}
        origin = self._re_exports[module].get(name)
        return self._resolve(origin, name) if origin else file

    def _find(self, module: str) -> Path | None:
        path = Path(*module.split("."))
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if module.startswith("digitviz") and (self._root / candidate).exists():
                return candidate
        return None
