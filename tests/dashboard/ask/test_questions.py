"""The questions lead to pages and elements that exist, and are found by their words and by misspelt ones."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable
from streamlit.testing.v1 import AppTest

from digitviz.dashboard.ask import answer
from digitviz.dashboard.ask.questions import QUESTIONS
from digitviz.dashboard.components.component import SCRIPTS
from digitviz.dashboard.lesson.order import LESSON
from digitviz.dashboard.questions.order import QUESTIONS as QUESTION_PAGES
from digitviz.dashboard.session.addresses import from_address
from digitviz.language import DEFAULT, LANGUAGES, speaking
from tests.dashboard.server.test_assets import get

ROOT = Path(__file__).parents[3]
MIN_CONSTANT = 4
"""Number of constant characters from which an f-string says enough about a key."""
HAN = re.compile("[\u4e00-\u9fff]")


@cache
def keys() -> tuple[set[str], list[re.Pattern[str]]]:
    """Return the string constants of the pages' sources and scripts, and a pattern for each of the pages' f-strings."""
    scripts = [script.read_text(encoding="utf-8") for script in ROOT.glob("digitviz/dashboard/components/*.js")]
    constants, patterns = {text for script in scripts for text in re.findall(r'"([\w-]+)"', script)}, []
    for file in [ROOT / "app.py", *ROOT.glob("pages/*.py"), *ROOT.glob("digitviz/dashboard/**/*.py")]:
        if file.parent.name == "ask":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                constants.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
                if sum(len(part) for part in parts if part) >= MIN_CONSTANT:
                    patterns.append(re.compile("".join(r"\w+" if part is None else re.escape(part) for part in parts)))
    return constants, patterns


def is_there(key: str) -> bool:
    constants, patterns = keys()
    return key in constants or any(pattern.fullmatch(key) for pattern in patterns)


def test_there_are_enough_questions_and_no_two_are_alike():
    assert len(QUESTIONS) >= 40
    assert len({str(question.text) for question in QUESTIONS.values()}) == len(QUESTIONS)
    assert f"opens more than {len(QUESTIONS) // 10 * 10} questions" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("id", QUESTIONS)
def test_the_page_and_the_places_of_a_question_exist(id):
    place = QUESTIONS[id].place
    assert (ROOT / "pages" / f"{place.page}.py").exists()
    assert [key for key in place.keys if not is_there(key)] == []
    steps = (LESSON | QUESTION_PAGES)[place.page].steps if place.page in LESSON | QUESTION_PAGES else ()
    assert 1 <= int(place.address.get("step", 1)) <= max(len(steps), 1)
    if place.page == "train":
        from_address(place.address)  # raises if a setting is not allowed


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_question_is_in_every_language(code):
    told = json.loads(answer.table(code))
    assert [one["id"] for one in told["questions"]] == [*QUESTIONS, *(f"word_{name}" for name in answer.TERMS)]
    with speaking(code):
        for id, question in QUESTIONS.items():
            assert bool(HAN.search(str(question.answer))) == (code == "zh"), id
            assert str(question.answer).endswith("。" if code == "zh" else "."), id
    for one in told["questions"]:
        assert bool(HAN.search(one["text"])) == (code == "zh")
        assert one["words"]


def test_a_browser_keeps_the_questions_and_gets_no_others():
    for code in LANGUAGES:
        came = get(f"/digitviz-assets/questions-{code}.json")
        assert came.content == answer.table(code)
        assert "immutable" in came.headers["Cache-Control"]
    assert get("/digitviz-assets/questions-xx.json").status == 404


def close(shown: AppTest) -> None:
    shown.button("ask_close").click()


def leave(shown: AppTest) -> None:
    shown.session_state["visit_opened"] = True


@pytest.mark.parametrize("end", [close, leave])
def test_a_chosen_question_stays_on_its_page_with_its_answer_until_it_is_closed_or_the_page_left(end):
    def page() -> None:
        from digitviz.dashboard.ask import answer

        answer.show()

    shown = AppTest.from_function(page)
    shown.session_state["ask_chosen"] = "forever"
    for opened in (True, False):
        shown.session_state["visit_opened"] = opened
        told = shown.run().info[0].value
        assert told == f"**{QUESTIONS['forever'].text}** {QUESTIONS['forever'].answer}"
    end(shown)
    assert not shown.run().info


def test_an_unknown_question_leads_nowhere():
    for id in (None, "", "no such question", 7, ["forever"], {"id": "forever"}):
        assert answer.follow(id) is None


COMPUTE = """
import { readFileSync } from "node:fs";
import { fits, search } from "./search.js";
const { questions, little, texts, isAboutFits } = JSON.parse(readFileSync(0));
const results = texts.map((text) => search(questions, text, little));
const doFit = results.map(([first], at) => Boolean(first && fits(first, texts[at], little)));
console.log(JSON.stringify(isAboutFits ? doFit : results.map((found) => found.map(({ id }) => id))));
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A function from texts to the ids of the questions that the page's own script finds, best first."""
    folder = tmp_path_factory.mktemp("search")
    (folder / "search.js").write_text(SCRIPTS["search"].read_text())
    (folder / "compute.js").write_text(COMPUTE)
    (folder / "package.json").write_text('{"type": "module"}')

    def search(code: str, texts: list[str], fits: bool = False) -> list[list[str]] | list[bool]:
        asked = json.dumps({**json.loads(answer.table(code)), "texts": texts, "isAboutFits": fits})
        node = [str(compute_driver_executable()[0]), str(folder / "compute.js")]
        return json.loads(subprocess.run(node, input=asked, capture_output=True, text=True, check=True).stdout)

    return search


