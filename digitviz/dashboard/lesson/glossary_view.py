"""The glossary: every term in both languages side by side, some with a small picture, and the letters of formulas."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from digitviz.dashboard.lesson import glossary_pictures
from digitviz.language import HTML, LANGUAGES, speaking
from digitviz.language import gettext as _
from digitviz.lesson.glossary import GLOSSARY, LETTERS, SECTIONS

_LOOK = """<style>
.digitviz-glossary { display: grid; grid-template-columns: 1fr 1fr; gap: .25rem 2rem; margin: 0; line-height: 1.45; }
.digitviz-glossary p { margin: 0 0 .6rem; }
.digitviz-letters { border-spacing: 0; line-height: 1.45; }
.digitviz-letters :is(th, td) { padding: .1rem 1.5rem .1rem 0; text-align: start; vertical-align: baseline; }
.digitviz-letters th { font-style: italic; }
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
    st.header(_("Letters in formulas"))
    st.html(f'<table class="digitviz-letters">{"".join(_row(letter) for letter in LETTERS)}</table>')


def _row(letter: str) -> str:
    """Return a letter and its meaning in both languages as HTML."""
    cells = ""
    for language in LANGUAGES:
        with speaking(language):
            cells += f'<td lang="{HTML[language]}">{escape(str(LETTERS[letter]))}</td>'
    return f'<tr><th scope="row">{letter}</th>{cells}</tr>'


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
