"""The addresses of a session: where its browser asks for what belongs to it, and what a page writes into its own."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

from digitviz.language import language
from digitviz.training.run import TrainingRun

OF_THE_FRAME = ("lang", "step", "embed", "run")
"""Parameters that are not a page's own settings: it neither reads nor loses them."""


FEED = "digitviz-feed/{token}"
"""Where the training with this token is asked for, as a route has it."""


def feed_address(token: str) -> str:
    """Return where the browser asks for the training with this token, in the language that is spoken."""
    return f"{FEED.format(token=token)}?lang={language()}"


FILES = "digitviz-files/{token}/{key}"
"""Where a file that the session with this token offers is asked for, as a route has it."""


def file_address(token: str, key: str) -> str:
    """Return where the browser asks for a file of the session with this token."""
    return FILES.format(token=token, key=key)


STOPS = f"{FEED}/stops"
"""Where the weights of that training are asked for."""


def stops_address(token: str, run: TrainingRun) -> str:
    """Return where the browser asks for the weights of a run as it stands; they are always the same there."""
    return f"{STOPS.format(token=token)}?{urlencode({'run': run.serial, 'step': run.step})}"


def digits_address(token: str, run: TrainingRun, id: str) -> str:
    """Return where the browser asks for the digits with this id, to read them with the weights of a run."""
    return f"{STOPS.format(token=token)}?{urlencode({'run': run.serial, 'digits': id})}"


def own_parameters() -> dict[str, str]:
    """Return the parameters in the page's address that are its own. Untrusted."""
    return {name: text for name, text in st.query_params.to_dict().items() if name not in OF_THE_FRAME}


def write(wanted: Mapping[str, str]) -> None:
    """Write a page's own parameters into its address; those of the frame stay."""
    if own_parameters() == wanted:
        return
    frame = {name: text for name, text in st.query_params.to_dict().items() if name in OF_THE_FRAME}
    st.query_params.from_dict({**wanted, **frame})