def asked(code: str) -> list[dict[str, str]]:
    return json.loads(answer.table(code))["questions"]


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_question_is_the_first_result_for_its_own_text(found, code):
    questions = asked(code)
    results = found(code, [one["text"] for one in questions])
    assert [ids[0] for ids in results] == [one["id"] for one in questions]


FOUND_FIRST = {
    "en": {
        "overfiting": "overfitting",
        "nueron dead": "dead_neuron",
        "lesson plan": "in_class",
        "teacher": "in_class",
        "backpropogation": "knows_what_to_change",
        "train forever": "forever",
        "SGD ADAM": "sgd_or_adam",
        "learnig rate to big": "too_fast",
        "Which pixle matters?": "pixel_over_all",
        "why does it read my 7 as 1": "mixed_up",
        "my 5 is read as 3": "mixed_up",
        "Does it think like a human brain?": "brain",
        "what is overfitting": "word_overfitting",
        "what does trustworthiness mean?": "word_trustworthiness",
        "what is a layer": "word_layer",
        "what is the learning rate": "word_learning_rate",
        "can it read letters": "not_a_digit",
        "how does it learn": "how_it_learns",
        "how does AI work": "how_it_learns",
        "how many neurons do I need": "larger",
        "how many weights does it have": "multiplications",
        "what is MNIST": "data_source",
        "why is the accuracy not 100%": "every_digit",
        "why is it wrong sometimes": "every_digit",
        "where can I see my own network again": "my_runs",
        "why 8x8 and not bigger": "data_source",
        "what is 16 in the pictures": "sees",
        "how many digits did it learn from": "sees_all",
        "is it memorizing": "overfitting",
        "how long are my runs kept": "how_long",
        "open my run on another device": "other_device",
        "is my data private": "who_sees",
        "how can i compair two runs": "compare_runs",
        "compare two runs": "compare_runs",
        "what is a sweep": "experiments",
        "what is a race": "experiments",
        "how long does training take": "duration",
        "can i stop a sweep and go on later": "pause",
        "pause training": "pause",
        "csv": "take_home",
        "how can I switch to Chinese": "frame",
        "how do I print this page": "frame",
        "full screen": "frame",
        "How does a computer read handwriting?": "reads_handwriting",
        "how does it recognise handwritten digits": "reads_handwriting",
        "can it read my handwriting": "my_handwriting",
        "how good is it": "how_good",
        "how good is the network": "how_good",
        "how well does it read": "how_good",
        "accuracy": "how_good",
    },
    "zh": {
        "教案": "in_class",
        "计算机怎么认手写数字": "reads_handwriting",
        "它认得准不准": "how_good",
        "准确率": "how_good",
        "交差熵": "which_loss",
        "过拟合": "overfitting",
        "学习率太大": "too_fast",
        "一直训练": "forever",
        "白纸": "blank_page",
        "死亡神经元": "dead_neuron",
        "它会像人脑一样思考吗": "brain",
        "为什么把我的7读成1": "mixed_up",
        "为什么有时会读错": "every_digit",
        "怎样换成英文？": "frame",
        "怎么打开夜间模式": "frame",
        "怎么比较两次运行": "compare_runs",
        "参数扫描是什么": "experiments",
        "训练要多久": "duration",
        "训练可以暂停吗": "pause",
        "我的运行会保存多久": "how_long",
        "红色和蓝色是什么意思": "colours",
        "过拟合是什么意思": "word_overfitting",
    },
}
"""What pupils type, some of it misspelt, and the question that must be the first result."""


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_pupils_type_finds_the_question_first(found, code):
    typed = FOUND_FIRST[code]
    assert {text: ids[0] for text, ids in zip(typed, found(code, [*typed]), strict=True)} == typed


