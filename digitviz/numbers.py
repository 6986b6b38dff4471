"""Numbers as a person writes them."""

from __future__ import annotations

from decimal import Decimal

MINUS = "−"


def plain_number(number: float) -> str:
    """Write a number with all its digits and no power of ten: 0.000001 rather than 1e-06, 16,000, −0.5.

    Parameters
    ----------
    number : float
        A finite one.
    """
    written = f"{abs(Decimal(repr(number))):,f}"
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return f"{MINUS}{written}" if number < 0 else written
