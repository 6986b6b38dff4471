"""What a session can take home as files. Each is made when the browser asks for it, outside the session's pages.

Streamlit's own deferred downloads are dropped when the page is run between the click and the file. What is offered
here stays until it is offered anew, or the session is closed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from digitviz.dashboard.components.download import download_button
from digitviz.dashboard.session.addresses import file_address
from digitviz.dashboard.session.lease import Kind, lease, lease_of
from digitviz.language import language, speaking

MOST_CHARACTERS = 100
"""Of the name of a file."""
CSV = "text/csv"


class CannotBeMade(Exception):
    """A file cannot be made; the message is for the visitor, in the language that is spoken."""


@dataclass(frozen=True, eq=False)
class File:
    """A file to take home.

    Parameters
    ----------
    content : bytes
    name : str
    mime : str
    """

    content: bytes
    name: str
    mime: str

    @property
    def safe_name(self) -> str:
        """The name as a header and any system can bear it: ASCII letters, digits, and ``._-``."""
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name).strip("-.")
        return name[-MOST_CHARACTERS:] or "digitviz"


@dataclass(frozen=True, eq=False)
class Offer:
    """A file that can be made, and the language of the page that offers it.

    Parameters
    ----------
    make : callable
        Makes the file, in a thread that knows nothing of the session; raises `CannotBeMade`.
    language : str
    """

    make: Callable[[], File]
    language: str

    def file(self) -> File:
        """Make the file."""
        with speaking(self.language):
            return self.make()


OFFERS = Kind[dict[str, Offer]](dict.clear)


def download(
    label: str,
    key: str,
    make: Callable[[], File],
    disabled: bool = False,
    with_icon: bool = False,
    width: Literal["content", "stretch"] = "content",
) -> None:
    """Show a button for a file.

    Parameters
    ----------
    label : str
    key : str
        Of the button, and of the file in its address.
    make : callable
        As for `Offer`. It is kept as long as the session, or until another takes its place: what it holds is to be
        small.
    disabled : bool
        Whether there is nothing to be made now.
    with_icon : bool
    width : {"content", "stretch"}
    """
    address = None
    if not disabled:
        offers = lease().held(OFFERS)
        if offers is None:
            offers = lease().hold(OFFERS, {})
        offers[key] = Offer(make, language())
        address = file_address(lease().token, key)
    download_button(key, label, address, with_icon, width)


def offered(token: str, key: str) -> Offer | None:
    """Return what the session with this token offers under a key; None if it offers nothing there, or is closed."""
    found = lease_of(token)
    offers = None if found is None else found.held(OFFERS)
    return None if offers is None else offers.get(key)
