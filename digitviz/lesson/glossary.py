"""The glossary: the technical terms on the pages, each explained in plain words with an example."""

import difflib
from dataclasses import dataclass

from digitviz.language import LANGUAGES, Lazy, lazy_gettext as _, speaking


@dataclass(frozen=True)
class Term:
    """A technical term.

    Parameters
    ----------
    title : Lazy
    sentence : Lazy
        Explanation for somebody who is new to the term.
    """

    title: Lazy
    sentence: Lazy


_NETWORK = {
    "weight": Term(_("weight"), _("How much an input counts: 2 is double, 0 ignores it. Training finds it.")),
    "neuron": Term(
        _("neuron"),
        _(
            "A tiny calculator: it multiplies each input by a weight, adds up the results, with its bias if it has "
            "one, and turns the sum into one output."
        ),
    ),
    "bias": Term(
        _("bias"),
        _("A head start: with a bias of 1, a neuron's sum starts at 1, whatever the inputs are."),
    ),
    "activation": Term(
        _("activation"),
        _("What a neuron passes on: about 0 if it stays silent, far from 0 if it responds strongly."),
    ),
    "layer": Term(
        _("layer"), _("A row of neurons: all get the same inputs, and all pass their outputs on to the next row.")
    ),
    "hidden_layer": Term(
        _("hidden layer"),
        _("A layer between the pixels and the ten answers. Its hidden neurons learn for themselves what to look for."),
    ),
    "activation_function": Term(
        _("activation function"),
        _(
            "The rule that turns a neuron's sum into its output, such as ReLU, sigmoid or tanh. Without it, many "
            "layers could do no more than one."
        ),
    ),
    "pre_activation": Term(
        _("pre-activation"),
        _(
            "The sum inside a neuron: each input times its weight, plus its bias if it has one, such as 0.8 − 0.3 + "
            "0.1 = 0.6."
        ),
    ),
    "relu": Term(
        _("ReLU"), _("The rule that keeps positive numbers and turns all others into 0: 3 stays 3, and −3 becomes 0.")
    ),
    "dead_neuron": Term(
        _("dead neuron"), _("A ReLU neuron that outputs 0 for every digit. No gradient reaches it, so it never learns.")
    ),
    "forward_pass": Term(
        _("forward pass"),
        _("One trip through the network: pixels go in, layer after layer computes, and ten probabilities come out."),
    ),
    "logits": Term(
        _("logits"), _("The ten scores from the last layer, one per digit, such as 4.1 or −2. The highest score wins.")
    ),
    "softmax": Term(
        _("softmax"),
        _(
            "Turns scores into probabilities (e to the power of each, divided by the total): 2, 1, 0 become 67%, "
            "24%, 9%."
        ),
    ),
    "probability": Term(
        _("probability"), _("How sure the network is of a digit, from 0 to 1: 0.9 means 90%. The ten of them sum to 1.")
    ),
}
_TRAINING = {
    "loss": Term(
        _("loss"), _("Penalty points: many if a prediction is far from the label, 0 if perfect. Training lowers them.")
    ),
    "loss_function": Term(
        _("loss function"), _("The rule that gives the penalty points: it compares the probabilities with the label.")
    ),
    "squared_error": Term(
        _("squared error"),
        _(
            "Half the sum of the squared gaps between the probabilities and the label; the notebook, and so Train, "
            "leaves out the half."
        ),
    ),
    "cross_entropy": Term(
        _("cross-entropy"),
        _("Minus the logarithm of the correct digit's probability: 1 costs 0, 0.5 costs 0.69, 0.01 costs 4.6."),
    ),
    "gradient": Term(
        _("gradient"), _("For every weight, how fast the loss grows if that weight grows: an arrow straight uphill.")
    ),
    "gradient_descent": Term(
        _("gradient descent"),
        _("Walking downhill in fog: move every weight a little against its gradient, then look again, and repeat."),
    ),
    "backpropagation": Term(
        _("backpropagation"),
        _(
            "The backward pass: traces the blame for a mistake from the loss to the first layer, and so finds the "
            "whole gradient."
        ),
    ),
    "chain_rule": Term(
        _("chain rule"), _("Effects multiply along a chain: twice as fast, then three times, is six times as fast.")
    ),
    "learning_rate": Term(
        _("learning rate"),
        _("How far a step goes: it multiplies the gradient. Too small is slow, too large overshoots."),
    ),
    "step": Term(
        _("training step"),
        _("One update of all weights: read a batch, see how wrong the answers are, move every weight a little."),
    ),
    "batch": Term(
        _("batch"),
        _("A set of training digits, such as 100 of the 1,617, on which one or more steps are taken before the next."),
    ),
    "epoch": Term(
        _("epoch"), _("One pass through all training digits, batch by batch, like reading a book from cover to cover.")
    ),
    "optimizer": Term(
        _("optimizer"),
        _("The rule that turns a gradient into a step: SGD, Adam or momentum, which keeps rolling like a ball."),
    ),
    "initialization": Term(
        _("initialization"),
        _("The weights before training: random, because neurons that start alike would stay alike."),
    ),
    "hyperparameter": Term(
        _("hyperparameter"),
        _("A setting that you choose before training, such as the number of neurons. Training does not change it."),
    ),
}
_EVALUATION = {
    "label": Term(
        _("label"), _("The correct answer for a digit, given by a person: the label of a handwritten 7 is 7.")
    ),
    "one_hot": Term(
        _("one-hot encoding"),
        _("A label as ten numbers, a 1 in the digit's place and 0 everywhere else: 5 becomes 0 0 0 0 0 1 0 0 0 0."),
    ),
    "training_data": Term(
        _("training data"), _("The digits that the network learns from, like exercises with their solutions.")
    ),
    "test_data": Term(
        _("test data"), _("Digits that the network never sees in training, like the questions of an exam.")
    ),
    "accuracy": Term(
        _("accuracy"), _("The fraction of digits that are read correctly: 94 out of 100 is 94%. Guessing gets 10%.")
    ),
    "overfitting": Term(
        _("overfitting"), _("The network learns its exercises by heart, and gets worse on digits that it has not seen.")
    ),
    "decision_boundary": Term(
        _("decision boundary"), _("Where the answer changes: on one side, the network reads a 3, on the other an 8.")
    ),
    "confusion_matrix": Term(
        _("confusion matrix"),
        _("A table of all answers: it counts, for each true digit, how often each digit was predicted."),
    ),
}
_MAPS = {
    "dimensionality_reduction": Term(
        _("dimensionality reduction"),
        _(
            "Draws digits with 64 pixels as points on a flat map or in 3D, so that similar ones stay close; two "
            "methods are t-SNE and UMAP."
        ),
    ),
    "pca": Term(
        _("PCA"), _("Principal component analysis: shows the data as a shadow, in directions in which it spreads most.")
    ),
    "manifold": Term(
        _("manifold"), _("A curved surface on or near which the data lies, like a crumpled sheet of paper in a room.")
    ),
    "trustworthiness": Term(
        _("trustworthiness"),
        _(
            "How far you can trust neighbours in a map, from 0 to 1. It falls if points that look close are really "
            "far apart."
        ),
    ),
}

