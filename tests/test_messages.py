"""Every message has a translation, with the same placeholders and markup as in English."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from digitviz.language import DEFAULT, LANGUAGES
from digitviz.locale.__main__ import ROOT, collected, path_of

NAMES = {"_", "gettext", "lazy_gettext", "ngettext", "pgettext"}
SCRIPTS = sorted(ROOT.glob("digitviz/dashboard/components/*.js"))
FILES = [ROOT / "app.py", *sorted(ROOT.glob("pages/*.py")), *sorted(ROOT.glob("digitviz/**/*.py"))]
OTHERS = [code for code in LANGUAGES if code != DEFAULT]
KEPT = {
    "places": r"\{[a-z_]*(?:![rsa])?(?::[^}]*)?\}",
    "icons": r":material/\w+:",
    "formulas": r"\$[^$]+\$",
    "code": r"`[^`]+`",
    "tags": r"</?[a-z]+[^>]*>",
}
"""Parts of a message that a translation must contain unchanged."""


@cache
def catalogue(code: str) -> Catalog:
    with path_of(code).open("rb") as file:
        return read_po(file, locale=LANGUAGES[code].locale)


in_code = cache(collected)


def messages(code: str) -> Iterator[Message]:
    yield from (message for message in catalogue(code) if message.id)


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


@pytest.mark.parametrize("code", OTHERS)
def test_the_catalogue_has_the_messages_of_the_code(code):
    written = {(message.context, forms(message.id)) for message in in_code() if message.id}
    listed = {(message.context, forms(message.id)) for message in messages(code)}
    assert sorted(written - listed, key=str) == [], "run `make messages`, then translate these"
    assert sorted(listed - written, key=str) == [], "run `make messages`: these no longer exist"


@pytest.mark.parametrize("code", OTHERS)
def test_every_message_is_translated_and_none_is_a_guess(code):
    assert [message.id for message in messages(code) if not all(forms(message.string)) or message.fuzzy] == []


@pytest.mark.parametrize(
    "term",
    [
        "失活",
        "解释方差",
        "看里面",
        "按轮打乱",
        "批次后的你的网络",
        "之后的你的网络",
        "认作",
        "死亡的神经元",
        "条形",
        "分数次方",
        "主页",
        "读作",
        "读对",
    ],
)
def test_no_message_has_a_term_that_chinese_textbooks_use_otherwise(term):
    assert [message.id for message in messages("zh") if term in "".join(forms(message.string))] == []


HALF_WIDTH = re.compile(r"[\u3400-\u9fff”）][:,;.?!](?=\s|$)|[\u3400-\u9fff] ?\([^,)]+\)")
"""A Western mark after a Chinese character: a colon, a comma, or a bracket."""


def test_chinese_has_its_own_marks():
    assert HALF_WIDTH.search("或不放电 (0)")
    assert HALF_WIDTH.search("梯度下降: 径直往下走")
    told = [text for message in messages("zh") for text in forms(message.string)]
    assert [text for text in told if HALF_WIDTH.search(re.sub(r"`[^`]+`|\]\(#[^)]*\)|\$[^$]+\$", "", text))] == []
    assert [text for text in told if re.search(r"\}[:,;] \{", text)] == []


def raw_bold(text: str) -> list[str]:
    """Return the asterisks, with what is around them, that Markdown shows instead of making their words bold.

    A mark next to bold words belongs outside them, unless a space or another mark is on the other side.
    """
    text, found = re.sub(KEPT["places"], "x", text), []
    for number, stars in enumerate(re.finditer(r"\*\*", text)):
        around = text[: stars.start()][-1:] or " ", text[stars.end() :][:1] or " "
        outside, inside = around if number % 2 == 0 else around[::-1]
        if inside.isspace() or (is_mark(inside) and not outside.isspace() and not is_mark(outside)):
            found.append(text[max(0, stars.start() - 5) : stars.end() + 5])
    return found


def is_mark(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "PS"


@pytest.mark.parametrize(
    ("text", "raw"),
    [("**一。**二", True), ("一**“二”**", True), ("**一**。二", False), ("一。**“二”**", False), ("** 一**", True)],
)
def test_bold_words_that_markdown_leaves_raw_are_found(text, raw):
    assert bool(raw_bold(text)) is raw


@pytest.mark.parametrize("code", OTHERS)
def test_no_bold_words_keep_their_asterisks(code):
    texts = [text for message in messages(code) for text in (*forms(message.id), *forms(message.string))]
    assert [raw_bold(text) for text in texts if raw_bold(text)] == []


def test_a_step_is_something_else_on_a_button_than_on_a_page():
    said = {message.context: message.string for message in messages("zh") if message.id == "Step"}
    assert said == {None: "步骤", "on a button": "单步"}


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("kind", KEPT)
def test_a_translation_keeps_what_is_no_language(code, kind):
    other = []
    for message in messages(code):
        expected = set(re.findall(KEPT[kind], forms(message.id)[-1]))
        other += [
            (message.id, sorted(expected ^ found))
            for text in forms(message.string)
            if text and (found := set(re.findall(KEPT[kind], text))) != expected
        ]
    assert other == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_keeps_emphasis_and_edges(code):
    other = []
    for message in messages(code):
        for text in forms(message.string):
            english = forms(message.id)[-1]
            same_ends = (text[:1].isspace(), text[-1:].isspace()) == (english[:1].isspace(), english[-1:].isspace())
            if text and not (same_ends and text.count("**") == english.count("**")):
                other.append(message.id)
    assert other == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_can_be_filled_wherever_english_can(code):
    class Anything:
        def __format__(self, how: str) -> str:
            return "0"

    class Fields(dict):
        def __missing__(self, name: str) -> Anything:
            return Anything()

    for message in messages(code):
        for text in (*forms(message.id), *forms(message.string)):
            if re.search(KEPT["places"], text):
                text.format_map(Fields())


def calls_of_gettext(tree: ast.AST) -> Iterator[ast.Call]:
    yield from (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES
    )


def test_a_message_of_a_script_is_collected_so_it_is_not_in_another_call():
    texts = r"""((?:\s*"(?:[^"\\]|\\.)*"\s*\+?)+)"""
    called = re.compile(rf"""(?<![\w.])(?:_\(|ngettext\(|pgettext\("[^"]*",){texts}""")
    messages = list(in_code())
    for path in SCRIPTS:
        name = str(path.relative_to(ROOT))
        found = {text for message in messages if name in dict(message.locations) for text in forms(message.id)}
        written = [ast.literal_eval(f"({text.replace('+', ' ')})") for text in called.findall(path.read_text())]
        assert set(written) <= found, path.name


