"""What a session offers its browser: files to download, and digits that follow a slider.

A file is made when the browser asks for it, outside the session's pages. Streamlit drops its own deferred
downloads when the page runs between the click and the file. Offers here stay until others replace them, or the session
is closed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from digitviz.dashboard.components.files import download_button
from digitviz.dashboard.components.training_slider import packed_digits, that_follow
from digitviz.dashboard.session.addresses import digits_address, file_address
from digitviz.dashboard.session.lease import Kind, held_by, lease
from digitviz.datasets import DigitDataset
from digitviz.language import language, speaking
from digitviz.training.run import TrainingRun

MAX_CHARACTERS = 100
"""Limit for the name of a file."""
CSV = "text/csv"


class CannotBeMade(Exception):
    """A file cannot be made; the message is for the visitor, in the language of the page."""


@dataclass(frozen=True, eq=False)
class File:
    """A file to download."""

    content: bytes
    name: str
    mime: str

    @property
    def safe_name(self) -> str:
        """The name in characters that headers and all systems accept: ASCII letters, digits, and ``._-``."""
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name).strip("-.")
        return name[-MAX_CHARACTERS:] or "digitviz"


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
_DIGITS = Kind[dict[str, DigitDataset]](dict.clear)


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
        Key of the button, and of the file in its address.
    make : callable
        As for `Offer`. The session keeps it until another takes its place, so it must not hold much.
    disabled : bool
        True if there is nothing to download now.
    with_icon : bool
    width : {"content", "stretch"}
    """
    address = None
    if not disabled:
        lease().held_or(OFFERS, dict)[key] = Offer(make, language())
        address = file_address(lease().token, key)
    download_button(key, label, address, with_icon, width)


def offered(token: str, key: str) -> Offer | None:
    """Return what the session with this token offers under a key; None if it offers nothing there, or is closed."""
    return (held_by(token, OFFERS) or {}).get(key)


def offer_digits(run: TrainingRun, sets: Sequence[DigitDataset]) -> dict[str, str]:
    """Offer those digits that can follow the slider of a run; return their addresses by their ids."""
    held = lease().hold(_DIGITS, {digits.id: digits for digits in that_follow(run, sets)})
    return {id: digits_address(lease().token, run, id) for id in held}


def offered_digits(token: str, id: str) -> bytes | None:
    """Return digits for the browser of the session with this token; None if it does not offer them."""
    digits = (held_by(token, _DIGITS) or {}).get(id)
    return None if digits is None else packed_digits(digits)
