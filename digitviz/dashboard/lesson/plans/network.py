"""Network: its steps."""

from digitviz.dashboard.lesson.plan import LessonPage, Step
from digitviz.language import lazy_gettext as _

PAGE = LessonPage(
    title=_("Network"),
    icon="hub",
    question=_("What is a network?"),
    minutes=15,
    in_train=_("the weights before and after"),
    place="weights",
    words=("layer", "weight", "hidden_layer"),
    steps=(
        Step(
            title=_("Neurons in layers"),
            task=_(
                "**Select** a neuron to see its inputs from the [layer](#term-layer) before it. Which output stands "
                "out most, and is its digit the correct one?"
            ),
            question=_("How many weights enter one neuron of the first hidden layer, and why?"),
            solution=_("64, one for each pixel: every neuron takes in all that the layer before it passes on."),
            opens={"network_layer": 1, "network_neuron": 18},
            points_at=("diagram",),
        ),
        Step(
            title=_("Each neuron adds up what the layer before it passes on"),
            task=_(
                "**Predict** from the picture of the products x · w, each an input times its [weight](#term-weight), "
                "whether their sum is positive. Then read it."
            ),
            question=_("Which pixels cannot change this sum for this digit, whatever their weights are?"),
            solution=_("Those without ink: their input is 0, and so is its product with any weight."),
            opens={"network_layer": 1},
            points_at=("products_of_pixels", "network_neuron"),
        ),
        Step(
            title=_("A matrix of weights per layer"),
            task=_(
                "**Guess** first, then see how the number of weights grows when you add a "
                "[hidden layer](#term-hidden_layer) or neurons."
            ),
            question=_("Why is there a σ between the matrices?"),
            solution=_(
                "Without it the product of all the matrices is one matrix, and all the layers are one layer, as R. "
                "Guthrie's PyTorch tutorial shows."
            ),
            points_at=("network_guess_box", "network_layers"),
        ),
        Step(
            title=_("A whole batch at once"),
            task=_("**Predict** which of the shapes change when you double the digits per batch. Then try it."),
            question=_("Does a larger batch give the network more weights to learn?"),
            solution=_("No. Only x, z, a and p get more rows; the matrices of weights stay as they are."),
            opens={"network_batch": 100},
            points_at=("network_batch",),
        ),
    ),
)
