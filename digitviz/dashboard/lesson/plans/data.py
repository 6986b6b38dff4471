"""Data: its steps."""

from digitviz.dashboard.lesson.plan import LessonPage, Step
from digitviz.language import lazy_gettext as _

PAGE = LessonPage(
    title=_("Data"),
    icon="grid_on",
    question=_("What does the network see?"),
    minutes=15,
    in_train=_("the batch size"),
    place="batch_size",
    words=("label", "batch", "one_hot", "training_data"),
    steps=(
        Step(
            title=_("A picture is 64 numbers"),
            task=_(
                "**Select** two digits with the same [label](#term-label), one after the other. Where do their "
                "numbers differ most?"
            ),
            question=_("What would the network lose if all pictures had their pixels shuffled in the same way?"),
            solution=_(
                "Nothing. It is not told which pixels are neighbours, so it learns just as well; only we could no "
                "longer read the digits."
            ),
            opens={"data_label": "any"},
            points_at=("digit_grid", "digit_numbers"),
        ),
        Step(
            title=_("All digits at a glance"),
            task=_("**Predict** which pixels hardly ever have ink. Which digit's mean is the most blurred?"),
            question=_("Can the network learn anything from a pixel that never has ink?"),
            solution=_("No. It is 0 in every picture, so it adds nothing to any sum, whatever its weights are."),
            points_at=("pixel_use", "mean_digits"),
        ),
        Step(
            title=_("A batch is a matrix"),
            task=_(
                "**Select** a row of x, one digit of the [batch](#term-batch). Which digit is it, and where in its "
                "[one-hot](#term-one_hot) row of y is the 1?"
            ),
            question=_("Why is the label a row of ten numbers, and not the digit itself?"),
            solution=_(
                "The network has ten outputs, one for each digit, and each of them needs its target. As a number, an 8 "
                "would be closer to a 9 than to a 3, which says nothing of their shapes."
            ),
            opens={"data_batch": 1, "data_row": 1},
            points_at=("batch", "batch_digit"),
        ),
        Step(
            title=_("Does it see them all?"),
            task=_(
                "**Guess** first. Then find out how few batches leave a hundred of the "
                "[training digits](#term-training_data) unseen."
            ),
            question=_("How many digits are never seen when each epoch goes once through all of them, shuffled?"),
            solution=_("None, once the first epoch is over: every digit comes exactly once in each."),
            points_at=("data_guess_box", "never_seen"),
        ),
    ),
)
