"""The glossary, and the terms in page texts that show its sentences."""

from __future__ import annotations

import base64
import json
import re
from contextvars import ContextVar
from functools import cache
from html import escape

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitviz import Hyperparameters, TrainingRun, load_digits
from digitviz.dashboard.lesson.glossary import BLOCKS, FIRST_WORDS, PICTURES
from digitviz.dashboard.lesson.order import LESSON
from digitviz.figures.neuron import in_brackets
from digitviz.language import LANGUAGES, Lazy, speaking
from digitviz.lesson import glossary
from digitviz.lesson.glossary import GLOSSARY, Term
from digitviz.lesson.neuron import fire
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.forward import forward
from digitviz.numbers import short
from tests.explanations.made import made_network
from tests.pages.reading import open_page

CHINESE = re.compile("[\u4e00-\u9fff]")


LINK = r"\]\(#term-(\w+)\)"
ROWS = ("film",)
"""Pages that explain their terms in a row. Draw also has a row, next to the drawing."""


@pytest.fixture(params=LANGUAGES)
def spoken(request, monkeypatch) -> str:
    """Set the language of all threads. Pages run in their own threads, without the frame that sets it."""
    monkeypatch.setattr("digitviz.language._spoken", ContextVar("spoken", default=request.param))
    return request.param


def words_of(page: AppTest) -> str:
    return "".join(element.proto.body for element in page.get("html"))


def frame_of(page: AppTest, code: str) -> dict:
    return json.loads(page.session_state["frames"][f"term_{code}"][1])["figure"]


@pytest.fixture(scope="module")
def page() -> AppTest:
    return open_page("glossary")


@pytest.mark.parametrize("spoken", ["en", "zh"], indirect=True)
def test_the_page_says_how_many_terms_there_are_and_in_which_languages(spoken):
    said = {"en": f"{len(GLOSSARY)} terms from", "zh": f"{len(GLOSSARY)} 个"}
    languages = {"en": "in English.", "zh": "中文和英语"}
    caption = open_page("glossary").caption[-1].value
    assert said[spoken] in caption
    assert languages[spoken] in caption


@pytest.mark.parametrize("spoken", ["zh"], indirect=True)
def test_pictures_fit_a_phone_speak_chinese_and_have_a_handle_only_where_it_can_be_dragged(spoken):
    page = open_page("glossary")
    assert frame_of(page, "loss")["layout"]["yaxis"]["title"]["text"] == "损失"
    low, high = frame_of(page, "weight")["layout"]["xaxis"]["range"]
    assert low <= -0.5  # the left edge of the digit
    assert high >= max(max(part["x"]) for part in frame_of(page, "weight")["frames"][-1]["data"][1:3])
    handle = frame_of(page, "one_hot")["layout"]["annotations"][0]
    assert "↕" not in handle["text"]


def test_every_term_has_one_sentence():
    for one in GLOSSARY.values():
        assert str(one.sentence)[0].isupper()
        assert str(one.sentence).endswith(".")


def test_a_neuron_adds_its_bias_to_what_the_glossary_calls_pre_activation(digits):
    network, x = made_network((5,)), digits.pixels[:3]
    (weight, _out), (bias, _of_out) = network.parameters.weights, network.parameters.biases
    z = forward(network.parameters, ACTIVATIONS[network.activation], x)[0][0]
    np.testing.assert_allclose(z, x @ weight + bias)
    assert np.abs(z - x @ weight).max() > 0.1
    for code in ("neuron", "pre_activation"):
        assert "bias" in str(GLOSSARY[code].sentence)
    assert "through an activation." not in str(GLOSSARY["neuron"].sentence)
    assert "from the direction" not in str(GLOSSARY["pca"].sentence)


def test_every_term_and_sentence_is_translated():
    for code, one in GLOSSARY.items():
        with speaking("zh"):
            assert CHINESE.search(str(one.sentence)), code
            assert str(one.sentence).endswith("。")
            assert CHINESE.search(str(one.title)) or code in {"relu", "softmax", "logits", "pca"}


@pytest.mark.parametrize("spoken", ["en", "zh"], indirect=True)
def test_every_term_is_in_the_readers_language_and_below_it_in_english(spoken):
    shown = words_of(open_page("glossary"))
    assert shown.count('<p lang="en"') == 2 * len(GLOSSARY)
    assert shown.count('<p lang="zh-Hans"') == (0 if spoken == "en" else 2 * len(GLOSSARY))
    for code in GLOSSARY:
        titles = []
        for each in ("en",) if spoken == "en" else ("zh", "en"):
            with speaking(each):
                titles.append(f"<strong>{escape(str(GLOSSARY[code].title))}</strong>")
        place = shown.index(f'id="word-{code}"')
        first = shown.index(titles[0], place)
        assert place < first <= shown.index(titles[-1], first + len(titles) - 1)
        assert f'<a href="#word-{code}">' in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Learning RATE", ["learning_rate"]),
        ("学习率", ["learning_rate"]),
        ("overfit", ["overfitting"]),
        ("by heart", ["overfitting"]),
        ("sigmoid", ["activation_function"]),
        ("t-SNE", ["dimensionality_reduction"]),
        ("hidden neurons", ["hidden_layer"]),
        ("loss", ["loss", "loss_function", "gradient", "backpropagation"]),
        ("losses", ["loss", "loss_function", "gradient", "backpropagation"]),
        ("backward pass", ["backpropagation"]),
        ("matrices", ["confusion_matrix"]),
        ("nueron", ["neuron", "dead_neuron"]),
        ("交差熵", ["cross_entropy"]),
        ("训练集", ["training_data"]),
        ("训练机", []),
        ("zzz", []),
        ("  ", []),
    ],
)
def test_a_search_finds_terms_by_their_words_in_any_language(query, found, spoken):
    assert glossary.search(query) == found


