"""Arbitrary URLs: each page reads them, or shows a short message that URL text cannot break out of."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import strategies as st

from digitviz import Hyperparameters
from digitviz.dashboard.components import spotlight
from digitviz.dashboard.maps import controls
from digitviz.dashboard.questions import address
from digitviz.dashboard.runtime.outside import WrongAddress, explain
from digitviz.dashboard.session.addresses import from_address
from tests.fuzz import hostile
from tests.fuzz.pages import check_message, check_page, open_page
from tests.fuzz.settings import allowed

SPACES = ("pixels", "hidden_1", "logits", "w1_rows", "labels")

KNOWN = {
    "train": (*Hyperparameters.RANGES, "digits", "distorted", "split", spotlight.PARAMETER),
    "map": tuple(controls.SETTINGS),
    "sweep": (*Hyperparameters.RANGES, "by1", "by2", "by3", "seeds", "weights", "ready"),
    "why": (address.NETWORK, address.BATCH, address.DIGIT),
}
"""Pages that read their URL, and the parameters they know."""

Address = dict[str, str]


def addresses(page: str) -> st.SearchStrategy[Address]:
    """URLs of a page: its own parameters with hostile and valid values, and unknown parameters."""
    right = st.one_of(*(allowed(accepted).map(str) for accepted in Hyperparameters.RANGES.values()))
    values = hostile.texts() | hostile.numbers().map(str) | right | st.sampled_from(["pca", "labels", "yes", "3"])
    own = st.dictionaries(st.sampled_from(KNOWN[page]), values, max_size=8)
    foreign = st.dictionaries(hostile.texts(), hostile.texts(), max_size=4)
    many = st.integers(0, 1_000).map(lambda count: {f"p{number}": "" for number in range(count)})
    return st.builds(lambda *parts: {name: text for part in parts for name, text in part.items()}, own, foreign | many)


def _check(read: Callable[[Address], object]) -> Callable[[Address], None]:
    def check(address: Address) -> None:
        error = _refusal(read, address)
        if error is not None:
            check_message(explain(error, "The usual settings are used."))

    return check


def _refusal(read: Callable[[Address], object], address: Address) -> WrongAddress | None:
    try:
        read(dict(address))
    except WrongAddress as error:
        return error
    return None


def _opens(name: str) -> Callable[[Address], None]:
    def check(address: Address) -> None:
        page = open_page(name, address)
        check_page(page)
        page.run()  # with the URL that the page has written
        check_page(page)

    return check


def _sent(address: Address) -> Address:
    """Remove lone surrogates, which a browser cannot send."""
    return {name: text for name, text in address.items() if not re.search("[\ud800-\udfff]", name + text)}


KINDS = {
    "addresses of Train": (addresses("train"), _check(from_address)),
    "addresses of One map": (addresses("map"), _check(lambda address: controls.from_address(address, SPACES))),
}
PAGES = {
    "the Train page at an address": (addresses("train").map(_sent), _opens("train")),
    "the Sweep page at an address": (addresses("sweep").map(_sent), _opens("sweep")),
    "the One map page at an address": (addresses("map").map(_sent), _opens("map")),
    "the Why page at an address": (addresses("why").map(_sent), _opens("why")),
    "a page that reads no address, at one": (addresses("train").map(_sent), _opens("neuron")),
}
"""Like `KINDS`, but each value opens a page, which takes half a second."""
