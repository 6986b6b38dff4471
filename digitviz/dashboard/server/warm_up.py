"""What the server does behind the visitors' backs: it gets ready what they will need, and tidies up after them."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import sys
import threading
import time
from collections.abc import Callable

import streamlit as st

from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.server.assets import packed_plotly
from digitviz.dashboard.session.storage import store

SWEEP_SECONDS = 10.0
ENGINE_SECONDS = 1.0
MAPS_SECONDS = 5.0
"""After so long the compiled engine and then the maps are made ready: the first visitor's first page goes first."""
PAGE_SECONDS = 2.5
MAX_PAGES = 4
"""A page that has just been asked for is waited for so long, and so many times at most."""
WARM_UP = "digitviz-warm-up"

log = logging.getLogger(__name__)


def begin(over: threading.Event) -> None:
    """Load what every page needs, now; the rest and the tidying up go on until `over` is set."""
    threading.Thread(target=store, name="digitviz-open-store", daemon=True).start()
    load_what_pages_need()
    threading.Thread(target=_warm_up, args=(over,), name=WARM_UP, daemon=True).start()
    threading.Thread(target=_sweep, args=(over,), name="digitviz-sweep", daemon=True).start()


def is_warming() -> bool:
    """Whether something is still being made ready."""
    return any(thread.name == WARM_UP for thread in threading.enumerate())


def load_what_pages_need() -> None:
    """Load what the first visitor would wait for longer than the server does now, alone."""
    import scipy.spatial  # noqa: F401

    from digitviz.dashboard.session import current_run

    current_run.shipped_digits()
    packed_plotly("plane.min.js")


def _sweep(over: threading.Event) -> None:
    """Give the memory of closed sessions back, as long as there may be any.

    Streamlit's own collection after every run is switched off (it costs 0.2 s each time); what a closed session
    leaves are cycles that nobody else would free, recorded trainings among them.
    """
    kept = float(st.get_option("server.disconnectedSessionTTL"))  # seconds until Streamlit gives a session up
    while not over.wait(SWEEP_SECONDS):
        if time.monotonic() - shared().session_closed_at < kept + 2 * SWEEP_SECONDS:
            gc.collect()
            if sys.platform == "linux":
                with contextlib.suppress(OSError, AttributeError):  # another libc has no such call
                    ctypes.CDLL("libc.so.6").malloc_trim(0)


def _warm_up(over: threading.Event) -> None:
    over.wait(ENGINE_SECONDS)
    for _ in range(MAX_PAGES):
        left = shared().page_asked_at + PAGE_SECONDS - time.monotonic()
        if left > 0:
            over.wait(left)
    from digitviz.training import engines

    _make_ready(engines.warm_up, "the compiled engine is not to be had: %s")  # numpy serves; the page says so
    from digitviz.dashboard.server.demonstration import Demonstration

    shared().get(Demonstration).train(over)
    if not over.wait(MAPS_SECONDS):
        from digitviz import projections

        _make_ready(projections.warm_up, "the maps could not be made ready: %s")  # a page that needs them says so
    gc.collect()
    gc.freeze()  # what is loaded by now stays: no collection need look at it again, so that a sweep takes milliseconds


def _make_ready(warm_up: Callable[[], None], trouble: str) -> None:
    try:
        warm_up()
    except (ImportError, RuntimeError) as error:
        log.warning(trouble, error)
