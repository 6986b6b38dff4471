"""Glossary: every term in the reader's language and in English, some with a figure, and the letters in formulas."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.frame_choices import maths
from digitviz.datasets import DigitDataset
from digitviz.explanations.receipt import receipt
from digitviz.figures import colours, draw
from digitviz.figures.loss_lesson import guess_and_target
from digitviz.figures.neuron import in_brackets
from digitviz.figures.picture import Plain, says
from digitviz.language import DEFAULT, LANGUAGES, gettext as _, joined, language, languages_in_words, speaking
from digitviz.lesson.glossary import GLOSSARY, LETTERS, SECTIONS, search
from digitviz.networks.activations import ACTIVATIONS
from digitviz.numbers import short
from digitviz.projections import project
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.presets import PRESETS
from digitviz.training.run import Snapshot, TrainingRun
from digitviz.training.setup import batch_rows

_LOOK = """<style>
.digitviz-glossary { line-height: 1.4; p { margin: 0; scroll-margin-top: 5rem; } p[id] { font-size: 1.2rem; } }
.digitviz-glossary p:has(> strong) { display: inline; margin-right: .4rem; }
.digitviz-glossary.pair { display: grid; gap: 1rem 2rem; @media (width > 900px) { grid-template-columns: 1fr 1fr; } }
:root:not(:lang(en)) .digitviz-glossary p:lang(en) { font-size: .9rem; opacity: .8; }
.digitviz-index, .digitviz-index div { display: flex; flex-wrap: wrap; gap: .4rem; margin-top: .6rem; }
.digitviz-index :is(a, summary) {
  padding: .1rem .6rem; border: 1px solid color-mix(in srgb, currentColor 35%, transparent); border-radius: 1rem;
  color: inherit; text-decoration: none; cursor: pointer;
}
.digitviz-index :is(a, summary):is(:hover, :focus-visible) { border-color: currentColor; }
.digitviz-letters { border-spacing: 0; line-height: 1.45; th { font-style: italic; } }
.digitviz-letters :is(th, td) { padding: .1rem 1.5rem .1rem 0; text-align: start; vertical-align: baseline; }
</style>"""
FIRST_WORDS = ("weight", "neuron", "layer", "label", "training_data", "loss", "learning_rate", "accuracy")
"""Codes of the words that a newcomer needs first. Each has a figure."""
LARGE = 380
"""Height of the figure of the chosen word."""
HEIGHT = 176
"""Default height of a figure in pixels."""
HEIGHTS = {"neuron": 340, "learning_rate": 240, "hidden_layer": 250, "accuracy": 320}
HEIGHTS |= dict.fromkeys(("softmax", "one_hot"), 300)
"""Heights of taller figures."""
_GREY, _RED, _BLUE = (colours.MUTED_COLOUR,) * 2, (colours.POSITIVE_COLOUR, colours.PASSES), colours.TRAIN_COLOUR
SIGNS = {0: _GREY, 1: _RED, -1: (colours.NEGATIVE_COLOUR, _BLUE)}
"""Colours of the line of a weight and of its words, by the sign of the weight."""
COLUMNS = 2
MAX_QUERY = 60
"""Maximum number of characters of a search."""
_FEW = 12
"""Number of digits in a figure."""


def view() -> None:
    """Show the terms that a search finds, otherwise one word large, an index and all sections, one below another."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="page_top"):
        st.title(_("What does this word mean?"), width="content")
        label, hint = _("Search the terms"), _("Search, in any language")
        look: dict[str, Any] = {"label_visibility": "collapsed", "placeholder": hint, "icon": ":material/search:"}
        look |= {"type": "search", "live": True, "width": 300}
        query = st.text_input(label, key="glossary_search", max_chars=MAX_QUERY, **look).strip()
    words = escape(_("All {count} words").format(count=len(GLOSSARY)))
    index = f"<details><summary>{words}</summary><div>{_links(GLOSSARY)}</div></details>"
    with st.container(key="glossary_words"):
        if not query:
            names = {code: GLOSSARY[code].title for code in FIRST_WORDS}
            chosen = choice(_("Word"), names, key="glossary_word", style="pills", label_visibility="collapsed")
            _term(chosen, st.container(), LARGE)
        st.html(f'{_LOOK}<nav class="digitviz-index">{"" if query else index}</nav>')
        if not query:
            _sections(chosen)
        elif found := search(query):
            _terms(found)
        else:
            st.info(_("No term contains {query}.").format(query=as_code(query, limit=MAX_QUERY)))


