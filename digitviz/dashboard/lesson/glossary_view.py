"""The glossary: every term in both languages side by side, some with a small picture."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from digitviz.dashboard.lesson import glossary_pictures
from digitviz.language import HTML, LANGUAGES, speaking
from digitviz.lesson.glossary import GLOSSARY, SECTIONS

_LOOK = """<style>
.digitviz-glossary { display: grid; grid-template-columns: 1fr 1fr; gap: .25rem 2rem; margin: 0; line-height: 1.45; }
.digitviz-glossary p { margin: 0 0 .6rem; }
@media (max-width: 640px) { .digitviz-glossary { grid-template-columns: 1fr; } }
</style>"""


def view() -> None:
    """Show the sections, one below another."""
    st.html(_LOOK)
    for name, (title, terms) in SECTIONS.items():
        if name != next(iter(SECTIONS)):  # the first picture is near the top of the page
            st.header(str(title))
        for group in _beside_pictures(list(terms)):
            words, picture = st.columns([2, 1], gap="medium")
            words.html(_in_both_languages(group))
            if group[0] in glossary_pictures.PICTURES:
                with picture:
                    glossary_pictures.show(group[0])


def _beside_pictures(codes: Sequence[str]) -> list[list[str]]:
    """Divide terms so that each one with a picture begins a group, which stands beside it."""
    begins = [place for place, code in enumerate(codes) if place == 0 or code in glossary_pictures.PICTURES]
    return [list(codes[begin:end]) for begin, end in zip(begins, [*begins[1:], len(codes)], strict=True)]


def _in_both_languages(codes: Sequence[str]) -> str:
    """Return terms and their sentences as HTML, a column for each language."""
    entries = []
    for code in codes:
        for language in LANGUAGES:
            with speaking(language):
                title, sentence = escape(str(GLOSSARY[code].title)), escape(str(GLOSSARY[code].sentence))
            entries.append(f'<p lang="{HTML[language]}"><strong>{title}</strong><br>{sentence}</p>')
    return f'<div class="digitviz-glossary">{"".join(entries)}</div>'
