"""Neuron: its steps."""

from digitviz.dashboard.lesson.plan import LessonPage, Step
from digitviz.language import lazy_gettext as _

PAGE = LessonPage(
    title=_("Neuron"),
    icon="scatter_plot",
    question=_("What does one neuron do?"),
    minutes=15,
    in_train=_("what each neuron looks for"),
    place="neurons",
    words=("neuron", "weight", "activation_function", "bias", "pre_activation"),
    steps=(
        Step(
            title=_("A nerve cell, and its model on paper"),
            task=_(
                "This [neuron](#term-neuron) does not fire. Moving either [weight](#term-weight) can change that. "
                "**Predict** which way, and how far. Then move one."
            ),
            question=_("Set every weight to 0. Can the neuron still fire?"),
            solution=_(
                "Yes, if its bias is above 0. Without weights no input reaches the sum, and z is the bias: the neuron "
                "is deaf, but not silent."
            ),
            opens={"neuron_count": 2, "neuron_activation": "step", "neuron_typed": False},
            points_at=("perceptron", "neuron_w2_slider"),
        ),
        Step(
            title=_("A weighted sum, then an activation"),
            task=_(
                "**Choose** the sigmoid as the [activation function](#term-activation_function) and move the "
                "[bias](#term-bias). At which [pre-activation](#term-pre_activation) z does the output change fastest?"
            ),
            question=_("A nerve cell fires or it does not, as the step function does. Why do networks not use it?"),
            solution=_(
                "Its derivative is 0 on both sides of the jump, so a network could not tell which way to move a "
                "weight. The sigmoid has a derivative everywhere; it is largest at z = 0."
            ),
            opens={"neuron_activation": "sigmoid"},
            points_at=("activation", "neuron_activation"),
        ),
        Step(
            title=_("One neuron draws one straight line"),
            task=_("**Move** the weights and the bias until all four points of AND are classified correctly."),
            question=_("What happens to the line when you double both weights and the bias?"),
            solution=_(
                "Nothing: where z is 0, twice z is 0 too. The weights give the line its direction, together with "
                "the bias its place; how large they all are matters only to a smoother activation."
            ),
            opens={"neuron_count": 2, "neuron_gate": "AND"},
            points_at=("plane_by_hand", "neuron_w1_slider", "neuron_w2_slider", "neuron_b_slider"),
        ),
        Step(
            title=_("It learns from its mistakes"),
            task=_("**Show** the neuron one point after another. At which points does the line move?"),
            question=_("The rule adds η (t − a) x to the weights. When does it stop?"),
            solution=_(
                "When every point is classified correctly: t − a is 0 then, and nothing moves. If no line separates "
                "the points, it never stops."
            ),
            opens={"neuron_count": 2, "neuron_gate": "OR"},
            points_at=("plane", "rule_step"),
        ),
    ),
)
