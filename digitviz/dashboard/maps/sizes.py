"""CSS for figures whose size depends on the browser window."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

FILM_BAR, FILM_BAR_ON_A_PHONE = 44, 96
"""Height in pixels of the controls of an animation below a figure, as in `plot.js`."""
_WIDE, _PHONE = "@media (min-width: 640px)", "@media (max-width: 639px)"


def squares(prefix: str, with_film: Iterable[int]) -> None:
    """Make figures square from the first paint.

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
{within} .stBidiComponent:not(:has(.digitviz-plot)) {{ aspect-ratio: 1; }}
{within} .digitviz-plot {{ height: auto !important; aspect-ratio: 1; }}
:is({filmed}) {{ --film: {FILM_BAR}px; }}
{_PHONE} {{ :is({filmed}) {{ --film: {FILM_BAR_ON_A_PHONE}px; }} }}
:is({filmed}) .stBidiComponent:not(:has(.digitviz-plot)) {{ margin-bottom: var(--film); }}
:is({filmed}) [data-testid=stBidiComponentRegular] > div:last-child {{ min-height: var(--film); }}
</style>""")


def fill_screen(key: str, least: int, above: int) -> None:
    """Make a figure fill the window to the bottom, at least `least` pixels high. On a phone it is exactly that high.

    Parameters
    ----------
    key : str
        Key of the figure.
    least : int
        Height in pixels, including everything below the figure in its component.
    above : int
        Pixels from the top of the window to the figure.
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
