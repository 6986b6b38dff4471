"""Gradient descent: its steps."""

from digitviz.dashboard.lesson.plan import LessonPage, Step
from digitviz.language import lazy_gettext as _

PAGE = LessonPage(
    title=_("Gradient descent"),
    icon="trending_down",
    question=_("How should it step?"),
    minutes=25,
    in_train=_("the learning rate"),
    place="learning_rate",
    words=("gradient_descent", "learning_rate", "batch"),
    steps=(
        Step(
            title=_("How long should a step be?"),
            task=_(
                "Predict the path of [gradient descent](#term-gradient_descent) before you press **Zigzag** and "
                "**Diverging**. **Select** a place on the map to start there."
            ),
            question=_("The learning rate is small enough, yet the path jumps from side to side. Why?"),
            solution=_(
                "The valley is steep across and flat along. A step that is right for the flat direction is too long "
                "for the steep one: it lands on the other side, and the next step brings it back."
            ),
            opens={"descent_rate": 1.1, "descent_momentum": 0.0, "descent_shown": "from above"},
            points_at=("descent_picture", "descent_rate"),
        ),
        Step(
            title=_("When does it zigzag, when does it diverge?"),
            task=_(
                "Find the [learning rate](#term-learning_rate) η at which the factor across the valley is 0. What does "
                "the path do there, and beyond it?"
            ),
            question=_("Momentum β = 0.5 lets you take longer steps. How much longer may they be?"),
            solution=_(
                "1.5 times as long: the limit is 2 (1 + β) / λ. The velocity averages over the zigzag, whose steps "
                "point to and fro and cancel, while those along the valley add up."
            ),
            opens={"descent_rate": 1.1, "descent_momentum": 0.0},
            points_at=("descent_momentum",),
        ),
        Step(
            title=_("How many digits should a step look at?"),
            task=_(
                "Each path has [batches](#term-batch) of its own size. Predict which of the three ends lowest, then "
                "look it up in the table. Does a smaller η change that?"
            ),
            question=_("Why does the path of single samples never come to rest near the lowest point?"),
            solution=_(
                "The fewer digits a gradient uses, the noisier it is. At the lowest point the mean gradient is 0, but "
                "that of a single digit is not. The path comes to rest only if the learning rate shrinks."
            ),
            opens={"descent_rate": 1.1, "descent_momentum": 0.0},
            points_at=("descent_picture",),
        ),
        Step(
            title=_("A race: full batch, mini-batch, one digit at a time"),
            task=_("Guess, then press **Train all three**. They start from the initial weights of your run."),
            question=_("The full batch knows the exact gradient. Why is it rarely first by the clock?"),
            solution=_(
                "Each of its steps looks at all training digits. A mini-batch gives nearly the same direction for a "
                "fraction of the work, so that many more steps are taken in the same time."
            ),
            opens={"comparison_rate": 0.1},
            points_at=("comparison_begin",),
        ),
        Step(
            title=_("Counted in steps, in digits, in seconds"),
            task=_("Predict which run is first by digits seen, and which by the clock. Then compare the curves."),
            question=_(
                "In your race, which run is first by digits seen, and which by the clock? Why need they not be the "
                "same?"
            ),
            solution=_(
                "For the same number of digits, smaller batches take more steps. By the clock they pay for it: one "
                "step on 100 digits is quicker than 100 steps on a single digit each, because a computer multiplies "
                "many rows at once more efficiently. Which counts more depends on the network, the learning rate and "
                "the computer, so only a race can tell."
            ),
            points_at=("comparison_samples", "comparison_seconds"),
        ),
    ),
)