def _links(codes: Iterable[str]) -> str:
    return "".join(f'<a href="#word-{code}">{escape(str(GLOSSARY[code].title))}</a>' for code in codes)


def _sections(chosen: str) -> None:
    """Show all terms except the chosen one, which is above them."""
    for title, terms in SECTIONS.values():
        st.header(str(title))
        _terms([code for code in terms if code != chosen])
    with maths():
        st.header(_("Letters in formulas"))
        st.html(f'<table class="digitviz-letters">{"".join(_row(letter) for letter in LETTERS)}</table>')
    told = _("{count} terms from the field, each in plain words, in {languages}.")
    st.caption(told.format(count=len(GLOSSARY), languages=languages_in_words(_languages())))


def _terms(codes: Sequence[str]) -> None:
    """Show terms in rows, to be read from left to right, each picture below the words of its term."""
    for start in range(0, len(codes), COLUMNS):
        row = codes[start : start + COLUMNS]
        if PICTURES.keys().isdisjoint(row):
            pair = "".join(f"<div>{_words(code)}</div>" for code in row)
            st.html(f'<div class="digitviz-glossary pair">{pair}</div>')
            continue
        for code, column in zip(row, st.columns(COLUMNS, gap="medium"), strict=False):
            _term(code, column)


def _term(code: str, place: Any, height: int = 0) -> None:
    """Show the words of a term, and below them its figure; large if it has a height."""
    words = place.container(key="glossary_chosen") if height else place
    words.html(f'<div class="digitviz-glossary{" large" * bool(height)}">{_words(code)}</div>')
    if code in PICTURES:
        now, high = _training(), height or HEIGHTS.get(code, HEIGHT)
        with place:
            mark = now.history.serial, now.step
            plot(f"term_{code}", mark, partial(PICTURES[code], now), high, main=bool(height))


def _languages() -> list[str]:
    """Return the reader's language and English, each once."""
    return [*dict.fromkeys((language(), DEFAULT))]


def _row(letter: str) -> str:
    """Return a letter and its meaning in the reader's language and in English as HTML."""
    cells = ""
    for each in _languages():
        with speaking(each):
            cells += f'<td lang="{LANGUAGES[each].tag}">{escape(str(LETTERS[letter]))}</td>'
    return f'<tr><th scope="row">{letter}</th>{cells}</tr>'


def _words(code: str) -> str:
    """Return a term and its sentence in the reader's language and in English as HTML."""
    titles = sentences = ""
    for each in _languages():
        with speaking(each):
            title, sentence = escape(str(GLOSSARY[code].title)), escape(str(GLOSSARY[code].sentence))
        name, tag = "" if titles else f' id="word-{code}"', LANGUAGES[each].tag
        titles += f'<p lang="{tag}"{name}><strong>{title}</strong></p> '
        sentences += f'<p lang="{tag}">{sentence}</p>'
    return titles + sentences


def _digit() -> DigitDataset:
    """Return the digit shown in the figures."""
    return current_run.shipped_digits().split()[1][:1]


def _training() -> Snapshot:
    """Return the session's run, or a short run if it has no finished batch or no hidden layer, or if it failed."""
    begun = current_run.begun()
    if begun is not None and begun.run.hyperparameters.hidden:
        own = begun.run.snapshot
        if own.batch > 0 and own.fault is None:
            return own
    return shared().get(_short_training)


def _short_training() -> Snapshot:
    settings = dataclasses.replace(PRESETS["adam"].hyperparameters, batches=40)
    run = TrainingRun(current_run.shipped_digits(), settings)
    run.advance(settings.total_steps)
    return run.snapshot


def _played(title: str, start: int, stills: Sequence[Plain]) -> Plain:
    """Return the picture at `start`, with a slider to the others. All have the same traces."""
    figure, labels = stills[start], [still["layout"]["meta"]["says"] for still in stills]
    parts, traces = [still["data"] for still in stills], [*range(len(figure["data"]))]
    draw.film(figure, labels, parts, traces, title=_("{name}: drag me").format(name=title), start=start, redraw=True)
    figure["layout"]["meta"]["asks"] = True  # the slider is right below
    for frame, still in zip(figure["frames"], stills, strict=True):
        frame["layout"] = {"annotations": still["layout"].get("annotations", [])}
    return figure


