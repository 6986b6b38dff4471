"""What does it look like inside?: its steps."""

from digitviz.dashboard.session.steps import Step, SteppedPage
from digitviz.language import lazy_gettext as _

WALK = Step(
    title=_("The vector walk"),
    task=_(
        "Predict which of the [logits](#term-logits) is the largest, then **play**: vectors add up, bend, and meet ten "
        "label vectors."
    ),
    question=_("Two different digits come to the same place in the hidden layer. Can the network tell them apart?"),
    solution=_(
        "No. The logits are dot products of that place with the label vectors: what comes to the same place has the "
        "same logits, whatever the way that led there."
    ),
    points_at=("geometry_walk",),
)
BORDERS = Step(
    title=_("Borders"),
    task=_("Predict what the network reads half-way between two of these three digits, then **drag** the point there."),
    question=_(
        "Far outside the triangle, no point is a valid picture. Why can the network still be sure of its answer there?"
    ),
    solution=_(
        "Its probabilities come from differences between logits, and nothing makes these small where there are no "
        "digits. Very far away they keep growing with ReLU; with tanh or sigmoid they level off, at values that may be "
        "large. Nothing in the network measures how much a point resembles the digits it has seen."
    ),
    points_at=("geometry_borders",),
)
LANDSCAPE = Step(
    title=_("The landscape"),
    task=_(
        "The loss around the trained weights, along the two directions in which the training moved most. Predict "
        "whether its path ends at the lowest point of the picture, then turn it."
    ),
    question=_("The picture has two directions, the notebook's network has 3,700 weights. What does the picture hide?"),
    solution=_(
        "All other directions. What looks like the bottom of a valley may fall on in a direction that is not drawn; "
        "the two that are drawn are those in which this run moved most."
    ),
    points_at=("geometry_landscape",),
)
ORDER = Step(
    title=_("Does the order of neurons matter?"),
    task=_(
        "Predict what shuffling the hidden neurons does to the accuracy. Then go along the straight line from this "
        "network to one from another seed, before and after their neurons are matched."
    ),
    question=_(
        "50 hidden neurons can stand in 50! orders, all of which read alike. Why can two networks not be compared "
        "weight by weight?"
    ),
    solution=_(
        "Neuron 1 of one network may do what neuron 37 does in the other. First it has to be found which neurons "
        "belong together; the average of two networks that are not matched mixes neurons that do different things."
    ),
    points_at=("geometry_order",),
)
PAGE = SteppedPage(
    title=_("Geometry"),
    icon="polyline",
    question=_("What does it look like inside?"),
    minutes=30,
    words=("logits",),
    steps=(WALK, BORDERS, LANDSCAPE, ORDER),
)
