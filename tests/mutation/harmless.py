"""General rules for changes of the code that no test can notice."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Span = tuple[tuple[int, int], tuple[int, int]]

SAME_ANSWER = {
    f"core/ReplaceComparisonOperator_{change}" for change in ("Is_Eq", "IsNot_NotEq", "Eq_Is", "NotEq_IsNot")
}
"""Identity instead of equality: equivalent for None, enum members and short texts, our only uses of it."""
CACHES = ("cache", "lru_cache", "cache_data", "njit")
"""Decorators that only affect speed."""
GUARDS = ("frozen", "strict")
"""Keywords that only reject input already excluded by the type checker or the caller."""
LAYOUT = ("columns", "container", "space")
"""Layout functions of Streamlit, whose numbers are widths and heights."""
SIZES = ("height", "width", "gap")


def harmless_spans(source: str) -> list[Span]:
    """Return the parts of a file to skip.

    These are annotations (never evaluated, because every file postpones them), log messages, `__repr__`, the decorators
    in `CACHES`, the keywords in `GUARDS`, and page layout.
    """
    lines = source.splitlines()
    return [
        ((node.lineno, _column(lines, node.lineno, node.col_offset)),
         (node.end_lineno, _column(lines, node.end_lineno, node.end_col_offset)))
        for outer in ast.walk(ast.parse(source)) for node in _harmless_within(outer)
    ]  # fmt: skip


def is_harmless(operator: str, span: Span, spans: list[Span]) -> bool:
    """Return whether cosmic-ray's `operator` at `span` has no noticeable effect.

    A decorator begins with its @, one character before its expression.
    """
    if operator in SAME_ANSWER:
        return True
    (line, column), end = span
    begin = (line, column + operator.endswith("RemoveDecorator"))
    return any(first <= begin and (end <= last or begin == first) for first, last in spans)


def _harmless_within(node: ast.AST) -> Iterator[ast.expr | ast.keyword | ast.stmt]:
    match node:
        case ast.FunctionDef(name="__repr__"):
            yield node
        case ast.FunctionDef(returns=returns, decorator_list=decorators):
            yield from [returns] if returns else []
            yield from (decorator for decorator in decorators if _name(decorator) in CACHES)
        case ast.arg(annotation=ast.expr() as annotation) | ast.AnnAssign(annotation=annotation):
            yield annotation
        case ast.Call(func=ast.Attribute(value=ast.Name(id="log"))):
            yield node
        case ast.Call(func=ast.Attribute(value=ast.Name(id="st"), attr=name), args=arguments) if name in LAYOUT:
            yield from arguments
        case ast.keyword(arg=name) if name in (*GUARDS, *SIZES):
            yield node


def _name(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _column(lines: list[str], line: int | None, offset: int | None) -> int:
    """Return the column in characters. `ast` counts bytes, cosmic-ray does not."""
    assert line is not None
    return len(lines[line - 1].encode()[:offset].decode())
