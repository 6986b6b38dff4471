"""Sizes of pictures that depend on the screen, which only the browser knows."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

FILM_BAR, FILM_BAR_ON_A_PHONE = 44, 96
"""Height of what is below a picture with the button and the slider of its film, in pixels, as in `plot.js`."""
_WIDE, _PHONE = "@media (min-width: 640px)", "@media (max-width: 639px)"


def squares(prefix: str, with_film: Iterable[int]) -> None:
    """Make pictures as high as they are wide, from the start.

    Parameters
    ----------
    prefix : str
        Each is in a container whose key is this and a number.
    with_film : iterable of int
        Numbers of those below which the row of a film's slider is kept free, so that nothing moves when it appears.
    """
    within = f'[class*="st-key-{prefix}"]'
    filmed = ", ".join(f".st-key-{prefix}{number}" for number in with_film)
    st.html(f"""<style>
{within} .stElementContainer:has(> .stBidiComponent), {within} .stBidiComponent,
{within} [data-testid=stBidiComponentRegular] {{ height: auto; flex: none; }}
{within} .stBidiComponent:not(:has(.digitviz-plot)) {{ aspect-ratio: 1; }}
{within} .digitviz-plot {{ height: auto !important; aspect-ratio: 1; }}
:is({filmed}) {{ --film: {FILM_BAR}px; }}
{_PHONE} {{ :is({filmed}) {{ --film: {FILM_BAR_ON_A_PHONE}px; }} }}
:is({filmed}) .stBidiComponent:not(:has(.digitviz-plot)) {{ margin-bottom: var(--film); }}
:is({filmed}) [data-testid=stBidiComponentRegular] > div:last-child {{ min-height: var(--film); }}
</style>""")


def fill_screen(key: str, least: int, above: int) -> None:
    """Make a picture so high that it ends with the window, but not lower than `least`; on a phone it is that high.

    Parameters
    ----------
    key : str
        Of the picture.
    least : int
        Pixels, with what stands below the picture in its component.
    above : int
        Pixels from the top of the window to the picture.
    """
    inner = f".st-key-{key} [data-testid=stBidiComponentRegular]"
    st.html(f"""<style>
{_WIDE} {{
  .st-key-{key}, .st-key-{key} .stBidiComponent {{ height: auto; flex: none; }}
  {inner} {{ height: max({least}px, calc(100vh - {above}px)); display: flex; flex-direction: column; }}
  {inner} > .digitviz-frame {{ flex: 1 1 0; min-height: 0; display: flex; flex-direction: column; }}
  {inner} .digitviz-plot {{ flex: 1 1 0; min-height: 0; height: auto !important; }}
}}
</style>""")