FITS = {
    "en": {
        "how fast is a GPU": False,
        "can it read arabic newspapers": False,
        "who invented this": False,
        "learnig rate to big": True,
        "my 5 is read as 3": True,
    },
    "zh": {
        "它像人一样会做梦吗": False,
        "为什么天是蓝的": False,
        "今天天气怎么样": False,
        "过拟合是什么意思": True,
        "为什么把我的7读成1": True,
    },
}
"""Whether the first result for a text shares enough of its words."""


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_question_that_shares_few_of_the_typed_words_does_not_fit(found, code):
    typed = FITS[code]
    assert dict(zip(typed, found(code, [*typed], fits=True), strict=True)) == typed


@pytest.mark.parametrize("begin", range(3))
@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.sampled(3)
def test_a_question_is_found_by_any_of_its_words(found, code, begin):
    words = {one["id"]: re.findall(r"[\w.%]+", f"{one['text']} {one['words']}") for one in asked(code)}
    some = sorted({word for each in words.values() for word in each})[begin::3]
    ids = dict(zip(some, found(code, some), strict=True))
    assert [(id, word) for id, each in words.items() for word in each if id not in ids.get(word, [id])] == []


def with_errors(word: str) -> list[str]:
    """Return a word with a missing, a doubled, a wrong and two swapped letters."""
    middle = len(word) // 2
    return [
        word[:middle] + word[middle + 1 :],
        word[:middle] + word[middle] + word[middle:],
        word[:middle] + "x" + word[middle + 1 :],
        word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :],
    ]


def test_a_question_is_found_by_its_longest_word_with_a_typing_error(found):
    pairs = []
    for one in asked(DEFAULT):
        longest = max(re.findall(r"[a-z]+", f"{one['text']} {one['words']}".lower()), key=len)
        pairs += [(one["id"], wrong) for wrong in with_errors(longest)]
    for (id, wrong), ids in zip(pairs, found(DEFAULT, [wrong for _id, wrong in pairs]), strict=True):
        assert id in ids, wrong


def test_without_words_all_questions_are_there_and_nonsense_finds_none(found):
    every, none, signs = found(DEFAULT, ["", "xqzvkw", "?! ()"])
    assert every == signs == [one["id"] for one in asked(DEFAULT)]
    assert none == []
    assert found("zh", ["今天天气怎么样"]) == [[]]