def test_titles_come_before_sentences_in_what_a_search_finds():
    found = glossary.search("gradient")
    assert found[:2] == ["gradient", "gradient_descent"]
    assert {"backpropagation", "learning_rate"} <= set(found[2:])
    every = glossary.search("loss function")
    assert every[0] == "loss_function"


def test_the_page_shows_what_a_search_finds_and_everything_again(page):
    one = open_page("glossary")
    one.text_input("glossary_search").set_value("softmax").run()
    assert "<strong>softmax</strong>" in words_of(one)
    assert "<strong>overfitting</strong>" not in words_of(one)
    assert not one.header
    one.text_input("glossary_search").set_value("<b>`zzz`").run()
    assert "No term contains" in one.info[0].value
    assert "<strong>" not in words_of(one)
    one.text_input("glossary_search").set_value("").run()
    assert words_of(one) == words_of(page)


def test_eighteen_terms_have_a_picture_and_so_have_the_first_words(page):
    assert len(PICTURES) == 18
    assert set(FIRST_WORDS) <= PICTURES.keys()
    assert PICTURES.keys() <= GLOSSARY.keys()
    assert page.session_state["frames"].keys() == {f"term_{code}" for code in PICTURES}
    assert all(frame_of(page, code)["data"] for code in PICTURES)


PLAYED = ("neuron", "weight", "bias", "learning_rate")


@pytest.mark.parametrize("code", PLAYED)
def test_a_picture_with_a_slider_has_a_still_and_its_words_for_each_place(page, code):
    figure = frame_of(page, code)
    film, frames = figure["layout"]["meta"]["film"], figure["frames"]
    assert len(film["labels"]) == len(frames) == len(set(film["labels"])) > film["start"]
    assert figure["layout"]["meta"]["says"] == film["labels"][film["start"]]
    assert frames[film["start"]]["data"] == figure["data"]
    assert frames[film["start"]]["layout"]["annotations"] == figure["layout"].get("annotations", [])
    assert {len(frame["data"]) for frame in frames} == {len(figure["data"])}
    assert film["title"]


def notes_of(page: AppTest, code: str) -> list[dict]:
    return frame_of(page, code)["layout"]["annotations"]


def labels_of(page: AppTest, code: str) -> list[str]:
    return frame_of(page, code)["layout"]["meta"]["film"]["labels"]


def test_the_sums_of_the_pictures_are_right(page):
    assert labels_of(page, "bias") == ["0 + 2 = 2 no bias", "1 + 2 = 3 a head start of 1", "2 + 2 = 4", "3 + 2 = 5"]
    weights = labels_of(page, "weight")
    assert [weights[0], weights[1], weights[3]] == [
        "input 3 × weight (−2) = −6",
        "input 3 × weight (−1) = −3 counts against",
        "input 3 × weight 0 = 0 ignored",
    ]
    film = frame_of(page, "weight")["layout"]["meta"]["film"]
    assert film["labels"][film["start"]] == weights[4] == "input 3 × weight 0.5 = 1.5 What happens at −1?"
    assert weights[7] == "input 3 × weight 2 = 6 counts double"
    assert film["ticks"] == [[1, "−1"], [3, "0"], [4, "0.5"], [7, "2"]]
    for frame, weight in zip(frame_of(page, "weight")["frames"], (-2, -1, -0.5, 0, 0.5, 1, 1.5, 2), strict=True):
        first, wide = BLOCKS
        ends = [(max(part["x"]) - first) / wide for part in frame["data"][1:3]]
        np.testing.assert_allclose(ends, [3, abs(3 * weight)], atol=0.1)
        assert f"× {in_brackets(weight)}" in frame["data"][4]["text"][0]
        assert frame["data"][5]["text"] == [f"<b>{short(3 * weight)}</b>"]  # at the end of its blocks
        assert frame["data"][5]["x"][0] > max(frame["data"][2]["x"], default=0)
        assert frame["data"][3]["text"][0] == "input <b>3</b>"
    [marked] = frame_of(page, "weight")["layout"]["shapes"]
    assert frame_of(page, "weight")["layout"]["meta"]["scales"] == {"coloraxis": "ink"}  # that of the theme
    ink = load_digits().split()[1].images[0]
    assert ink[int(marked["y0"] + 0.5), int(marked["x0"] + 0.5)] == 3
    fits, does_not = (float(re.search(r"<b>(.+)</b>", note["text"])[1]) for note in notes_of(page, "activation")[1:])
    assert fits > does_not >= 0
    shown = [note["text"] for note in frame_of(page, "neuron")["layout"]["annotations"] if "<sub>" in note["text"]]
    assert shown == ["w<sub>1</sub> = 0.8", "w<sub>2</sub> = −0.6"]
    for weight, said in zip((-1.0, -0.5, 0.0, 0.4, 0.8, 1.2, 1.6, 2.0), labels_of(page, "neuron"), strict=True):
        firing = fire([1.0, 0.5], [weight, -0.6], 0.1, ACTIVATIONS["relu"])
        numbers = [f"{number:.3g}".replace("-", "−") for number in (firing.z, firing.output)]
        assert said == "The weighted sum of a neuron's inputs is {}, its output {}".format(*numbers)


