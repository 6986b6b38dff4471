"""Messages, and the language of a thread."""

from __future__ import annotations

import threading

import pytest

from digitviz import language
from digitviz.language import gettext, joined, lazy_gettext, listed, nearest, ngettext, speak, speaking


def test_a_message_is_english_unless_another_language_is_spoken():
    assert language.language() == "en"
    assert gettext("Maps") == "Maps"
    with speaking("zh"):
        assert gettext("Maps") == "地图"
    assert gettext("Maps") == "Maps"


def test_a_constant_is_translated_when_it_is_read():
    title = lazy_gettext("Maps")
    with speaking("zh"):
        assert (str(title), f"{title}") == ("地图", "地图")
    assert str(title) == "Maps"
    assert title == lazy_gettext("Maps")


def test_the_parts_of_a_list_are_joined_as_the_language_does():
    assert listed([3, "a"]) == "3, a"
    with speaking("zh"):
        assert listed([3, "a"]) == "3、a"


def test_sentences_are_joined_as_the_language_does_without_the_empty_ones():
    assert joined(["One.", "", lazy_gettext("Maps")]) == "One. Maps"
    with speaking("zh"):
        assert joined(["一。", "", lazy_gettext("Maps")]) == "一。地图"


def test_a_message_that_is_not_translated_stays_english():
    with speaking("zh"):
        assert gettext("no catalogue has this") == "no catalogue has this"
        assert ngettext("{n} of these", "{n} of those", 3) == "{n} of those"


def test_each_thread_speaks_for_itself():
    said = []

    def other() -> None:
        said.append(language.language())
        speak("zh")
        said.append(language.language())

    thread = threading.Thread(target=other)
    with speaking("en"):
        thread.start()
        thread.join()
        assert language.language() == "en"
    assert said == ["en", "zh"]


def test_there_is_no_other_language():
    with pytest.raises(ValueError, match="there is no language 'fr'; choose one of en, zh"):
        speak("fr")


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("zh-CN", "zh"),
        ("zh_TW", "zh"),
        ("ZH", "zh"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("", "en"),
        (None, "en"),
        ("<", "en"),
    ],
)
def test_a_browser_gets_the_language_that_is_nearest_to_its_own(locale, expected):
    assert nearest(locale) == expected
