"""Loss: its steps."""

from digitviz.dashboard.lesson.plan import LessonPage, Step
from digitviz.language import lazy_gettext as _

PAGE = LessonPage(
    title=_("Loss"),
    icon="target",
    question=_("How wrong is it?"),
    minutes=25,
    in_train=_("the loss curve of every batch"),
    place="losses",
    words=("loss", "probability", "squared_error", "cross_entropy", "loss_function", "learning_rate"),
    steps=(
        Step(
            title=_("A loss turns a guess into one number"),
            task=_(
                "A [loss](#term-loss) of 0 is perfect. **Select** any height of a bar or move a slider to change a "
                "[probability](#term-probability): how small and how large can the "
                "[squared error](#term-squared_error) and the [cross-entropy](#term-cross_entropy) become?"
            ),
            question=_("A network that knows nothing gives each digit 0.1. What is its cross-entropy?"),
            solution=_(
                "$-\\ln 0.1 = 2.30$. A cross-entropy well above that is worse than knowing nothing: the network is "
                "confident, and wrong."
            ),
            opens={"loss_digit": 1},
            points_at=("loss_guess",),
        ),
        Step(
            title=_("Which loss reacts more strongly?"),
            task=_(
                "Make a guess, then compare the curves of both [loss functions](#term-loss_function) where the "
                "probability is small."
            ),
            question=_("A network gives the correct digit almost 0, and another digit almost 1. What are both losses?"),
            solution=_(
                "The squared error is almost 1, $\\tfrac12 (1 + 1)$, and cannot become larger. The cross-entropy has "
                "no upper end: it grows by 2.30 each time the probability falls to a tenth."
            ),
            points_at=("loss_guess_first_box", "loss_curves"),
        ),
        Step(
            title=_("Both losses, digit by digit"),
            task=_(
                "Predict how many of the ten digits add to each of the two losses. Then work out L on a calculator."
            ),
            question=_(
                "Two guesses give the correct digit 0.6. One spreads the other 0.4 over nine digits, the other puts "
                "all of it on one. Which loss tells them apart?"
            ),
            solution=_(
                "Only the squared error: 0.089 against 0.16. Cross-entropy looks at the correct digit alone and is "
                "$-\\ln 0.6 = 0.511$ for both."
            ),
            points_at=("loss_terms",),
        ),
        Step(
            title=_("The error of one neuron"),
            task=_(
                "Its output is $o = \\sum_i x_i w_i$. Should o grow or shrink? Then choose a target on the other side "
                "of o."
            ),
            question=_("The derivative dE/do is negative. In which direction should the output go?"),
            solution=_(
                "Up. A negative derivative says that E falls as o grows. Going against the sign of the derivative "
                "always leads downhill, here towards the target."
            ),
            opens={"loss_target": 1.0},
            points_at=("loss_parabola",),
        ),
        Step(
            title=_("Who gets the blame?"),
            task=_("Set an input to 0, and predict which bar of its weight disappears. Then set a weight to 0."),
            question=_("Why follow the gradient, rather than divide the error in proportion to the weights?"),
            solution=_(
                "Dividing in proportion asks which weight is *large*; the gradient asks which weight can *change* "
                "something. A weight whose input is 0 caused none of the error: its gradient is 0, yet it is given a "
                "part. A weight of 0 is given nothing, so it could never grow. And a part of the error is not a change "
                "of a weight: it reaches the target only by luck."
            ),
            points_at=("loss_blame",),
        ),
        Step(
            title=_("Where do both ways lead?"),
            task=_(
                "Predict which way comes closer to the target. Then find the [learning rate](#term-learning_rate) that "
                "hits it."
            ),
            question=_("What happens when the learning rate is twice the one that hits the target?"),
            solution=_(
                "The step is twice as long and ends as far beyond the target as it started before it: E does not "
                "change. With an even larger learning rate, E grows with every step."
            ),
            opens={"loss_rate": 0.1},
            points_at=("loss_landing", "loss_rate"),
        ),
    ),
)
