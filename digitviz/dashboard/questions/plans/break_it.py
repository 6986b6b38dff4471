"""Can it be fooled? The steps of the page."""

from digitviz.dashboard.session.steps import Step, SteppedPage
from digitviz.language import lazy_gettext as _

PAGE = SteppedPage(
    title=_("Break it"),
    icon="bolt",
    question=_("Can it be fooled?"),
    minutes=30,
    words=("test_data", "gradient", "probability", "hidden_layer", "weight", "training_data"),
    steps=(
        Step(
            title=_("One pixel"),
            task=_(
                "Each mark is a pixel whose ink alone, emptied or filled, changes the answer to this digit of the "
                "[test data](#term-test_data), or to any other you choose. **Select** a pixel to change it."
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
                "Every pixel is pushed by the same small amount, up or down, following the [gradient](#term-gradient) "
                "of the loss, but ink stays between none and full. **Move** the slider until the answer changes."
            ),
            question=_("Random changes of the same size matter less. What is different about these?"),
            solution=_(
                "They all push in the same direction, towards a higher loss. Random ones push the loss up and down and "
                "largely cancel one another."
            ),
            points_at=("little_ink", "ink_size"),
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
            points_at=("not_a_digit",),
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
            points_at=("neurons_off",),
        ),
        Step(
            title=_("Smaller weights"),
            task=_(
                "Cut the smallest [weights](#term-weight), or **select** one and type another value. Accuracy, loss "
                "and this digit's answer follow."
            ),
            question=_("Why does cutting a third of the weights change almost nothing?"),
            solution=_("A small weight adds little to any sum. Many of these sit on pixels that hardly ever have ink."),
            points_at=("cut_weights", "cut_fraction"),
        ),
        Step(
            title=_("Shocks before training"),
            task=_(
                "Change the [training data](#term-training_data) and train again beside the plain run, from the same "
                "seed. **Predict** the test accuracy first."
            ),
            question=_("The pixels are shuffled, the same way in every digit. Why does the accuracy hardly fall?"),
            solution=_(
                "The network does not know which pixels are neighbours. It learns a weight for each pixel, wherever it "
                "is."
            ),
            points_at=("shock",),
        ),
    ),
)
