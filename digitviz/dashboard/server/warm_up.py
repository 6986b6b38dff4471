"""Background work of the server: preparation for visitors and freeing memory."""

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
from digitviz.dashboard.session.example import Example, example
from digitviz.dashboard.session.storage import store, values

SWEEP_SECONDS = 10.0
ENGINE_SECONDS = 1.0
MAPS_SECONDS = 5.0
"""Delays before the server prepares the compiled engine and the maps, so that the first page comes first."""
MAPS_POLL_SECONDS = 0.5
OBJECTS_PER_COLLECTION = 10_000
"""Number of new objects after which Python looks for unused ones among them; 700 by default."""
WARM_UP = "digitviz-warm-up"

log = logging.getLogger(__name__)


def begin(over: threading.Event) -> None:
    """Load what every page needs now. Preparation and freeing memory continue in threads until `over` is set."""
    threading.Thread(target=store, name="digitviz-open-store", daemon=True).start()
    load_what_pages_need()
    collect_rarely()
    threading.Thread(target=_warm_up, args=(over,), name=WARM_UP, daemon=True).start()
    threading.Thread(target=_sweep, args=(over,), name="digitviz-sweep", daemon=True).start()


def is_warming() -> bool:
    """Return whether the server is still preparing something."""
    return any(thread.name == WARM_UP for thread in threading.enumerate())


def load_what_pages_need() -> None:
    """Load in advance what would take longer during the first visit."""
    import scipy.spatial  # noqa: F401

    from digitviz.dashboard.session import current_run

    current_run.shipped_digits()
    shared().get(packed_plotly, "plane.min.js")


def collect_rarely() -> None:
    """Exclude everything loaded so far from Python's garbage collections, and make them rare.

    Otherwise collections take a third of the server's time if a class of 100 comes just after the start: messages to
    browsers are many small objects, and Python would check all loaded modules for every 70,000 of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_PER_COLLECTION)


def _sweep(over: threading.Event) -> None:
    """Free the memory of closed sessions, as long as there may be any.

    Streamlit's own collection after every run is switched off, because it takes 0.2 s each time. A closed session
    leaves reference cycles that nothing else would free, including recorded runs.
    """
    kept = float(st.get_option("server.disconnectedSessionTTL"))  # seconds until Streamlit discards a session
    while not over.wait(SWEEP_SECONDS):
        if time.monotonic() - shared().session_closed_at < kept + 2 * SWEEP_SECONDS:
            gc.collect()
            if sys.platform == "linux":
                with contextlib.suppress(OSError, AttributeError):  # other C libraries do not have this function
                    ctypes.CDLL("libc.so.6").malloc_trim(0)


def _warm_up(over: threading.Event) -> None:
    held = shared().get(Example)
    held.is_coming = True
    over.wait(ENGINE_SECONDS)
    from digitviz.training import engines

    _make_ready(engines.warm_up, "the compiled engine is not available: %s")  # NumPy is used, and the page says so
    try:
        held.train(over)
    finally:
        held.is_coming = False
    if not over.wait(MAPS_SECONDS):
        from digitviz import projections

        _make_ready(projections.warm_up, "the maps could not be prepared: %s")  # a page that needs them says so
        _compute_first_maps(over)
    collect_rarely()


def _compute_first_maps(over: threading.Event) -> None:
    """Compute the maps that the gallery shows to its first visitors. Otherwise a whole class would wait for them."""
    from digitviz.dashboard.maps.gallery import gallery_panels

    run = example()
    if run is not None:
        wanted = [panel.request.value() for panel in gallery_panels(run.snapshot)]
        values().ask(WARM_UP, wanted)
        while not all(values().standing(WARM_UP, each.id).finished for each in wanted):
            if over.wait(MAPS_POLL_SECONDS):
                break
        values().withdraw(WARM_UP)


def _make_ready(warm_up: Callable[[], None], trouble: str) -> None:
    try:
        warm_up()
    except Exception as error:  # numba has errors of its own
        log.warning(trouble, error)
