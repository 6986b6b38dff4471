"""CSS for figures whose size depends on the browser window."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

FILM_BAR, FILM_BAR_ON_A_PHONE = 44, 96
"""Height in pixels of the controls of an animation below a figure, as in `plot.js`."""
WIDEST = 62
"""Limit for the height of a figure that fills the window, in percent of the width of the window."""
NARROW = 1000
"""Width of a window in pixels, up to which words are below a square figure."""
_WIDE, _PHONE = "@media (min-width: 640px)", "@media (max-width: 639px)"


def squares(prefix: str, with_film: Iterable[int]) -> None:
    """Make figures square from the first paint, with their words beside them, or below in a narrow window.

    Parameters
    ----------
    prefix : str
        Prefix of the keys of their containers, which a number follows.
    with_film : iterable of int
        Numbers of the figures that reserve space for the controls of an animation, so that nothing moves later.
    """
    within = f'[class*="st-key-{prefix}"]'
    filmed = ", ".join(f".st-key-{prefix}{number}" for number in with_film)
    st.html(f"""<style>
{within} .stElementContainer:has(> .stBidiComponent), {within} .stBidiComponent,
{within} [data-testid=stBidiComponentRegular] {{ height: auto; flex: none; }}
{within} {{ display: grid; grid-template: auto 1fr / 1fr 1fr; gap: .3rem .8rem; align-items: start; }}
{within} > :has(> .stBidiComponent) {{ grid-row: 1 / 3; min-width: 0; }}
@media (max-width: {NARROW}px) {{ {within} {{ display: flex; }} }}
{within} .stBidiComponent:not(:has(.digitviz-plot)) {{ aspect-ratio: 1; }}
{within} .digitviz-film .words {{ display: none; }}
{within} .digitviz-plot {{ height: auto !important; aspect-ratio: 1; }}
:is({filmed}) {{ --film: {FILM_BAR}px; }}
{_PHONE} {{ :is({filmed}) {{ --film: {FILM_BAR_ON_A_PHONE}px; }} }}
:is({filmed}) .stBidiComponent:not(:has(.digitviz-plot)) {{ margin-bottom: var(--film); }}
:is({filmed}) [data-testid=stBidiComponentRegular] > div:last-child {{ min-height: var(--film); }}
</style>""")


def fill_screen(key: str, least: int, above: int, phone: int | None = None) -> None:
    """Make a figure fill the window to the bottom, at least `least` pixels high.

    In a window that is higher than wide, it leaves the bottom free, because a picture can only grow with its width.

    Parameters
    ----------
    key : str
        Key of the figure.
    least : int
        Height in pixels, including everything below the figure in its component.
    above : int
        Pixels of the window above the figure and below it.
    phone : int, optional
        Height in pixels on a phone. By default `least`.
    """
    inner = f".st-key-{key} [data-testid=stBidiComponentRegular]"
    st.html(f"""<style>
.st-key-{key}, .st-key-{key} .stBidiComponent {{ height: auto; flex: none; }}
{inner} {{ height: {phone or least}px; display: flex; flex-direction: column; }}
{inner} > .digitviz-frame {{ flex: 1 1 0; min-height: 0; display: flex; flex-direction: column; }}
{inner} .digitviz-plot {{ flex: 1 1 0; min-height: 0; height: auto !important; }}
{_WIDE} {{ {inner} {{ height: max({least}px, min(calc(100vh - {above}px), {WIDEST}vw)); }} }}
</style>""")
