"""Data that a session offers its browser: files to download, and digits that follow a slider.

The server makes a file when the browser requests it, outside the session's pages. Streamlit drops its own deferred
downloads when the page runs between the click and the file. Our offers stay until others replace them or the session
closes.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from digitviz.dashboard.components.files import download_button
from digitviz.dashboard.components.training_slider import packed_digits, that_follow
from digitviz.dashboard.session.addresses import FILES, digits_address
from digitviz.dashboard.session.lease import Kind, held_by, lease
from digitviz.datasets import DigitDataset
from digitviz.language import language, speaking
from digitviz.training.run import TrainingRun

MAX_CHARACTERS = 100
"""Maximum length of a file name, in characters."""
CSV = "text/csv"


class CannotBeMade(Exception):
    """Raised if a file cannot be made. The message is for the visitor, in the language of the page."""


@dataclass(frozen=True, eq=False)
class File:
    """A file to download."""

    content: bytes
    name: str
    mime: str

    @property
    def safe_name(self) -> str:
        """The name, limited to characters that headers and all systems accept: ASCII letters, digits, and ``._-``."""
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name).strip("-.")
        return name[-MAX_CHARACTERS:] or "digitviz"


@dataclass(frozen=True, eq=False)
class Offer:
    """A file that can be made on request, and the language of the page that offers it.

    Parameters
    ----------
    make : callable
        Makes the file, in a thread without the session's state. Raises `CannotBeMade`.
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
        Key of the button, and of the file in its URL.
    make : callable
        Same as for `Offer`. The session keeps it until the next offer, so it must not hold much memory.
    disabled : bool
        True if there is nothing to download.
    with_icon : bool
    width : {"content", "stretch"}
    """
    address = None
    if not disabled:
        lease().held_or(OFFERS, dict)[key] = Offer(make, language())
        address = FILES.format(token=lease().token, key=key)
    download_button(key, label, address, with_icon, width)


def offered(token: str, key: str) -> Offer | None:
    """Return what the session with this token offers under a key. None if there is no such offer or session."""
    return (held_by(token, OFFERS) or {}).get(key)


def offer_digits(run: TrainingRun, sets: Sequence[DigitDataset]) -> dict[str, str]:
    """Offer the digits that can follow the slider of a run. Return their URLs by id."""
    held = lease().hold(_DIGITS, {digits.id: digits for digits in that_follow(run, sets)})
    return {id: digits_address(lease().token, run, id) for id in held}


def offered_digits(token: str, id: str) -> bytes | None:
    """Return the digits that the session with this token offers. None if it does not offer them."""
    digits = (held_by(token, _DIGITS) or {}).get(id)
    return None if digits is None else packed_digits(digits)
