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


def term(title: str, sentence: str) -> Term:
    """Return a term. Both texts are messages without further marks (`TEXTS` in `locale/__main__.py`)."""
    return Term(_(title), _(sentence))


_NETWORK = {
    "weight": term("weight", "How much an input counts: 2 is double, 0 ignores it. Training finds it."),
    "neuron": term(
        "neuron",
        "A tiny calculator: it multiplies each input by a weight, adds up the results, with its bias if it has one, "
        "and turns the sum into one output.",
    ),
    "bias": term("bias", "A head start: with a bias of 1, a neuron's sum starts at 1, whatever the inputs are."),
    "activation": term(
        "activation", "What a neuron passes on: about 0 if it stays silent, far from 0 if it responds strongly."
    ),
    "layer": term("layer", "A row of neurons: all get the same inputs, and all pass their outputs on to the next row."),
    "hidden_layer": term(
        "hidden layer",
        "A layer between the pixels and the ten answers. Its hidden neurons learn for themselves what to look for.",
    ),
    "activation_function": term(
        "activation function",
        "The rule that turns a neuron's sum into its output, such as ReLU, sigmoid or tanh. Without it, many layers "
        "could do no more than one.",
    ),
    "pre_activation": term(
        "pre-activation",
        "The sum inside a neuron: each input times its weight, plus its bias if it has one, such as 0.8 − 0.3 + 0.1 "
        "= 0.6.",
    ),
    "relu": term(
        "ReLU", "The rule that keeps positive numbers and turns all others into 0: 3 stays 3, and −3 becomes 0."
    ),
    "dead_neuron": term(
        "dead neuron", "A ReLU neuron that outputs 0 for every digit. No gradient reaches it, so it never learns."
    ),
    "forward_pass": term(
        "forward pass",
        "One trip through the network: pixels go in, layer after layer computes, and ten probabilities come out.",
    ),
    "logits": term(
        "logits", "The ten scores from the last layer, one per digit, such as 4.1 or −2. The highest score wins."
    ),
    "softmax": term(
        "softmax",
        "Turns scores into probabilities (e to the power of each, divided by the total): 2, 1, 0 become 67%, 24%, 9%.",
    ),
    "probability": term(
        "probability", "How sure the network is of a digit, from 0 to 1: 0.9 means 90%. The ten of them sum to 1."
    ),
}
_TRAINING = {
    "loss": term(
        "loss", "Penalty points: many if a prediction is far from the label, 0 if perfect. Training lowers them."
    ),
    "loss_function": term(
        "loss function", "The rule that gives the penalty points: it compares the probabilities with the label."
    ),
    "squared_error": term(
        "squared error",
        "Half the sum of the squared gaps between the probabilities and the label; the notebook, and so Train, "
        "leaves out the half.",
    ),
    "cross_entropy": term(
        "cross-entropy",
        "Minus the logarithm of the correct digit's probability: 1 costs 0, 0.5 costs 0.69, 0.01 costs 4.6.",
    ),
    "gradient": term(
        "gradient", "For every weight, how fast the loss grows if that weight grows: an arrow straight uphill."
    ),
    "gradient_descent": term(
        "gradient descent",
        "Walking downhill in fog: move every weight a little against its gradient, then look again, and repeat.",
    ),
    "backpropagation": term(
        "backpropagation",
        "The backward pass: traces the blame for a mistake from the loss to the first layer, and so finds the whole "
        "gradient.",
    ),
    "chain_rule": term(
        "chain rule", "Effects multiply along a chain: twice as fast, then three times, is six times as fast."
    ),
    "learning_rate": term(
        "learning rate", "How far a step goes: it multiplies the gradient. Too small is slow, too large overshoots."
    ),
    "step": term(
        "training step",
        "One update of all weights: read a batch, see how wrong the answers are, move every weight a little.",
    ),
    "batch": term(
        "batch",
        "A set of training digits, such as 100 of the 1,617, on which one or more steps are taken before the next.",
    ),
    "epoch": term(
        "epoch", "One pass through all training digits, batch by batch, like reading a book from cover to cover."
    ),
    "optimizer": term(
        "optimizer",
        "The rule that turns a gradient into a step: SGD, Adam or momentum, which keeps rolling like a ball.",
    ),
    "initialization": term(
        "initialization", "The weights before training: random, because neurons that start alike would stay alike."
    ),
    "hyperparameter": term(
        "hyperparameter",
        "A setting that you choose before training, such as the number of neurons. Training does not change it.",
    ),
}
_EVALUATION = {
    "label": term("label", "The correct answer for a digit, given by a person: the label of a handwritten 7 is 7."),
    "one_hot": term(
        "one-hot encoding",
        "A label as ten numbers, a 1 in the digit's place and 0 everywhere else: 5 becomes 0 0 0 0 0 1 0 0 0 0.",
    ),
    "training_data": term(
        "training data", "The digits that the network learns from, like exercises with their solutions."
    ),
    "test_data": term("test data", "Digits that the network never sees in training, like the questions of an exam."),
    "accuracy": term(
        "accuracy", "The fraction of digits that are read correctly: 94 out of 100 is 94%. Guessing gets 10%."
    ),
    "overfitting": term(
        "overfitting", "The network learns its exercises by heart, and gets worse on digits that it has not seen."
    ),
    "decision_boundary": term(
        "decision boundary", "Where the answer changes: on one side, the network reads a 3, on the other an 8."
    ),
    "confusion_matrix": term(
        "confusion matrix",
        "A table of all answers: it counts, for each true digit, how often each digit was predicted.",
    ),
}
_MAPS = {
    "dimensionality_reduction": term(
        "dimensionality reduction",
        "Draws digits with 64 pixels as points on a flat map or in 3D, so that similar ones stay close; two methods "
        "are t-SNE and UMAP.",
    ),
    "pca": term(
        "PCA", "Principal component analysis: shows the data as a shadow, in directions in which it spreads most."
    ),
    "manifold": term(
        "manifold", "A curved surface on or near which the data lies, like a crumpled sheet of paper in a room."
    ),
    "trustworthiness": term(
        "trustworthiness",
        "How far you can trust neighbours in a map, from 0 to 1. It falls if points that look close are really far "
        "apart.",
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