def _neuron(_now: Snapshot) -> Plain:
    """Draw a neuron, whose first weight the reader can change."""
    stills = []
    for weight in (-1.0, -0.5, 0.0, 0.4, 0.8, 1.2, 1.6, 2.0):
        figure = figures.perceptron.plain([1.0, 0.5], [weight, -0.6], 0.1, ACTIVATIONS["relu"])
        layout = figure["layout"]
        for note in layout["annotations"]:
            if "<sub>" in note["text"]:  # a weight: one line has room
                note |= {"text": note["text"].partition("<br>")[0]}
                note |= {"xshift": 28, "font": note["font"] | {"size": 17}}  # a phone has little room beside the bias
            elif note["x"] == 6.9:  # in a low picture, one line
                note["text"] = note["text"].replace("<br>", " ")
            elif note["y"] == 1.4:  # the bias, beside its circle
                note |= {"y": 0.9, "yanchor": "middle", "xanchor": "left", "xshift": 32}
            elif note["x"] == 1.6:  # the weights, where a phone has room
                note["x"] = 2.3
        layout["annotations"].append(draw.note(6.9, 2.2, _("below 0<br>becomes 0"), yanchor="top"))
        layout["yaxis"]["range"] = [-0.7, 7.1]
        del layout["meta"]["phone_layout"]  # the frames have the notes
        stills.append(figure)
    return _played("w₁", 4, stills)


