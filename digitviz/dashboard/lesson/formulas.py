"""Numbers in formulas: LaTeX for `st.latex`, in the colours of the pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from digitviz import figures
from digitviz.language import gettext as _
from digitviz.lesson.dot_product import DotProduct


def tex(value: float, digits: int = 4) -> str:
    r"""Write a number for a formula: -1.5 in brackets, 1e-06 as 1 \cdot 10^{-6}, infinity as its sign."""
    if not np.isfinite(value):
        return r"\text{nan}" if np.isnan(value) else r"\infty" if value > 0 else r"(-\infty)"
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return f"({text})" if text.startswith("-") else text


def bare(value: float, digits: int = 4) -> str:
    """Write a number for the end of a formula: as `tex`, without brackets."""
    return tex(value, digits).removeprefix("(").removesuffix(")")


def in_color(formula: str, color: str) -> str:
    """Write a part of a formula in the colour, the light one of a pair, that its subject has in a picture.

    The browser puts the counterpart in its place where the theme is dark.
    """
    return rf"\textcolor{{{color}}}{{{formula}}}"


def times(value: float, weight: float) -> str:
    """Write what enters a neuron times its weight, in the colours that both have wherever a neuron is drawn."""
    return rf"{in_color(tex(value), figures.RECEIVES)} \times {in_color(tex(weight), figures.PASSES)}"


NARROW = 24
"""Characters of a sum that fit in one line on a phone."""


def sum_of(letter: str, terms: Sequence[str], total: str) -> str:
    """Write a sum for `st.latex`: in one line if a phone holds it, else a line for each term.

    Parameters
    ----------
    letter : str
        Its name, in LaTeX.
    terms : sequence of str
    total : str
    """
    one_line = f"{letter} = {' + '.join(terms)} = {total}"
    seen = re.sub(r"\\textcolor\{#\w+\}|[{}\s]", "", one_line)
    if len(seen.replace(r"\times", "x").replace(r"\cdot", "x")) <= NARROW:
        return one_line
    lines = r" \\ &+ ".join(terms)
    return rf"\begin{{aligned}} {letter} =\; & {lines} \\ =\; & {{{total}}} \end{{aligned}}"


def spelled_out(dot: DotProduct, total: str, most: int = 4) -> str:
    """Write a sum of products for `st.latex`: the largest `most`, then how many more.

    Parameters
    ----------
    dot : DotProduct
    total : str
        The letters of the sum, in LaTeX.
    most : int
    """
    lines = [times(dot.values[place], dot.weights[place]) for place in dot.order[:most]]
    if len(dot.products) > most:
        more = _("({count} more)").format(count=len(dot.products) - most)
        lines.append(rf"{tex(dot.rest(most))} \ \text{{{more}}}")
    if dot.bias is not None:
        name = _("(bias)")
        lines.append(rf"{tex(dot.bias)}\ \text{{{name}}}")
    return sum_of(in_color(total, figures.ADDS), lines, in_color(bare(dot.total), figures.ADDS))


def all_products(dot: DotProduct, source: str) -> str:
    """Write every product of a sum as plain text, the largest first: "pixel 21: 16 × −0.041 = −0.657".

    Parameters
    ----------
    dot : DotProduct
    source : str
        What the values come from: "neuron" or "pixel".
    """
    named = _("pixel {number}: {product}") if source == "pixel" else _("neuron {number}: {product}")
    lines = []
    for place in dot.order:
        product = f"{dot.values[place]:>9.4g} × {dot.weights[place]:>10.4g} = {dot.products[place]:>10.4g}"
        lines.append(named.format(number=f"{place + 1:>3}", product=product))
    if dot.bias is not None:
        lines.append(_("bias: {value:.4g}").format(value=dot.bias))
    return "\n".join([*lines, _("sum: {value:.6g}").format(value=dot.total)]).replace("-", "−")
