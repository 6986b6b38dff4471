"""Numbers in texts, controls and formulas; LaTeX for `st.latex`, in the colours of the figures."""

import math
import re
from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from digitviz import figures
from digitviz.dashboard.session.frame_choices import is_plain
from digitviz.language import gettext as _
from digitviz.lesson.dot_product import DotProduct
from digitviz.networks.activations import ACTIVATIONS
from digitviz.numbers import MINUS, numeral

SMALLEST, LARGEST = 1e-7, 1e9
"""Limits beyond which numbers are written with a power of ten."""
NARROW = 24
"""Number of characters of a sum that fit in one line on a phone."""
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


PLAIN_DIGITS, ALMOST_0 = 3, 0.0005
"""At School: maximum number of significant digits and of decimals, and the smallest number that is not "almost 0"."""


def decimals_for(value: float, digits: int) -> int:
    """Return the number of decimals needed for `digits` significant digits; 0 for 0, infinity and nan."""
    if not value or not math.isfinite(value):
        return 0
    return max(0, digits - 1 - math.floor(math.log10(abs(float(f"{value:.{digits}g}")))))


def fixed(value: float, decimals: int) -> str:
    """Format a number with a fixed number of decimals: −0.0052; 1,797."""
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else "∞" if value > 0 else f"{MINUS}∞"
    if is_plain():
        if 0 < abs(value) < ALMOST_0:
            return _("almost 0")
        decimals = min(decimals, PLAIN_DIGITS)
    if abs(value) >= LARGEST:
        return written(value)
    return numeral(float(f"{value:.{decimals}f}") or 0.0, f",.{decimals}f")  # no negative zero


def written(value: float, digits: int = 4) -> str:
    """Format a number with at most `digits` significant digits: 0.000001, −42.31, 3.3 · 10⁻¹⁰."""
    if is_plain() and abs(value) < ALMOST_0:
        return fixed(value, 0)
    mantissa, exponent = _parts(value, min(digits, PLAIN_DIGITS) if is_plain() else digits)
    return mantissa if exponent is None else f"{mantissa} · 10{str(exponent).translate(_RAISED)}"


def significant(value: float) -> str:
    """Format a number with three significant digits: 4.00, −0.0120. Below 0.001, zeros at the end are left out."""
    return written(value, 3) if 0 < abs(value) < 0.001 else fixed(value, decimals_for(value, 3))


def _parts(value: float, digits: int) -> tuple[str, int | None]:
    """Return the mantissa, and the exponent of ten or None."""
    if not math.isfinite(value) or not value or SMALLEST <= abs(value) < LARGEST:
        text = _trimmed(f"{value:.{decimals_for(value, digits)}f}") if math.isfinite(value) else ""
        return fixed(value, len(text.partition(".")[2])), None
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return numeral(Decimal(_trimmed(mantissa)), "f"), int(exponent)


def _trimmed(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def bare(value: float, digits: int = 4) -> str:
    """Format a number like `written`, in LaTeX, for the end of a formula or after a bracket."""
    if not math.isfinite(value):
        return r"\text{nan}" if math.isnan(value) else r"\infty" if value > 0 else r"-\infty"
    mantissa, exponent = _parts(value, digits)
    mantissa = mantissa.replace(MINUS, "-").replace(",", "{,}")
    return mantissa if exponent is None else rf"{mantissa} \cdot 10^{{{exponent}}}"


def tex_fixed(value: float, decimals: int) -> str:
    """Format a number like `fixed`, in LaTeX."""
    return fixed(value, decimals).replace(MINUS, "-").replace(",", "{,}")


def tex(value: float, digits: int = 4) -> str:
    """Format a number like `bare`, in brackets if it is negative, for use after another sign."""
    formula = bare(value, digits)
    return f"({formula})" if formula.startswith("-") else formula


def in_color(formula: str, color: str) -> str:
    """Colour a part of a formula like its subject in the figures.

    `color` is the light one of a pair. In the dark theme, the browser uses its counterpart.
    """
    return rf"\textcolor{{{color}}}{{{formula}}}"


def times(value: float, weight: float) -> str:
    """Format an input times its weight, in the colours of inputs and weights in figures of neurons."""
    return rf"{in_color(tex(value), figures.RECEIVES)} \times {in_color(tex(weight), figures.PASSES)}"


def show_lines(*lines: str, gap: str = "") -> None:
    r"""Show the lines of a formula, aligned at their `&`; `gap` is the space between them, for example "[2ex]"."""
    st.latex(r"\begin{aligned} " + rf" \\{gap} ".join(lines) + r" \end{aligned}")


def show_sum(letter: str, terms: Sequence[str], total: str) -> None:
    """Show a sum of LaTeX terms: in one line if it fits on a phone, otherwise with one line per term."""
    one_line = f"{letter} = {' + '.join(terms)} = {total}"
    seen = re.sub(r"\\textcolor\{#\w+\}|[{}\s]", "", one_line)
    if len(seen.replace(r"\times", "x").replace(r"\cdot", "x")) <= NARROW:
        st.latex(one_line)
    else:
        show_lines(rf"{letter} =\; & {terms[0]}", *(f"&+ {term}" for term in terms[1:]), rf"=\; & {{{total}}}")


def show_dot_product(dot: DotProduct, total: str) -> None:
    """Show a sum of products: the largest four of them, then the number of the others. `total` is its LaTeX name."""
    lines = [times(dot.values[place], dot.weights[place]) for place in dot.order[:4]]
    if len(dot.products) > 4:
        more = _("({count} more)").format(count=len(dot.products) - 4)
        lines.append(rf"{tex(dot.rest(4))} \ \text{{{more}}}")
    if dot.bias is not None:
        name = _("(bias)")
        lines.append(rf"{tex(dot.bias)}\ \text{{{name}}}")
    show_sum(in_color(total, figures.ADDS), lines, in_color(bare(dot.total), figures.ADDS))


def show_activation(name: str, total: float, output: float) -> None:
    """Show the formula of an activation, a name in `ACTIVATIONS`, applied to a neuron's sum."""
    a, result = (in_color(part, figures.SENDS) for part in ("a", bare(output)))
    applied = rf"{a} &= \sigma({in_color(bare(total), figures.ADDS)}) = {result}"
    show_lines(rf"\sigma(z) &= {ACTIVATIONS[name].formula}", applied)
