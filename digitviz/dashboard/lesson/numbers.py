"""One number format for texts, controls and formulas: decimals as long as they can be read, and a true minus."""

from __future__ import annotations

import math

SMALLEST, LARGEST = 1e-7, 1e9
"""Beyond these a number has a power of ten."""
MINUS = "−"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def decimals_for(value: float, digits: int) -> int:
    """Return after how many decimals a number has so many significant digits; 0 for 0, infinity and nan."""
    if not value or not math.isfinite(value):
        return 0
    return max(0, digits - 1 - math.floor(math.log10(abs(float(f"{value:.{digits}g}")))))


def fixed(value: float, decimals: int) -> str:
    """Write a number with so many decimals, for numbers that stand in a row: −0.0052; 1,797."""
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else "∞" if value > 0 else f"{MINUS}∞"
    if abs(value) >= LARGEST:
        return written(value)
    text = f"{value:,.{decimals}f}"
    return text.replace("-", MINUS) if text.strip("-0.,") else text.removeprefix("-")


def written(value: float, digits: int = 4) -> str:
    """Write a number with at most so many significant digits: 0.000001, −42.31, 3.3 · 10⁻¹⁰."""
    mantissa, exponent = _parts(value, digits)
    return mantissa if exponent is None else f"{mantissa} · 10{str(exponent).translate(_RAISED)}"


def tex_of(value: float, digits: int = 4) -> str:
    """Write the same for the end of a formula, in LaTeX."""
    mantissa, exponent = _parts(value, digits)
    if not math.isfinite(value):
        return r"\text{nan}" if math.isnan(value) else r"\infty" if value > 0 else r"-\infty"
    mantissa = mantissa.replace(MINUS, "-").replace(",", "{,}")
    return mantissa if exponent is None else rf"{mantissa} \cdot 10^{{{exponent}}}"


def in_brackets(formula: str) -> str:
    """Put a number of a formula into brackets if it is negative, as after another sign."""
    return f"({formula})" if formula.startswith("-") else formula


def _parts(value: float, digits: int) -> tuple[str, int | None]:
    """Return what is written before the power of ten, and its exponent, if there is one."""
    if not math.isfinite(value) or not value or SMALLEST <= abs(value) < LARGEST:
        text = _trimmed(f"{value:.{decimals_for(value, digits)}f}") if math.isfinite(value) else ""
        return fixed(value, len(text.partition(".")[2])), None
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return _trimmed(mantissa).replace("-", MINUS), int(exponent)


def _trimmed(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number
