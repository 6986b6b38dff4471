"""The question pages: their steps as data, by address, and the function that shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import pairwise

import streamlit as st

from digitviz.dashboard.questions.asked_digit import AskedDigit, asked_digit, clear_digit
from digitviz.dashboard.questions.subject import Subject, subject
from digitviz.dashboard.session.steps import Step, SteppedPage, stepped_page
from digitviz.language import gettext
from digitviz.language import lazy_gettext as _

BREAK = SteppedPage(
    title=_("Break it"),
    icon="bolt",
    question=_("Can it be fooled?"),
    minutes=30,
    words=("test_data", "gradient", "probability", "hidden_layer", "weight", "training_data"),
    steps=(
        Step(
            title=_("One pixel"),
            task=_(
                "Can one changed pixel change the answer to this [test digit](#term-test_data)? **Click** a pixel to "
                "fill or erase it."
            ),
            question=_("You can still read the changed digit. Why can the network not?"),
            solution=_(
                "It knows nothing about strokes: each pixel only adds its ink times its weights. Where two answers are "
                "close, one full pixel is enough to tip the sum."
            ),
        ),
        Step(
            title=_("A little ink, a different answer"),
            task=_(
                "Every pixel gets a little more or less ink, along the [gradient](#term-gradient) of the loss. "
                "**Move** the slider until the answer changes."
            ),
            question=_("Random changes of the same size matter less. What is different about these?"),
            solution=_(
                "They all push in the same direction, towards a higher loss. Random ones push the loss up and down and "
                "largely cancel one another."
            ),
        ),
        Step(
            title=_("Not a digit"),
            task=_(
                "Show it things it was never trained on: noise, letters, shifted or rotated digits. How large is the "
                "[probability](#term-probability) of its answer?"
            ),
            question=_("Why does it name a digit even for pure noise?"),
            solution=_(
                "Softmax shares out all of the probability among the ten digits: there is no eleventh answer for “none "
                "of these”, so one of them always gets the most. The numbers below the pictures compare how sure the "
                "network is of them with how sure it is of test digits."
            ),
        ),
        Step(
            title=_("Fewer neurons"),
            task=_(
                "**Select** a neuron of the [hidden layer](#term-hidden_layer) to silence it, and select it again to "
                "restore it. Find the one that matters most."
            ),
            question=_(
                "Suppose that each of several neurons can be removed alone without any loss of accuracy. Can all of "
                "them be removed together?"
            ),
            solution=_(
                "Often not. Without one neuron, what the others contribute may still be enough for the correct answer. "
                "But nothing adapts: each neuron that is removed is missing from the sums, and without the whole layer "
                "every digit gets the same answer."
            ),
        ),
        Step(
            title=_("Smaller weights"),
            task=_(
                "Cut the smallest [weights](#term-weight), or **select** one and type another value. Accuracy, loss "
                "and the answer for this digit update."
            ),
            question=_("Why does cutting a third of the weights change almost nothing?"),
            solution=_("A small weight adds little to any sum. Many of these sit on pixels that hardly ever have ink."),
        ),
        Step(
            title=_("Change the data before training"),
            task=_(
                "Change the [training data](#term-training_data) and train again next to an unchanged run with the "
                "same seed. **Predict** the test accuracy first."
            ),
            question=_("The pixels are shuffled in the same way in every digit. Why does the accuracy hardly fall?"),
            solution=_(
                "The network does not know which pixels are neighbours. It learns a weight for each pixel, wherever it "
                "is."
            ),
        ),
    ),
)
WALK = Step(
    title=_("A walk through the hidden layer"),
    task=_(
        "**Play**: each pixel pushes the digit a little further, and the activation bends its path. The ten circles "
        "stand for the ten answers: the further the digit ends along a long line to a circle, the larger that "
        "[logit](#term-logits). Watch which one becomes the largest."
    ),
    question=_("Two different digits land in the same place in the hidden layer. Can the network tell them apart?"),
    solution=_(
        "No. The logits are dot products of that place with the label vectors, so the same place gives the same "
        "logits, no matter how it was reached."
    ),
)
BORDERS = Step(
    title=_("A map between three digits"),
    task=_(
        "Each colour is the answer there. Predict the answer in the middle of the three, then **drag** the point there."
    ),
    question=_(
        "Far outside the triangle, no point is a valid picture. Why can the network still be sure of its answer there?"
    ),
    solution=_(
        "Its probabilities come from differences between logits, and nothing makes these small where there are no "
        "digits. Very far away they keep growing with ReLU; with tanh or sigmoid they level off, at values that may be "
        "large. Nothing in the network measures how much a point resembles the digits it has seen."
    ),
)
LANDSCAPE = Step(
    title=_("The landscape"),
    task=_(
        "The loss around the trained weights, along the two directions in which training moved most. Predict whether "
        "the path ends at the lowest point in the picture, then rotate it."
    ),
    question=_("The picture has two directions; the notebook's network has 3,700 weights. What does the picture hide?"),
    solution=_(
        "All other directions. What looks like the bottom of a valley may keep falling in a direction that is not "
        "shown; the two shown are those in which this run moved most."
    ),
)
ORDER = Step(
    title=_("Does the order of neurons matter?"),
    task=_(
        "Predict what shuffling the hidden neurons does to the accuracy. Then follow the straight line from this "
        "network to one trained with another seed, before and after matching their neurons."
    ),
    question=_(
        "50 hidden neurons can be arranged in 50! orders, all with the same answers. Why can two networks not be "
        "compared weight by weight?"
    ),
    solution=_(
        "Neuron 1 of one network may do the work of neuron 37 in the other. First you have to find out which neurons "
        "belong together; the average of two unmatched networks mixes neurons that do different things."
    ),
)
GEOMETRY = SteppedPage(
    title=_("Geometry"),
    icon="polyline",
    question=_("Where does one digit become another?"),
    minutes=30,
    words=("logits", "decision_boundary"),
    steps=(BORDERS, WALK, LANDSCAPE, ORDER),
)
QUESTIONS: dict[str, SteppedPage] = {
    "evaluate": SteppedPage(
        title=_("Evaluate"),
        icon="grid_on",
        question=_("Where is it wrong?"),
        minutes=10,
        words=("confusion_matrix",),
        steps=(),
    ),
    "why": SteppedPage(
        title=_("Why?"),
        icon="receipt_long",
        question=_("Why did it say that?"),
        minutes=10,
        words=(),
        steps=(),
    ),
    "break": BREAK,
    "geometry": GEOMETRY,
}
View = Callable[[Subject, Callable[[], AskedDigit]], None]
"""Function that shows a step about a network. Its second argument shows the choice of a digit."""


def question_page(name: str, views: Sequence[View], opens_with: Callable[[Subject], int] = clear_digit) -> None:
    """Show a question page in steps.

    Parameters
    ----------
    name : str
        A name in `QUESTIONS`.
    views : sequence of callable
        One per step, in order.
    opens_with : callable
        Chooses the first digit, as in `asked_digit`.
    """

    @cache
    def asked() -> Subject:
        with st.container(horizontal=True, vertical_alignment="center"):  # the first call shows the control
            return subject()

    @cache
    def digit() -> AskedDigit:
        return asked_digit(asked(), opens_with)

    def show(view: View) -> None:
        if asked().has_answers:
            view(asked(), digit)
        else:
            st.info(gettext("The numbers overflowed, so the network has no answer."))

    following = dict(pairwise(QUESTIONS)).get(name)
    then = None if following is None else partial(_link, following)
    stepped_page(name, QUESTIONS[name], [partial(show, view) for view in views], then)


def _link(name: str) -> None:
    """Link to a question page. On the last step of another, Next follows this link."""
    with st.container(key="next_links"):
        label = gettext("Next: {question}").format(question=QUESTIONS[name].question)
        st.page_link(f"pages/{name}.py", label=label, icon=":material/arrow_forward:")