def test_each_step_down_the_valley_goes_against_the_slope(page):
    for frame, said in zip(frame_of(page, "learning_rate")["frames"], labels_of(page, "learning_rate"), strict=True):
        x, y = (np.frombuffer(base64.b64decode(frame["data"][1][axis]["bdata"])) for axis in "xy")
        np.testing.assert_allclose(x[1:], x[:-1] - float(said.split(":")[0]) * x[:-1], atol=1e-12)
        np.testing.assert_allclose(y, x**2 / 2)


def test_the_pictures_show_the_sessions_own_training(digits, page):
    run = TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=7))
    run.advance(21)
    own = open_page("glossary", run)
    assert frame_of(own, "loss")["layout"]["xaxis"]["range"] == [0, 7]
    assert frame_of(own, "loss") != frame_of(page, "loss")


@pytest.mark.parametrize(
    "settings",
    [{"hidden": ()}, {"activation": "identity", "learning_rate": 1e-2}, {"learning_rate": 1e-2}],
    ids=["no hidden layer", "diverged", "stuck"],
)
def test_a_training_that_some_picture_cannot_show_is_not_shown(digits, page, settings):
    run = TrainingRun(digits, Hyperparameters(batches=3, steps_per_batch=400, **settings))
    run.advance(1200)
    other = open_page("glossary", run)
    assert frame_of(other, "hidden_layer") == frame_of(page, "hidden_layer")


@cache
def shown_on(name: str, spoken: str) -> tuple[str, list[str], list[str]]:
    """Open a page. Return its HTML, its texts in order, and the codes of the terms that have sentences."""
    page = open_page(name)
    texts, html = [element.value for element in [*page.markdown, *page.caption]], words_of(page)
    return html, texts, re.findall(r'role="tooltip" class="digitviz-sentence" id="term-(\w+)"', html)


@pytest.mark.parametrize("name", [*LESSON, *ROWS, "train", "weights", "projections", "map"])
@pytest.mark.sampled(4)
def test_each_word_of_a_page_is_linked_once_to_its_sentence(name, spoken):
    html, texts, named = shown_on(name, spoken)
    linked = re.findall(LINK, "\n".join(texts)) + re.findall(r'<a href="#term-(\w+)">', html)
    assert len(named) >= 2
    assert sorted(linked) == sorted(named)
    assert len(set(named)) == len(named)
    if name in LESSON:
        assert tuple(named) == LESSON[name].words
    for code in named:
        assert f'id="term-{code}">{escape(str(GLOSSARY[code].sentence))}</span>' in html
    assert bool(CHINESE.search("\n".join(texts))) == (spoken == "zh")


@pytest.mark.parametrize("name", [*LESSON, "train", "weights", "projections", "map"])
def test_a_word_is_linked_where_the_text_uses_it_first(name, spoken):
    tasks = [str(step.task) for step in LESSON[name].steps] if name in LESSON else shown_on(name, spoken)[1]
    text = "\n".join(task for task in tasks if name in LESSON or re.search(LINK, task))
    for link in re.finditer(LINK, text):
        before = re.sub(LINK, "", text[: text.rindex("[", 0, link.start())]).lower()
        assert str(GLOSSARY[link[1]].title).lower() not in before, link[1]


def test_a_page_of_the_lesson_has_its_sentences_in_every_step():
    for step in (1, 2):
        assert 'id="term-gradient"' in words_of(open_page("backpropagation", step=step))


def test_a_sentence_in_html_is_text(monkeypatch):
    monkeypatch.setitem(glossary.GLOSSARY, "loss", Term(Lazy("a<b>"), Lazy('"<img src=x>"')))

    def row() -> None:
        from digitviz.dashboard.components.term import terms

        terms("loss")

    shown = words_of(AppTest.from_function(row).run())
    assert "a&lt;b&gt;" in shown
    assert "<img" not in shown
