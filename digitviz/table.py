"""Tables as files: how numbers are downloaded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence


def csv_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    r"""Write a table as comma-separated values.

    Parameters
    ----------
    header : sequence of str
        The names of the columns.
    rows : iterable of sequence
        Each as long as the header. A Python float is written with all its digits, so that it reads back unchanged.

    Returns
    -------
    bytes
        UTF-8, each line ended by "\r\n" as RFC 4180 has it.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