def test_a_message_is_written_out_where_it_can_be_collected():
    called = re.compile(rf"\b({'|'.join(NAMES)})\(")
    for path in FILES:
        if not called.search(text := path.read_text()):
            continue
        tree, name = ast.parse(text), path.relative_to(ROOT)
        inside = [
            call.lineno for text in ast.walk(tree) if isinstance(text, ast.JoinedStr) for call in calls_of_gettext(text)
        ]
        assert not inside, f"Python 3.11 does not look for messages inside an f-string: move it out, in {name}"
        for call in calls_of_gettext(tree):
            first = call.args[0]
            if isinstance(first, ast.Constant):
                assert isinstance(first.value, str)
                assert first.value.strip(), f"an empty message, {name}, line {call.lineno}"
            else:  # a message marked elsewhere
                assert isinstance(first, ast.Name | ast.Attribute | ast.Subscript), (
                    f"no message to collect, {name}, line {call.lineno}"
                )


def test_numbers_in_messages_are_formatted_for_the_language_of_the_page():
    """`numeral`, `short` or `in_percent` format a number before it enters a message."""
    formatted = re.compile(r"(?<!%)(?<!\{)\{[a-z_]*:[^}]+\}")
    found = [form for message in in_code() for form in forms(message.id) if formatted.search(form)]
    assert [form for form in found if "{accuracy:.1%}" not in form] == []  # lines of Python code that people take home
