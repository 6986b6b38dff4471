"""Tables as HTML."""

from collections.abc import Sequence
from html import escape


def html_table(head: Sequence[str], rows: Sequence[Sequence[str]], label: str) -> str:
    """Return the HTML of a table whose first column names the rows. On a phone, each row is a block."""
    titles = [*map(escape, head)]
    top, cell = "".join(f'<th scope="col"><bdi>{title}</bdi></th>' for title in titles), '<td data-title="{}">{}</td>'
    read = [(escape(name), "".join(map(cell.format, titles[1:], map(escape, rest)))) for name, *rest in rows]
    body = "".join(f'<tr><th scope="row">{name}</th>{cells}</tr>' for name, cells in read)
    return (
        f'<div class="digitviz-compared digitviz-blocks" role="region" aria-label="{escape(label)}" tabindex="0">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )
