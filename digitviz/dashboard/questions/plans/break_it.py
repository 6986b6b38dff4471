"""Can it be fooled? The steps of the page."""

from digitviz.dashboard.session.steps import Step, SteppedPage
from digitviz.language import lazy_gettext as _

PAGE = SteppedPage(
    title=_("Break it"),
    icon="bolt",
    question=_("Can it be fooled?"),
    minutes=30,
    words=("test_data", "gradient", "probability"),
    steps=(
        Step(
            title=_("One pixel"),
            task=_(
                "Each mark is a pixel whose ink alone, emptied or filled, changes the answer to this digit of the "
                "[test data](#term-test_data), or to any other you choose. **Click** a pixel to change it."
            ),
            question=_("You would still read the changed digit. Why does the network not?"),
            solution=_(
                "It has no idea of strokes: each pixel only adds its ink times its weights. Where two answers are "
                "close to each other, one full pixel is enough to tip the sum."
            ),
            points_at=("one_pixel",),
        ),
        Step(
            title=_("A little ink, another answer"),
            task=_(
                "Every pixel is changed by the same small amount, up or down, as the [gradient](#term-gradient) of the "
                "loss says. **Move** the slider until the answer changes."
            ),
            question=_("Random changes of the same size hardly matter. What is different about these?"),
            solution=_(
                "All 64 push in the same direction, towards a higher loss. Random ones push up and down and cancel one "
                "another."
            ),
            points_at=("little_ink", "ink_size"),
        ),
        Step(
            title=_("Not a digit"),
            task=_(
                "Show it what is no digit at all: noise, letters, digits that are moved or turned. How large is the "
                "[probability](#term-probability) of its answer?"
            ),
            question=_("Why is it so sure of nonsense?"),
            solution=_(
                "Softmax shares out all of the probability among the ten digits: there is no eleventh answer, “none of "
                "them”. And far from anything it has learnt, logits are large."
            ),
            points_at=("not_a_digit",),
        ),
    ),
)