def _weight(_now: Snapshot) -> Plain:
    """Draw a digit, the ink of one of its pixels as three blocks, and the product with a weight, along arrows."""
    words = {-1.0: _("counts against"), 0.0: _("ignored"), 0.5: _("What happens at −1?"), 2.0: _("counts double")}
    stills, weights = [], (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
    ink, marked = _digit().images[0], colours.MARK_COLOUR
    row, column = np.argwhere(ink == 3)[0].tolist()
    y, down, out = row + 0.6, 6.4, BLOCKS[0] + 1.5 * BLOCKS[1]
    named = _("input {number}").format(number="<b>3</b>")
    axes = {"coloraxis": draw.ink_axis(), "shapes": [draw.box_around(column, row, 0.5, (marked, 4))]}
    for weight in weights:
        line, legible = SIGNS[np.sign(weight)]
        product = _("input {input} × weight {weight} = {product}")
        product = product.format(input=3, weight=in_brackets(weight), product=short(3 * weight))
        ends = BLOCKS[0] + (abs(3 * weight) + 0.2) * BLOCKS[1]
        traces = [
            draw.heatmap(draw.as_float32(np.where(ink > 0, ink, np.nan)), hoverinfo="skip", xgap=1, ygap=1),
            draw.scatter(*_blocks(3, y), "lines", line=(colours.MUTED_COLOUR, 40)),
            draw.scatter(*_blocks(abs(3 * weight), down), "lines", line=(line, 40)),
            draw.scatter([BLOCKS[0] + 3.2 * BLOCKS[1]], [y], "text", text=[named])
            | {"textfont": draw.font(24), "textposition": "middle right"},
            draw.scatter([out + 0.5], [(y + down) / 2], "text", text=[f"<b>× {in_brackets(weight)}</b>"])
            | {"textfont": draw.font(28, legible), "textposition": "middle right"},
            draw.scatter([ends], [down], "text", text=[f"<b>{short(3 * weight)}</b>"])
            | {"textfont": draw.font(34, legible), "textposition": "middle right"},
            draw.scatter([-0.5], [9.5], "text", text=[words.get(weight, "")])  # right above the slider
            | {"textfont": draw.font(28, legible), "textposition": "middle right"},
        ]
        still = says(_drawing(traces, [-0.6, 21.2], [10.6, -0.9], **axes), joined([product, words.get(weight, "")]))
        still["layout"]["annotations"] = [
            _arrow(column + 0.6, row, BLOCKS[0] - 0.2, y),
            _arrow(out, y + 1, out, down - 1.3),
        ]
        still["layout"]["yaxis"]["scaleanchor"] = "x"
        stills.append(still)
    figure = _played(_("weight"), 4, stills)
    figure["layout"]["meta"]["film"]["ticks"] = [[weights.index(weight), short(weight)] for weight in words]
    return figure


BLOCKS = 9.6, 1.5
"""Where blocks begin beside a digit, and their width, in pixels of the digit."""


def _arrow(x0: float, y0: float, x: float, y: float) -> draw.Part:
    """Return an arrow between two points."""
    look = {"showarrow": True, "arrowhead": 2, "arrowwidth": 3, "arrowcolor": colours.MARK_COLOUR, "standoff": 0}
    return draw.note(x, y, "", ax=x0, ay=y0, axref="x", ayref="y", **look)


def _blocks(size: float, y: float) -> tuple[list[float], list[float | None]]:
    """Return a bar in pieces of length one, the last possibly shorter, with gaps between them."""
    first, wide = BLOCKS
    ends = [first + wide * min(at + part, size) for at in range(6) for part in (0.05, 0.95, 0.95)]
    return ends, [None if at % 3 == 2 else y for at in range(len(ends))]


def _activation(now: Snapshot) -> Plain:
    """Draw what a hidden neuron looks for, and the digits to which it responds most and least."""
    test = current_run.shipped_digits().split()[1]
    activations = now.network.hidden(test.pixels)[0]
    neuron = int(activations.max(axis=0).argmax())
    of = activations[:, neuron]
    best, least = int(of.argmax()), int(np.abs(of).argmin())
    pattern = draw.as_float32(now.network.parameters.weights[0][:, neuron])
    both = (
        (best, _("fits: {activation}"), colours.PASSES),
        (least, _("does not fit: {activation}"), colours.MUTED_COLOUR),
    )
    pictures = [draw.pixels(pattern, _("weight {number}").format(number="%{z:.3g}"), coloraxis="coloraxis2")]
    notes = [
        draw.note(
            0.5, 0, _("what the neuron looks for"), 16, xref="x domain", yref="y domain", yanchor="top", yshift=-4
        )
    ]
    axes = draw.digit_axes(domain=(0.0, 0.3))
    for number, (digit, words, colour) in enumerate(both, start=1):
        panel = draw.suffix(number)
        pictures.append(draw.pixels(test.pixels[digit], panel=panel))
        axes |= draw.digit_axes(panel, (0.35 * number, 0.35 * number + 0.3))
        said = words.format(activation=f"<b>{short(float(of[digit]))}</b>")
        place = {"xref": f"x{panel} domain", "yref": f"y{panel} domain", "yanchor": "top", "yshift": -4}
        notes.append(draw.note(0.5, 0, said, 18, colour, **place))
    scales = {"coloraxis": draw.ink_axis(), "coloraxis2": draw.signed_axis(pattern, showscale=False)}
    figure = draw.figure(*pictures, **axes, **scales, annotations=notes, margin=(4, 4, 4, 30), dragmode=False)
    return says(figure, _("What a neuron looks for, a digit that fits and one that does not"))


def _bias(_now: Snapshot) -> Plain:
    """Draw a sum as a bar that begins at a bias."""
    stills, inks = [], [colours.ON_BOX_COLOUR, colours.PAPER_COLOUR, colours.PAIRS["number"][0]]
    for bias, said in enumerate((_("no bias"), _("a head start of 1"), "", "")):
        total = f"<b>{bias} + 2 = {bias + 2}</b>"
        text = [_("bias") * bool(bias), _("inputs"), "  " + (f"{total}<br>  {said}" if said else total)]
        words = draw.scatter([bias / 2, bias + 1, bias + 2], [0] * 3, "text", text=text, textfont=draw.font(20, inks))
        traces = [
            draw.scatter([0, 0], [-1, 1], "lines", line=(colours.MUTED_COLOUR, 2)),
            draw.scatter([0, bias], [0, 0], "lines", line=(colours.BOX_COLOUR, 48)),
            draw.scatter([bias, bias + 2], [0, 0], "lines", line=(_BLUE, 48)),
            words | {"textposition": [*["middle center"] * 2, "middle right"]},
        ]
        stills.append(_drawing(traces, [-0.1, 8]))
    return _played(_("bias"), 1, stills)


def _learning_rate(_now: Snapshot) -> Plain:
    """Draw eight steps down a valley."""
    words = _("too slow"), _("good"), _("straight to the bottom"), _("overshoots"), _("climbs out")
    stills, x = [], np.linspace(-1.6, 1.6, 65)
    for rate, said in zip((0.05, 0.3, 1.0, 1.7, 2.1), words, strict=True):
        at = -0.9 * (1 - rate) ** np.arange(9)  # the gradient of x²/2 is x
        text = [_("{name}: {value}").format(name=f"<b>{rate:g}</b>", value=said)]
        traces = [
            draw.scatter(x, x**2 / 2, "lines", line=(colours.MUTED_COLOUR, 4)),
            draw.scatter(at, at**2 / 2, "lines+markers", line=(_BLUE, 2), marker=(14, _BLUE)),
            draw.scatter([0], [1.5], "text", text=text, textfont=draw.font(22)),
        ]
        stills.append(_drawing(traces, [-3, 3], [-0.15, 1.75]))
    return _played(_("learning rate"), 3, stills)


def _layer(_now: Snapshot) -> Plain:
    """Draw three layers, the middle one marked."""
    spots = [(x, y - (count - 1) / 2) for x, count in enumerate((4, 3, 2)) for y in range(count)]
    ends = [(one, other) for one in spots for other in spots if one[0] + 1 == other[0]]
    inks = [colours.SENDS if x == 1 else colours.MUTED_COLOUR for x, _y in spots]
    lines = [draw.scatter(**draw.xy(np.array(pair)), mode="lines", line=(colours.MUTED_COLOUR, 1)) for pair in ends]
    words = draw.scatter([1], [1.75], "text", text=[_("layer")], textfont=draw.font(20, colours.SENDS))
    return _drawing([*lines, draw.scatter(*zip(*spots, strict=True), marker=(30, inks)), words], [-1, 3], [-2.1, 2.1])


def _drawing(traces: Sequence[draw.Part], across: list[float], up: Sequence[float] = (-1, 1), **more: Any) -> Plain:
    """Return a drawing without axes, described by its last words."""
    hidden = {"visible": False, "fixedrange": True}
    axes = {"xaxis": hidden | {"range": across}, "yaxis": hidden | {"range": list(up)}}
    figure = draw.figure(*traces, **axes, **more, margin=0, showlegend=False, dragmode=False)
    return says(figure, " ".join(traces[-1]["text"][-1].replace("<br>", " ").split()))


def _hidden_layer(now: Snapshot) -> Plain:
    leads = receipt(now.network, _digit().pixels[0]).leads
    return figures.hidden_cells.plain(now.network.hidden(_digit().pixels)[-1][0], leads, marked=1 + len(leads) // 10)


def _test_data(now: Snapshot) -> Plain:
    test = current_run.shipped_digits().split()[1][:_FEW]
    return figures.guesses.plain(test.images, test.labels, now.network.predict_proba(test.pixels))


def _labelled(_now: Snapshot, rows: Any, columns: int = 6) -> Plain:
    """Draw training digits with their labels."""
    digits = current_run.shipped_digits().split()[0]
    return figures.digit_grid.plain(digits.images[rows], digits.labels[rows], columns=columns)


def _batch(now: Snapshot) -> Plain:
    return _labelled(now, batch_rows(Hyperparameters(), len(current_run.shipped_digits().split()[0]), 0)[:_FEW])


def _softmax(now: Snapshot) -> Plain:
    return figures.logits_and_probabilities.plain(now.network.logits(_digit().pixels)[0], *_guessed(now))


def _guessed(now: Snapshot) -> tuple[np.ndarray, int]:
    """Return the probabilities and the label of the example digit."""
    digit = _digit()
    return now.network.predict_proba(digit.pixels)[0], int(digit.labels[0])


def _pca() -> tuple[np.ndarray, np.ndarray]:
    digits = current_run.mapped_digits()
    return project(digits.pixels, "pca").coordinates, digits.labels


def _map(now: Snapshot) -> Plain:
    return figures.digit_map.plain(*shared().get(_pca), marker_size=2, written=16)


PICTURES: dict[str, Callable[[Snapshot], Plain]] = {
    "neuron": _neuron,
    "weight": _weight,
    "activation": _activation,
    "bias": _bias,
    "layer": _layer,
    "activation_function": lambda now: figures.activation_curves.plain(ACTIVATIONS["relu"], 0.5),
    "hidden_layer": _hidden_layer,
    "softmax": _softmax,
    "probability": lambda now: figures.probability_bars.plain(*_guessed(now)),
    "learning_rate": _learning_rate,
    "loss": lambda now: figures.loss_curves.plain(now.history.losses, loss_name=_("loss")),
    "label": partial(_labelled, rows=slice(3), columns=3),
    "training_data": partial(_labelled, rows=slice(_FEW)),
    "batch": _batch,
    "one_hot": lambda now: guess_and_target.plain(*_guessed(now), moves=False),
    "test_data": _test_data,
    "accuracy": lambda now: figures.progress_curves.plain(now.history, now.batch),
    "dimensionality_reduction": _map,
}
"""Functions that build the figure of a term from a snapshot, by the code of the term."""
