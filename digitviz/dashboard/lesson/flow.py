"""Two pictures in stages: a digit on its way to the answer, and the blame on its way back to a weight."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from digitviz.dashboard.components.flow import Edge, Flow, Node, Stage, Value, strengths
from digitviz.dashboard.lesson.formulas import decimals_for, fixed, significant, written
from digitviz.dashboard.session.frame_choices import SCHOOL, level
from digitviz.datasets import PIXEL_MAX
from digitviz.language import gettext as _, joined, ngettext
from digitviz.lesson.chain_rule import ChainRule
from digitviz.lesson.dot_product import MAX_TERMS, Sum, backward_sums, forward_sums
from digitviz.lesson.softmax import softmax_or_nan
from digitviz.networks.activations import ACTIVATIONS
from digitviz.networks.network import INPUT_SCALES, Network
from digitviz.numbers import LOWERED, a_digit, probability_in_percent, short

SMALLEST_BLAME = 0.05
"""Smallest blame of a digit with an arrow of its own at first, as a fraction of the largest."""
MAX_DOTS = 8
"""Maximum number of neurons in the first stage."""
LETTERS = "ABCD"
"""Names of the neurons to blame. Formulas have none of them on this page."""
MAX_DECIMALS = 12
"""Maximum number of decimals of a weight before and after a step, which show how far it moves."""
_OTHER_PIXELS = 64
"""Index of the end of the edge from all pixels that are not shown one by one."""
Arrays = Sequence[np.ndarray]
Numbers = list[list[Value]]
"""Numbers of a layer: for each stage that shows new ones, the number of each neuron."""


class _Drawing:
    """A picture of a network, built up stage by stage.

    Parameters
    ----------
    weights : sequence of ndarray
        Signs and widths of the edges of each layer.
    shown : sequence of ndarray of int
        Indices of the shown neurons of each hidden layer, ascending.
    followed : sequence of int
        Index of the followed neuron of each layer, the outputs last.
    pixels : ndarray of int
        Pixels with edges of their own.
    is_backward : bool
        True if the edges point from the answer to the pixels.
    """

    def __init__(
        self, weights: Arrays, shown: Arrays, followed: Sequence[int], pixels: np.ndarray, is_backward: bool = False
    ) -> None:
        self._sizes, self._followed = [weight.shape[1] for weight in weights], followed
        self._ends = [pixels, *shown, np.arange(self._sizes[-1])]
        self.edges, self._stages = list[Edge](), list[Stage]()
        for column, weight in enumerate(weights):
            below, above = self._ends[column : column + 2]
            ends = [(self.place(column, one), self.place(column + 1, other)) for one in below for other in above]
            strength = strengths(weight[np.ix_(below, above)].ravel())
            since = 2 * (len(weights) - column) if is_backward else column + 1
            for (one, other), each in zip(ends, strength, strict=True):
                here = self.place(column + 1, followed[column]) == other
                if is_backward and column:
                    here = self.place(column, followed[column - 1]) == one
                source, target = (other, one) if is_backward else (one, other)
                self.edges.append(Edge(source, target, each, since=since, is_followed=here))

    @property
    def stage(self) -> int:
        """Index of the next stage."""
        return len(self._stages)

    def add(self, name: str, sentence: str, letters: str, **fields: object) -> None:
        """Add a stage. `letters` is the same as a formula, which School does not show."""
        fields = {name: significant(each) if isinstance(each, float) else each for name, each in fields.items()}
        in_letters = re.sub(r"(?<=[a-zδ])\d+", lambda number: number[0].translate(LOWERED), letters.format(**fields))
        self._stages.append(Stage(name, sentence.format(**fields), "" if level() == SCHOOL else in_letters))

    def place(self, column: int, index: int) -> tuple[int, int]:
        """Return the place of a pixel or a neuron in the picture."""
        return column, int(index if column == 0 else np.searchsorted(self._ends[column], index))

    def light(self, source: int, target: int, terms: Sum) -> None:
        """Show the terms of a sum in the next stage, on the edges from one column to another."""
        end = self.place(target, terms.target)
        for index, value, weight, product, strength in zip(
            terms.sources, terms.values, terms.weights, terms.products, strengths(terms.products), strict=True
        ):
            says = f"{written(value, 3)} × {written(weight, 2)}"
            self.edges.append(Edge(self.place(source, index), end, strength, self.stage, says, written(product, 2)))
        if terms.others and terms.rest is not None:
            start = (source, len(self._ends[source]) if source else _OTHER_PIXELS)
            says = _("others: {rest}").format(rest=written(terms.rest, 3))
            self.edges.append(Edge(start, end, strengths(np.array([terms.rest]))[0] / 5, self.stage, says, says))

    def flow(
        self, pixels: np.ndarray, first: np.ndarray, numbers: Sequence[Numbers], words: Sequence[Any], **options: Any
    ) -> Flow:
        """Return the picture of a digit and the numbers of each layer.

        Parameters
        ----------
        pixels : ndarray, shape (64,)
        first : ndarray, shape (64, neurons)
            Weights of the first layer.
        numbers : sequence of Numbers
            For each layer.
        words : sequence of str
            Title of the digit and a short one, as a tuple; title of the outputs and a short one; the caption of neurons
            that are not shown, also for a phone.
        **options
            Further fields of `Flow`.
        """
        columns, titles, last, (less, fewer) = [], [words[0]], len(numbers) - 1, words[3:]
        for layer, shown in enumerate(self._ends[1:]):
            nodes = []
            for index in shown.tolist():
                number = index + (layer < last)
                caption = _("neuron {number}").format(number=number) if index == self._followed[layer] else ""
                looks_for = [] if layer or not last else strengths(first[:, index])
                nodes.append(Node(str(number), [values[index] for values in numbers[layer]], caption, looks_for))
            size = self._sizes[layer]
            title = brief = ngettext("{count} neuron", "{count} neurons", size)
            if layer == 0:
                title = ngettext("what {count} neuron looks for", "what {count} neurons look for", size)
            if others := size - len(shown):
                nodes.append(Node(fewer.format(count=others), caption=less.format(count=others)))
                brief = _("{shown} of {count} neurons")
                title = brief if layer else _("what {shown} of {count} neurons look for")
            counts = {"shown": len(shown), "count": size}
            titles.append((title.format(**counts), brief.format(**counts)))
            columns.append(nodes)
        titles[-1] = (words[1], words[2])
        below = _("lines: framed pixels only")
        return Flow((pixels / PIXEL_MAX).tolist(), below, titles, columns, self.edges, self._stages, **options)


def _values(since: int, numbers: np.ndarray, tone: str = "") -> list[Value]:
    lengths = zip(numbers, strengths(numbers), strict=True)
    return [Value(since, significant(number), length, tone) for number, length in lengths]


def _shares(since: int, probabilities: np.ndarray, tones: Mapping[int, str], lacking: int | None = None) -> list[Value]:
    """Return probabilities in the `tones` of their digits (-1: all others), and how much the `lacking` one lacks."""
    lengths, others = np.nan_to_num(probabilities).astype(float).round(3).tolist(), tones.get(-1, "")
    return [
        Value(since, probability_in_percent(share), length, tones.get(digit, others), (1 - length) * (digit == lacking))
        for digit, (share, length) in enumerate(zip(probabilities, lengths, strict=True))
    ]


def digit_on_its_way(network: Network, pixels: np.ndarray, label: int) -> Flow:
    """Show a digit on its way to the answer: pixels, one neuron per layer, the score of the answer, probabilities.

    Parameters
    ----------
    network : Network
    pixels : ndarray, shape (64,)
        Ink, 0 to 16.
    label : int
    """
    sums = forward_sums(network, pixels)
    z, entering = ([each[0] for each in both] for both in network.layers(pixels[None]))
    last, answer, title = len(sums), sums[-1].target, ACTIVATIONS[network.activation].title
    shown, followed = [each.sources for each in sums[1:]], [each.target for each in sums]
    with np.errstate(over="ignore", invalid="ignore"):
        products = [each[:, None] * weight for each, weight in zip(entering, network.parameters.weights, strict=True)]
    drawing = _Drawing(products, shown, followed, sums[0].sources)
    probabilities = softmax_or_nan(z[-1][None])[0]
    share = probability_in_percent(probabilities[answer])
    words = _("All the network gets is a number for each pixel: its ink, from 0 (empty) to {largest} (full).")
    factor, biases = INPUT_SCALES[network.input_scale].factor, network.parameters.biases
    largest = written(PIXEL_MAX * factor)
    drawing.add(_("The picture"), words, "", largest=largest)
    for layer, terms in enumerate(sums, start=1):
        drawing.light(layer - 1, layer, terms)
        bias = None if biases is None else written(float(biases[layer - 1][terms.target]), 3)
        with_bias = "" if bias is None else _("The sum includes its bias, {bias}.").format(bias=bias)
        plus = "" if bias is None else f" + b{layer}"
        letters = f"z{layer} = Σ {'x' if layer == 1 else f'a{layer - 1}'} · w{layer}{plus} = {{sum}}"
        if layer == last:
            words = _(
                "Digit {digit} adds up products, too: its score is {sum} (the edges show rounded numbers). The "
                "other nine digits do the same."
            )
            drawing.add(_("A digit's score"), joined([words, with_bias]), letters, digit=answer, sum=terms.total)
            continue
        words = _(
            "Neuron {number} multiplies each number that comes in by the weight of its edge, and adds up the products: "
            "{sum} (the edges show rounded numbers). Its activation ({title}) turns this into {passed_on}, which it "
            "passes on."
        )
        name = _("One neuron") if layer == 1 else _("Layer {layer}").format(layer=layer)
        letters += f",  a{layer} = σ(z{layer}) = {{passed_on}}"
        numbers = {"sum": terms.total, "passed_on": float(entering[layer][terms.target])}
        drawing.add(name, joined([words, with_bias]), letters, number=terms.target + 1, title=title, **numbers)
    words = _("The higher its score, the more probable a digit: {digit} gets {share}, the highest probability.")
    verdict = _("The network is right.") if answer == label else _("The network is wrong: this is {a_label}.")
    words = joined([words, verdict]).format(digit=answer, share=share, a_label=a_digit(label))
    drawing.add(_("The answer"), words, f"p = softmax(z{last})")
    hidden: list[Numbers] = [[_values(layer, entering[layer])] for layer in range(1, last)]
    tone = "answer" if answer == label else "wrong"
    outputs: Numbers = [_values(last, z[-1], "signed"), _shares(last + 1, probabilities, {answer: tone})]
    guess = {"ask": _("Guess {digit}"), "here": _("Which digit will it say?"), "mine": _("your guess")}
    guess |= {"answer": str(answer), "neuron": _("1 of {count} neurons").format(count=len(z[0]))}
    verdicts = _("Your guess was right."), _("Your guess was wrong.")
    guess["right"], guess["wrong"] = (joined([verdict, words]) for verdict in verdicts)
    legend, inks = [_("red pushes up"), _("blue pushes down")], [short(ink, 2) for ink in pixels * factor]
    crowd = _crowd(entering[1], followed[0], last - 2) if last > 1 else {"levels": []}
    more: dict[str, Any] = {"guess": guess, "crowd": crowd, "legend": legend, "inks": inks}
    above = _("64 pixels, ink 0 to {largest}").format(largest=largest), _("64 pixels")
    titles = [above, *[_("10 digits")] * 2, _("{count} more neurons, not drawn"), _("{count} others")]
    return drawing.flow(pixels, network.parameters.weights[0], [*hidden, outputs], titles, **more)


def _crowd(activations: np.ndarray, followed: int, layers: int) -> dict[str, Any]:
    """Show how excited the followed neuron of the first layer and others are, before so many further hidden layers."""
    count, sizes = len(activations), np.abs(np.nan_to_num(activations))
    sizes[followed] = np.inf
    shown = np.sort(np.argsort(-sizes, kind="stable")[:MAX_DOTS])
    title = (
        _("{shown} of {count} neurons") if count > MAX_DOTS else ngettext("{count} neuron", "{count} neurons", count)
    )
    more = ngettext("{count} more layer", "{count} more layers", layers).format(count=layers) if layers else ""
    words = {"key": _("red: excited"), "legend": [_("ink on red excites it"), _("ink on blue calms it")], "more": more}
    words |= {"title": title.format(shown=len(shown), count=count)}
    levels = np.array(strengths(activations))[shown].tolist()
    return {"levels": levels, "place": int(np.searchsorted(shown, followed)), **words}


def blame_on_its_way(rule: ChainRule, pixels: np.ndarray, activation: str, rate: float) -> Flow:
    """Show how the blame for an answer goes back to one weight, one factor at a time.

    Parameters
    ----------
    rule : ChainRule
        The chain rule for a batch of one digit.
    pixels : ndarray, shape (64,)
        Its ink, 0 to 16.
    activation : str
        A name in `ACTIVATIONS`.
    rate : float
        Learning rate of the step at the end.
    """
    *back, to_weights = backward_sums(rule)
    last, label, outputs = len(rule.weights), int(rule.one_hot[0].argmax()), rule.deltas[-1][0]
    probability = rule.probabilities[0]
    rival = int(np.where(np.arange(len(outputs)) == label, -1, np.nan_to_num(probability)).argmax())
    with np.errstate(over="ignore", invalid="ignore"):
        handed_on = [weight * delta[0] for weight, delta in zip(rule.weights[1:], rule.deltas[1:], strict=True)]
    blame = np.nan_to_num(rule.deltas[0][0])
    order = np.argsort(blame, kind="stable")
    first = np.unique([*order[: MAX_TERMS // 2], *order[-MAX_TERMS // 2 :]])  # too quiet, and too loud
    by_two = np.nan_to_num(handed_on[-1][:, [rival, label]]) if back else np.zeros((0, 2))
    if len(back) == 1:
        first = _suspects(blame, by_two, back[0].target)
    shown = [first, *(each.sources for each in reversed(back[1:]))] if back else []
    followed = [*(each.target for each in reversed(back)), label if back else to_weights.target]
    drawing = _Drawing([rule.gradients[0], *handed_on], shown, followed, to_weights.sources, is_backward=True)
    words = _("A line that pushes a bar the wrong way adds blame. The right way takes blame away.")
    begin, between, end = rule.start.signs
    said, is_school = int(np.nan_to_num(probability).argmax()), level() == SCHOOL
    drawing.add(_("The answer"), words, "")
    words = _("The blame of a digit is the difference between what it got and what is right.")
    if "2" in begin:
        words = _("The blame of a digit is twice the difference between what it got and what is right.")
    then = _("{label}: {blame}; {rival}: {other}. Below 0 (green), its score should rise; above 0 (purple), fall.")
    blame = {"label": label, "rival": rival, "blame": float(outputs[label]), "other": float(outputs[rival])}
    drawing.add(_("Blame starts"), joined([words, then]), f"δ{last} {begin} p {between} y {end}", **blame)
    numbers: list[Numbers] = [[_shares(0, probability, {-1: "more", label: ""}, label), _values(1, outputs, "signed")]]
    for terms in back:
        layer, neuron = last - len(numbers), terms.target
        along, through = (
            _("{name} (layer {layer})").format(name=name, layer=layer) if len(back) > 1 else name
            for name in (_("It reaches a neuron"), _("Some is left") if is_school else _("It gets through"))
        )
        drawing.light(layer + 1, layer, terms)
        handed, own = rule.handed_back[layer - 1][0], rule.deltas[layer - 1][0]
        numbers.insert(0, [_values(drawing.stage, handed, "signed"), _values(drawing.stage + 1, own, "signed")])
        fields = {"sum": terms.total, "own": float(own[neuron]), "number": neuron + 1}
        words = _(
            "Blame flows back along every edge, multiplied by the weight of the edge: the thicker the edge, the more "
            "blame. Neuron {number} adds up what arrives: {sum} (the edges show rounded numbers)."
        )
        arrives = f"Σ δ{layer + 1} · w{layer + 1}"
        drawing.add(along, words, f"{arrives} = {{sum}}", **fields)
        words = _(
            "Then it multiplies by how steep its activation ({title}) is at its sum: {sum} × {factor} = {own}. A "
            "neuron whose activation is flat there gets the factor 0, and no blame."
        )
        if is_school:
            words = _("A neuron whose output hardly changes gets hardly any blame. Here, {own} of {sum} is left.")
        factor, title = float(rule.derivatives[layer - 1][0, neuron]), ACTIVATIONS[activation].title
        letters = f"δ{layer} = ({arrives}) · σ′(z{layer}) = {{own}}"
        drawing.add(through, words, letters, factor=factor, title=title, **fields)
    drawing.light(0, 1, to_weights)
    largest = int(np.abs(np.nan_to_num(to_weights.products)).argmax())
    pixel, value, share = (each[largest] for each in (to_weights.sources, to_weights.values, to_weights.products))
    came = {"pixel": pixel + 1, "value": written(value, 3), "own": to_weights.total, "share": float(share)}
    words = _(
        "The blame of a weight is what came in along its edge, times the blame of its neuron. Pixel {pixel} sent "
        "{value}: {value} × {own} = {share}. Pixels without ink change nothing."
    )
    drawing.add(_("It reaches the weights"), words, "∇w1 = x · δ1 = {share}", **came)
    before = float(rule.weights[0][pixel, to_weights.target])
    with np.errstate(over="ignore", invalid="ignore"):
        after = before - rate * share
    decimals = max(decimals_for(before, 4), min(decimals_for(after - before, 1), MAX_DECIMALS))
    moved = {"before": fixed(before, decimals), "after": fixed(after, decimals), "rate": written(rate, 3)}
    ends, says = (drawing.place(0, pixel), drawing.place(1, to_weights.target)), "{before} → {after}".format(**moved)
    words = _(
        "A plain step for this digit alone subtracts the blame, times the learning rate {rate}: the weight goes from "
        "{before} to {after}. A batch first adds up the blame of all its digits."
    )
    if is_school:
        says = _("a tiny step up") if after > before else _("a tiny step down")
        words = _("Each step moves every weight a tiny bit against its blame. Thousands of steps add up.")
    drawing.edges.append(Edge(*ends, float(np.sign(share)), drawing.stage, says, says))
    drawing.add(_("They move"), words, "w1 ← w1 − η · ∇w1", **moved)
    little, much = _("{share} too little"), _("{share} too much")
    gaps = [probability_in_percent(abs(gap)) for gap in (probability - rule.one_hot[0]).tolist()]
    blamed = [
        {"index": digit, "strength": strength, "words": (little if strength < 0 else much).format(share=gaps[digit])}
        for digit, strength in enumerate(strengths(outputs))
        if said != label and abs(strength) >= SMALLEST_BLAME
    ]
    answer = _("The network says {digit}: right") if said == label else _("The network says {digit}: wrong")
    above = (_("This is {a_label}").format(a_label=a_digit(label)),) * 2
    brief = _("says {digit}").format(digit=said)
    titles = [above, answer.format(digit=said), brief, _("{count} less blamed"), "+{count}"]
    more: dict[str, Any] = {"legend": [_("red wants ink"), _("blue wants none")] if back else [], "blamed": blamed}
    if back and said != label:
        more["suspects"] = _question(rule, shown[-1], followed[-2], by_two, (rival, label))
    more["at_first"] = {digit: probability_in_percent(probability[digit]) for digit in sorted({rival, label})}
    return drawing.flow(pixels, rule.weights[0], numbers, titles, **more)


def _suspects(blame: np.ndarray, by_two: np.ndarray, guilty: int) -> np.ndarray:
    """Return the guilty neuron, and those with the thickest lines to two digits that have at most half its blame.

    Parameters
    ----------
    blame : ndarray, shape (neurons,)
    by_two : ndarray, shape (neurons, 2)
        What the line from each of the two digits adds to it. The sum must be at most half, too, so that both agree.
    guilty : int
    """
    seen = by_two.sum(axis=1)
    lesser = np.flatnonzero((2 * blame <= blame[guilty]) & (2 * seen <= seen[guilty]))
    thickest = lesser[np.argsort(-np.abs(by_two[lesser]).max(axis=1), kind="stable")]
    return np.unique([guilty, *thickest[: MAX_TERMS - 1]])


def _question(
    rule: ChainRule, shown: np.ndarray, guilty: int, by_two: np.ndarray, digits: tuple[int, int]
) -> dict[str, Any] | None:
    """Ask which of the shown neurons of the last hidden layer is most to blame, if its lines to two digits tell it."""
    blame, seen, place = rule.deltas[-2][0][shown], by_two[shown].sum(axis=1), int(np.searchsorted(shown, guilty))
    if len(shown) < 2 or seen.argmax() != place or min(seen[place], blame[place]) <= 0:
        return None
    weights = np.array(strengths(rule.weights[-1][shown][:, list(digits)].ravel())).reshape(-1, 2)
    weights *= np.sign(rule.deltas[-1][0][list(digits)])  # above 0, they push the wrong way
    is_right = bool(by_two[guilty].argmax())  # the line to the right digit passes most on
    words = _("{letter} gets most blame, {blame}: its dark line pushes {digit} up, but {digit} should fall.")
    if is_right:
        words = _("{letter} gets most blame, {blame}: its dark line pushes {digit} down, but {digit} should rise.")
    words = words.format(letter=LETTERS[place], blame=significant(blame[place]), digit=digits[is_right])
    found = {True: _("Your guess was right."), False: _("Your guess was wrong.")}
    return {
        "here": _("Which neuron is most to blame?"),
        "ask": _("Blame neuron {letter}"), "letters": LETTERS[: len(shown)], "answer": str(place),
        "legend": [_("thick and dark: much blame"), _("pale: less blame")],
        "key": [_("should say less"), _("should say more")],
        "verdicts": [joined([found[each == place], words]) for each in range(len(shown))],
        "weights": {digit: weights[:, column].tolist() for column, digit in enumerate(digits)},
        "blame": strengths(blame), "says": [significant(each) for each in blame.tolist()],
    }  # fmt: skip
