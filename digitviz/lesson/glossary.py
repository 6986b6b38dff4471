"""The glossary: the technical terms on the pages, each explained in one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from digitviz.language import LANGUAGES, Lazy, speaking
from digitviz.language import lazy_gettext as _


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
    "neuron": Term(
        _("neuron"),
        _(
            "Multiplies each input by a weight, adds everything up, with its bias if it has one, and passes "
            "the sum through an activation function."
        ),
    ),
    "weight": Term(
        _("weight"), _("A number that says how strongly one input counts, and in which direction; training changes it.")
    ),
    "bias": Term(_("bias"), _("A number that a neuron adds to its weighted sum, whatever its inputs are.")),
    "pre_activation": Term(
        _("pre-activation"),
        _(
            "A neuron's weighted sum of its inputs, plus its bias if it has one, before the activation "
            "function is applied."
        ),
    ),
    "activation": Term(
        _("activation"), _("What a neuron passes on: its activation function, applied to its pre-activation.")
    ),
    "activation_function": Term(
        _("activation function"),
        _("The curve that turns a pre-activation into an activation; without it, layers would merge into one."),
    ),
    "relu": Term(_("ReLU"), _("The activation function that keeps positive numbers and turns all others into 0.")),
    "dead_neuron": Term(
        _("dead neuron"),
        _("A ReLU neuron that outputs 0 for every digit, so that no gradient reaches it and it cannot learn."),
    ),
    "layer": Term(
        _("layer"), _("Neurons side by side, which all take the same inputs and pass their outputs on together.")
    ),
    "hidden_layer": Term(
        _("hidden layer"),
        _("A layer between the pixels and the ten outputs, whose values the network works out for itself."),
    ),
    "forward_pass": Term(_("forward pass"), _("The path from the pixels through all layers to the probabilities.")),
    "logits": Term(
        _("logits"), _("The ten numbers that come out of the last layer, one for each digit, before softmax.")
    ),
    "softmax": Term(
        _("softmax"),
        _("Turns logits into probabilities: takes e to the power of each logit, and divides by the sum of all."),
    ),
    "probability": Term(
        _("probability"), _("How sure the network is of a digit, from 0 to 1; the ten of them sum to 1.")
    ),
}
_TRAINING = {
    "loss": Term(
        _("loss"), _("A number that says how far the predictions are from the labels; training makes it small.")
    ),
    "loss_function": Term(
        _("loss function"), _("The rule that computes the loss from the probabilities and the labels.")
    ),
    "squared_error": Term(
        _("squared error"),
        _("The loss that adds up the squares of the differences between the probabilities and the labels."),
    ),
    "cross_entropy": Term(
        _("cross-entropy"), _("The loss that takes minus the logarithm of the probability given to the correct digit.")
    ),
    "gradient": Term(
        _("gradient"),
        _("The derivatives of the loss with respect to all weights: the direction in which it grows fastest."),
    ),
    "gradient_descent": Term(
        _("gradient descent"),
        _("Moves every weight a little against its gradient, again and again, so that the loss falls."),
    ),
    "backpropagation": Term(
        _("backpropagation"),
        _("Computes the gradient of all weights with the chain rule, from the loss back to the first layer."),
    ),
    "chain_rule": Term(
        _("chain rule"), _("The derivative of a chain of functions is the product of their derivatives.")
    ),
    "learning_rate": Term(
        _("learning rate"),
        _("The number that the gradient is multiplied by to give the step: how far the weights move."),
    ),
    "step": Term(_("training step"), _("One update of all weights: a forward pass, a gradient, and a move.")),
    "batch": Term(_("batch"), _("The digits that a training step looks at together.")),
    "epoch": Term(_("epoch"), _("One pass through all training digits, batch by batch.")),
    "optimizer": Term(
        _("optimizer"), _("The rule that turns a gradient into a step, such as gradient descent, momentum or Adam.")
    ),
    "initialization": Term(
        _("initialization"),
        _("How the weights are chosen before training: at random, with a spread that suits the layers' sizes."),
    ),
    "hyperparameter": Term(
        _("hyperparameter"), _("A setting that is chosen before training and that training does not change.")
    ),
}
_EVALUATION = {
    "label": Term(_("label"), _("The correct answer for a digit in the data set.")),
    "one_hot": Term(
        _("one-hot encoding"), _("Writes a label as ten numbers: a 1 in the digit's place, and 0 everywhere else.")
    ),
    "training_data": Term(_("training data"), _("The digits that the network learns from.")),
    "test_data": Term(
        _("test data"), _("Digits that are held out, to see how well the network reads what it has never seen.")
    ),
    "accuracy": Term(_("accuracy"), _("The fraction of digits that are classified correctly.")),
    "overfitting": Term(
        _("overfitting"),
        _("The network learns its training data by heart and gets worse on digits that it has not seen."),
    ),
    "decision_boundary": Term(
        _("decision boundary"), _("The border between inputs that the network reads as one digit and as another.")
    ),
    "confusion_matrix": Term(
        _("confusion matrix"), _("A table that counts, for each true digit, how often each digit was predicted.")
    ),
}
_MAPS = {
    "dimensionality_reduction": Term(
        _("dimensionality reduction"),
        _("Draws points of many dimensions in two or three, so that points that are close together stay close."),
    ),
    "pca": Term(
        _("PCA"), _("Principal component analysis: projects the data onto the few directions in which it spreads most.")
    ),
    "manifold": Term(
        _("manifold"), _("A curved surface within a space of many dimensions, on or near which the data lies.")
    ),
    "trustworthiness": Term(
        _("trustworthiness"),
        _(
            "A score from 0 to 1 for how close neighbours in a map are in the data; a false neighbour costs more the "
            "further away it really is."
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


def search(query: str) -> list[str]:
    """Return the codes of the terms that contain all words of a query, in any language. Matching titles come first.

    Parameters
    ----------
    query : str
        Words, or a part of one, in upper or lower case. Untrusted text.
    """
    words, found = query.casefold().split(), []
    for code, term in GLOSSARY.items():
        titles, sentences = [], []
        for each in LANGUAGES:
            with speaking(each):
                titles.append(str(term.title).casefold())
                sentences.append(str(term.sentence).casefold())
        if all(word in " ".join([*titles, *sentences]) for word in words):
            found.append((not all(word in " ".join(titles) for word in words), code))
    return [code for _rank, code in sorted(found, key=lambda each: each[0])] if words else []


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
    "C": _("cost: half the squared error, averaged over the digits"),
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
