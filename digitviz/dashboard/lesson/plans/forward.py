"""Forward: its steps."""

from digitviz.dashboard.lesson.plan import LessonPage, Step
from digitviz.language import lazy_gettext as _

PAGE = LessonPage(
    title=_("Forward"),
    icon="arrow_forward",
    question=_("How does a digit become a guess?"),
    minutes=20,
    in_train=_("twelve test digits and their guesses"),
    place="guesses",
    words=("forward_pass", "pre_activation", "relu", "logits", "softmax"),
    steps=(
        Step(
            title=_("A layer is a matrix product"),
            task=_(
                "Each digit's [forward pass](#term-forward_pass) begins as a row of x. Pick a cell of z1, predict its "
                "row of x and column of w1, then **select** it."
            ),
            question=_(
                "In the notebook, x is a batch of 100 digits with 64 pixels each, and w1 is 64 × 50. Which shape does "
                "z1 have, and which number of the two shapes has to agree?"
            ),
            solution=_(
                "z1 is 100 × 50: each row of x meets each column of w1. Both must have the same length, so x needs as "
                "many columns as w1 has rows, here 64."
            ),
            opens={"forward_batch": 1, "forward_row": 1, "forward_sum": "z1", "forward_column": 1},
            points_at=("forward",),
        ),
        Step(
            title=_("A cell is a dot product"),
            task=_(
                "Red bars push the [pre-activation](#term-pre_activation) up, blue ones pull it down. Predict whether "
                "it is positive and gets through a [ReLU](#term-relu), then read it beside them."
            ),
            question=_("Some pixels add nothing to z1, whatever their weights are. Which ones?"),
            solution=_("Those without ink: 0 times any weight is 0. Their bars have no height."),
            opens={"forward_sum": "z1"},
            points_at=("forward_products",),
        ),
        Step(
            title=_("Softmax turns logits into probabilities"),
            task=_(
                "Look at the [logits](#term-logits) only, and predict the largest probability after "
                "[softmax](#term-softmax). Then read it off the other bars."
            ),
            question=_("What happens to the probabilities when you add 5 to all ten logits?"),
            solution=_(
                "Nothing. The numerator and the denominator are both multiplied by $e^5$, which cancels: only the "
                "differences between logits matter."
            ),
            points_at=("two_lines",),
        ),
        Step(
            title=_("When exp becomes infinite"),
            task=_("Make a guess. Then find the smallest number that breaks the plain formula."),
            question=_("Logits of 800 are nothing special. Why does the plain formula fail there?"),
            solution=_(
                "$e^{800}$ is too large for a float64, so it becomes inf. Each probability is then inf divided by inf, "
                "which is not a number."
            ),
            opens={"forward_shift": 1000},
            points_at=("forward_guess_box", "forward_shift"),
        ),
        Step(
            title=_("Why softmax subtracts the maximum"),
            task=_(
                "Predict which of the four rows change when you move the slider. Then move it, past 709 and back again."
            ),
            question=_("After the maximum has been subtracted, what is the largest power? Can a power still become 0?"),
            solution=_(
                "The largest is $e^0 = 1$, so nothing becomes infinite. Powers of exponents below about −745 do become "
                "0, which does no harm: those probabilities are almost 0 anyway, and the sum is at least 1."
            ),
            opens={"forward_shift": 1000},
            points_at=("forward_shift",),
        ),
    ),
)
