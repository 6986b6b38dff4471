"""Backpropagation: its steps."""

from digitviz.dashboard.lesson.plan import LessonPage, Step
from digitviz.language import lazy_gettext as _

PAGE = LessonPage(
    title=_("Backpropagation"),
    icon="undo",
    question=_("Who is to blame?"),
    minutes=25,
    in_train=_("what one step changes"),
    place="step",
    words=("backpropagation", "chain_rule", "gradient", "step"),
    steps=(
        Step(
            title=_("The chain rule, factor by factor"),
            task=_(
                "[Backpropagation](#term-backpropagation) follows the error back by the "
                "[chain rule](#term-chain_rule), equation by equation. **Select** a picture to enlarge it. Which δ is "
                "used twice?"
            ),
            question=_("Why is the gradient computed from the last layer to the first?"),
            solution=_(
                "The δ of a layer is made from the δ of the layer above it, which passes back through the weights and "
                "is multiplied by the derivative of the activation. Going backwards, each δ is computed once and used "
                "twice: for the gradient of its own weights, and for the δ of the layer below."
            ),
            opens={"backpropagation_factor": 0},
            points_at=("backpropagation_chain",),
        ),
        Step(
            title=_("The gradient of one weight"),
            task=_(
                "Predict the [gradients](#term-gradient) of the weights of pixel 1, a corner, in w1. Then **select a "
                "cell** to see which products its gradient adds up."
            ),
            question=_("A pixel is 0 in the whole batch. What are the gradients of its weights?"),
            solution=_(
                "They are 0: the pixel is a factor of every product in the sum. A step on this batch does not change "
                "these weights, whatever the error is."
            ),
            opens={"backpropagation_layer": "w1"},
            points_at=("backpropagation_gradient",),
        ),
        Step(
            title=_("One step on one batch"),
            task=_(
                "Predict at which learning rate η a [step](#term-step) makes the loss rise, then move η. **Select a "
                "cell** to choose its weight."
            ),
            question=_("A step follows the gradient downhill. Why can the loss rise all the same?"),
            solution=_(
                "The gradient tells how the loss changes close by. A long step leaves that neighbourhood: it jumps "
                "over the lowest point and lands higher up on the other side."
            ),
            opens={"backpropagation_rate": 1.0},
            points_at=("backpropagation_rate",),
        ),
        Step(
            title=_("The derivative of each activation"),
            task=_(
                "Predict for each activation function where its derivative is 0, so that no error passes back. Then "
                "move z there."
            ),
            question=_("Why do networks of many sigmoid layers learn slowly?"),
            solution=_(
                "The derivative of the sigmoid is at most 0.25, and each layer multiplies the error by it on the way "
                "back. After a few layers hardly anything is left: the gradients vanish."
            ),
            opens={"backpropagation_bend": "sigmoid", "backpropagation_z": 0.0},
            points_at=("backpropagation_slopes",),
        ),
        Step(
            title=_("Is the gradient right?"),
            task=_(
                "Move the picked weight up and down by ε and see how the loss changes. Predict: is the smallest "
                "ε the best?"
            ),
            question=_("Why is the error smallest at an ε in the middle?"),
            solution=_(
                "If ε is too large, the loss curves in between. If it is too small, the two losses agree in all but "
                "their last digits, and rounding errors swamp the difference."
            ),
            opens={"backpropagation_epsilon": 1e-1},
            points_at=("backpropagation_epsilon",),
        ),
        Step(
            title=_("The notebook's secret"),
            task=_("The gradient that the notebook follows is not that of the loss it plots. Guess whose it is."),
            question=_(
                "The notebook follows the gradient of one loss and plots another. Why does it learn all the same?"
            ),
            solution=_(
                "Both losses are lowest when the probabilities equal the labels. As long as the angle between their "
                "gradients is below 90°, a short step down one of them also leads down the other."
            ),
            points_at=("backpropagation_secret_box",),
        ),
    ),
)