SECTIONS: dict[str, tuple[Lazy, dict[str, Term]]] = {
    "network": (_("The network"), _NETWORK),
    "training": (_("Training"), _TRAINING),
    "evaluation": (_("Data and evaluation"), _EVALUATION),
    "maps": (_("Maps"), _MAPS),
}
"""Sections of the glossary: a title and the terms by code."""

GLOSSARY: dict[str, Term] = {code: term for _title, terms in SECTIONS.values() for code, term in terms.items()}
"""All terms by code."""


ALIKE = 0.66
"""Minimum similarity of a misspelled query to the intended title: two of three characters."""


def search(query: str) -> list[str]:
    """Return the codes of the terms that contain all words of a query, in any language. Matching titles come first.

    Without such terms, return those whose title has a similarly spelled word for each word of the query.

    Parameters
    ----------
    query : str
        Words, plurals or parts of words, in upper or lower case. Untrusted text.
    """
    titles, texts = dict.fromkeys(GLOSSARY, ""), dict.fromkeys(GLOSSARY, "")
    for each in LANGUAGES:
        with speaking(each):
            for code, term in GLOSSARY.items():
                titles[code] += f" {term.title}".casefold()
                texts[code] += f" {term.title} {term.sentence}".casefold()
    words, known = query.casefold().split(), set(" ".join(titles.values()).split())
    forms = [_forms(word, known) for word in words]

    def has(text: str) -> bool:
        return all(any(form in text for form in each) for each in forms)

    found = [code for code in GLOSSARY if words and has(texts[code])]
    near = [code for code in GLOSSARY if words and all(_resembles(word, titles[code].split()) for word in words)]
    return sorted(found, key=lambda code: not has(titles[code])) or near


def _forms(word: str, known: set[str]) -> set[str]:
    """Return a word and its possible singulars. One without "es" must be a known word."""
    ends = len(word) > 3 and word.endswith("s") and not word.endswith("ss")
    return {word, word[:-1] if ends else word} | ({word.removesuffix("es")} & known)


def _resembles(word: str, others: list[str]) -> bool:
    """Return whether a word is spelled like one of others; if it is not ASCII, only if both ends match, too."""
    near = difflib.get_close_matches(word, others, cutoff=ALIKE)
    return any(word.isascii() or (each[0], each[-1]) == (word[0], word[-1]) for each in near)


LETTERS: dict[str, Lazy] = {
    "x": _("input: the numbers that go into the network or a neuron; x₁, x₂ … for a neuron's individual inputs"),
    "w": _("weights; w₁, w₂ … are the matrices of the layers, or the weights of a single neuron"),
    "b": _("biases"),
    "z": _("pre-activations; in the last layer, the logits"),
    "σ": _("activation function"),
    "a": _("activations: the output of a layer or a neuron, σ(z)"),
    "p": _("probabilities: softmax of the logits"),
    "y": _("labels, one-hot"),
    "o": _("output of a neuron without an activation function"),
    "t": _("target of a single neuron"),
    "L": _("loss"),
    "C": _("squared error: half the sum of the squared gaps, averaged over the digits"),
    "E": _("error of a neuron without an activation function"),
    "Δ": _("change: Δw is what is added to w"),
    "δ": _("gradient at the pre-activations"),
    "∇": _("gradient: ∇w is the gradient of the loss with respect to w"),
    "η": _("learning rate"),
    "β": _("momentum: how much of the last step is kept"),
    "v": _("velocity: the last steps, added up with momentum"),
    "λ": _("curvature of the loss in one direction"),
    "ε": _("a small distance"),
    "e": _("Euler's number, 2.718…"),
    "n": _("number of digits"),
    "m": _("number of draws"),
}
"""Meaning of each letter in the lesson's formulas. i, j and k are indices of rows and columns."""
