from __future__ import annotations

import copy
import string

import pytest

from digitviz.language import speaking
from digitviz.projections import METHODS
from digitviz.projections.layout import NOTES, Note, flat_notes


def test_a_note_is_a_text_with_its_numbers_as_a_person_writes_them():
    note = Note("estimated", used=2000, points=20_000)
    assert note == "Trustworthiness is estimated from 2,000 of the 20,000 points."
    assert note.said() == note
    again = copy.copy(note)
    assert (again, again.code, again.fields) == (note, note.code, note.fields)


def test_a_note_is_said_in_the_language_that_is_spoken_when_it_is_read(monkeypatch):
    note = Note("parts_joined", parts=2)
    monkeypatch.setattr("digitviz.language.gettext", lambda message: f"{{parts}}: {len(message)}")
    with speaking("zh"):
        assert note.said() == f"2: {len(NOTES['parts_joined'].message)}"


@pytest.mark.parametrize("method", METHODS)
def test_the_seed_of_each_method_has_its_sentence(method):
    assert Note(METHODS[method].seed_code) == NOTES[METHODS[method].seed_code].message


def test_what_is_no_note_is_refused():
    with pytest.raises(KeyError):
        Note("nothing")
    with pytest.raises(KeyError):
        Note("parts_joined")


def test_every_sentence_has_named_places_only():
    for message in NOTES.values():
        assert all(name is None or name.isidentifier() for _, name, _, _ in string.Formatter().parse(message.message))


def test_data_with_fewer_directions_than_the_map_say_so():
    assert flat_notes(2, 2) == []
    assert "only one" in flat_notes(1, 2)[0]
    assert "only two" in flat_notes(2, 3)[0]
