"""The questions, and what each needs to show its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from digitviz.dashboard.lesson.order import LESSON
from digitviz.dashboard.questions.order import BORDERS, GEOMETRY, LANDSCAPE, ORDER
from digitviz.dashboard.session import steps
from digitviz.dashboard.session.addresses import to_address
from digitviz.dashboard.session.training_data import TrainingData
from digitviz.language import Lazy
from digitviz.language import lazy_gettext as _
from digitviz.training.hyperparameters import Hyperparameters
from digitviz.training.presets import PRESETS


@dataclass(frozen=True)
class Question:
    """A question and where its answer is.

    Parameters
    ----------
    text : Lazy
        The question, as a pupil asks it.
    words : Lazy
        Further words to find it by, with spaces between them: synonyms, and misspellings that are common.
    page : str
        URL of the page.
    places : tuple of str
        Keys of the elements to circle, the main one first.
    address : mapping of str to str
        Parameters of the page's URL. On Train these are settings.
    """

    text: Lazy
    words: Lazy
    page: str
    places: tuple[str, ...]
    address: Mapping[str, str] = field(default_factory=dict)


def _step(number: int) -> dict[str, str]:
    """Return the parameters that open a step of a page, counted from 1."""
    return {steps.PARAMETER: str(number)}


def _lesson(page: str, view: str) -> dict[str, str]:
    """Return the parameters that open the step of a lesson page which the function `view` shows."""
    return _step([step.view.__name__ for step in LESSON[page].steps].index(view) + 1)


def _geometry(step: steps.Step) -> dict[str, str]:
    return _step(GEOMETRY.steps.index(step) + 1)


def _preset(name: str) -> dict[str, str]:
    preset = PRESETS[name]
    return to_address(preset.hyperparameters, TrainingData(distorted=preset.distorted))


_FOREVER = to_address(
    Hyperparameters(
        input_scale="unit", initialization="he", optimizer="adam", learning_rate=3e-3, loss="cross_entropy",
        gradient="exact", batch_size=400, batches=200, steps_per_batch=50, sampling="shuffled_epochs",
    ),
    TrainingData(),
)  # fmt: skip
"""10,000 steps with Adam: after 2,500 it knows all training digits by heart, and its test loss has begun to rise."""
_WRONG_LABELS = to_address(PRESETS["adam"].hyperparameters, TrainingData(wrong_labels=0.2))

QUESTIONS: dict[str, Question] = {
    "blank_page": Question(
        _("What does it read on a blank page?"),
        _("empty white nothing no ink without drawing not sure"),
        "draw",
        ("blank-page",),
        {"blank": "yes"},
    ),
    "my_handwriting": Question(
        _("Can it read my handwriting?"),
        _("draw write own digit number pad mouse finger hand writing handwritting"),
        "draw",
        ("pad",),
    ),
    "photo": Question(
        _("Can it read a photo of a digit?"), _("camera picture image upload file scan foto"), "draw", ("upload",)
    ),
    "why_answer": Question(
        _("Why did it give this answer?"),
        _("reason explain because how come says decide calculation receipt"),
        "why",
        ("receipt_place",),
    ),
    "needed_pixels": Question(
        _("Which part of the digit does the answer need?"),
        _("cover hide occlusion pixels look at important stroke"),
        "why",
        ("needed_pixels",),
    ),
    "pixel_over_all": Question(
        _("Which pixel matters most over all digits?"),
        _("important importance pixels strongest feature all average"),
        "evaluate",
        ("pixel-importance",),
    ),
    "mixed_up": Question(
        _("Which digits does it mix up?"),
        _(
            "wrong mistakes errors confuse confusion matrix misread missclassified read as instead of good 0 1 2 3 4 "
            "5 6 7 8 9"
        ),
        "evaluate",
        ("confusion",),
    ),
    "worst_mistakes": Question(
        _("What are its worst mistakes?"),
        _("wrong errors sure confident fail failure worse"),
        "evaluate",
        ("evaluate_mistakes",),
    ),
    "hardest": Question(
        _("Which digits are the hardest?"),
        _("difficult hard ambiguous unclear never learned"),
        "evaluate",
        ("evaluate_hardest",),
    ),
    "when_learned": Question(
        _("When did it learn each digit?"),
        _("first time order early late forget forgot learnt"),
        "evaluate",
        ("evaluate_learnt",),
    ),
    "trust": Question(
        _("Can I trust it when it is sure?"),
        _("confident confidence certain probability percent calibration believe honest"),
        "evaluate",
        ("evaluate_reliability",),
    ),
    "one_pixel": Question(
        _("Can one pixel fool it?"),
        _("trick hack attack adversarial change break dot"),
        "break",
        ("one_pixel",),
        _step(1),
    ),
    "little_ink": Question(
        _("How little ink is enough to fool it?"),
        _("trick hack attack adversarial noise invisible small change"),
        "break",
        ("little_ink",),
        _step(2),
    ),
    "not_a_digit": Question(
        _("What does it say to a letter or a scribble?"),
        _("noise nonsense not a digit unknown alphabet letters read rotated turned upside down shifted"),
        "break",
        ("not_a_digit",),
        _step(3),
    ),
    "neuron_off": Question(
        _("What happens if I switch a neuron off?"),
        _("remove delete kill silence without turn damage brain neurone nueron"),
        "break",
        ("neurons_off",),
        _step(4),
    ),
    "cut_weights": Question(
        _("Does it need all its weights?"),
        _("remove cut prune pruning smaller fewer connections edges compress wieghts"),
        "break",
        ("cut_weights",),
        _step(5),
    ),
    "shuffled_pixels": Question(
        _("Does it know which pixels are neighbours?"),
        _("shuffle scramble mix random labels shape next to neighbors"),
        "break",
        ("shock",),
        _step(6),
    ),
    "neuron": Question(
        _("What is a neuron?"),
        _("cell brain perceptron unit nerve neurone nueron"),
        "neuron",
        ("perceptron",),
        _lesson("neuron", "cell_and_model"),
    ),
    "activation": Question(
        _("What is an activation function for?"),
        _("relu sigmoid tanh bend nonlinear activasion"),
        "neuron",
        ("activation",),
        _lesson("neuron", "sum_and_activation"),
    ),
    "one_neuron_learns": Question(
        _("How does one neuron learn from its mistakes?"),
        _("perceptron rule update correct line and or xor"),
        "neuron",
        ("plane",),
        _lesson("neuron", "by_the_rule"),
    ),
    "network": Question(
        _("What does the network look like?"),
        _("diagram layers edges connections structure neural net picture"),
        "network",
        ("diagram",),
        _lesson("network", "diagram"),
    ),
    "same_network": Question(
        _("Is it the same network when I press New weights?"),
        _("random seed again different start initial reset"),
        "network",
        ("same-network",),
        _lesson("network", "same_network"),
    ),
    "sees": Question(
        _("What does the computer see?"),
        _("picture image pixels numbers input grey gray 8 64"),
        "data",
        ("digit_numbers", "digit_grid"),
        _lesson("data", "pictures_and_numbers"),
    ),
    "average_digit": Question(
        _("What does an average digit look like?"),
        _("mean typical all together blurred avrage"),
        "data",
        ("mean_digits",),
        _lesson("data", "at_a_glance"),
    ),
    "batch": Question(
        _("What is a batch?"),
        _("group portion part mini batches matrix bach"),
        "data",
        ("batch",),
        _lesson("data", "batch"),
    ),
    "sees_all": Question(
        _("Does it see all the digits while it trains?"),
        _("never seen unseen epoch how many examples data set"),
        "data",
        ("data_guess_box",),
        _lesson("data", "seen_or_not"),
    ),
    "forward": Question(
        _("How does it get from pixels to an answer?"),
        _("forward pass calculate compute multiply matrix work"),
        "forward",
        ("forward_flow",),
        _lesson("forward", "on_its_way"),
    ),
    "multiplications": Question(
        _("How many multiplications is one guess?"),
        _("calculator count operations times sums expensive multiply calculations"),
        "forward",
        ("multiplications",),
        _lesson("forward", "multiplications"),
    ),
    "softmax": Question(
        _("Where do the percentages come from?"),
        _("softmax probability probabilities percent exp exponential logits"),
        "forward",
        ("two_lines",),
        _lesson("forward", "probabilities"),
    ),
    "loss": Question(
        _("What is the loss?"),
        _("error cost mistake measure number penalty los"),
        "loss",
        ("loss_guess",),
        _lesson("loss", "one_number"),
    ),
    "which_loss": Question(
        _("Squared error or cross-entropy?"),
        _("loss function mse log better difference entropie"),
        "loss",
        ("loss_guess_first_box",),
        _lesson("loss", "which_reacts"),
    ),
    "knows_what_to_change": Question(
        _("How does it know what to change?"),
        _("backpropagation backprop chain rule derivative blame backpropogation"),
        "backpropagation",
        ("backpropagation_chain",),
        _lesson("backpropagation", "chain"),
    ),
    "gradient": Question(
        _("What is a gradient?"),
        _("slope derivative direction steep delta nabla gradiant"),
        "backpropagation",
        ("backpropagation_gradient",),
        _lesson("backpropagation", "gradient_of_a_weight"),
    ),
    "gradient_check": Question(
        _("Is the calculated gradient correct?"),
        _("check test finite difference numerical proof verify right gradiant"),
        "backpropagation",
        ("backpropagation_check",),
        _lesson("backpropagation", "by_differences"),
    ),
    "step_length": Question(
        _("How long should a step be?"),
        _("learning rate size large small fast slow gradient descent valley"),
        "gradient_descent",
        ("descent_picture",),
        _lesson("gradient_descent", "learning_rate"),
    ),
    "too_fast": Question(
        _("What happens if the learning rate is too large?"),
        _("fast big high steps explode diverge wrong learnig"),
        "train",
        ("train", "losses"),
        _preset("too_fast"),
    ),
    "too_slow": Question(
        _("What happens if the learning rate is too small?"),
        _("slow low tiny steps takes long never learn network learnig"),
        "train",
        ("train", "losses"),
        _preset("too_slow"),
    ),
    "start_at_zero": Question(
        _("Why do the weights not start at zero?"),
        _("random initial initialization zeros symmetry begin wieghts"),
        "train",
        ("train", "losses"),
        _preset("zeros"),
    ),
    "nan": Question(
        _("Why do the numbers overflow?"),
        _("nan infinite diverge explode broken error inf not a number"),
        "train",
        ("train", "losses"),
        _preset("diverging"),
    ),
    "one_hidden_neuron": Question(
        _("Is one hidden neuron enough?"),
        _("few single small tiny how many neurons need smallest nueron"),
        "train",
        ("train", "net-living"),
        _preset("one_neuron"),
    ),
    "forever": Question(
        _("What happens if I train for ever?"),
        _("forever long endless infinite steps never stop longer more overfit"),
        "train",
        ("train", "course"),
        _FOREVER,
    ),
    "wrong_labels": Question(
        _("What if some labels are wrong?"),
        _("false noise mistakes data memorize by heart learn bad lables"),
        "train",
        ("train", "course"),
        _WRONG_LABELS,
    ),
    "overfitting": Question(
        _("Is it overfitting?"),
        _("overfit memorize by heart generalize gap train test overfiting"),
        "train",
        ("train", "overfitting-gap"),
    ),
    "dead_neuron": Question(
        _("What is a dead neuron, and have I got one?"),
        _("relu zero silent never active unused died nueron"),
        "train",
        ("train", "dead-neurons"),
    ),
    "wobble": Question(
        _("Why does the test curve wobble?"),
        _("noisy jump zigzag chance random fluctuate up and down shaky wiggle"),
        "train",
        ("chance-band",),
    ),
    "happening": Question(
        _("What is happening right now?"),
        _("during training now explain sentence doing"),
        "train",
        ("what-is-happening",),
    ),
    "living": Question(
        _("Can I watch a digit run through the network?"),
        _("living see inside live think brain animation"),
        "train",
        ("net-living",),
    ),
    "change_while_training": Question(
        _("Can I change a setting while it trains?"),
        _("branch what if go back time earlier undo rewind slider"),
        "train",
        ("branch",),
    ),
    "take_home": Question(
        _("Can I take my network home?"),
        _("download save export file python pytorch onnx notebook keep"),
        "train",
        ("downloads_box",),
    ),
    "code": Question(
        _("What does the code look like?"),
        _("python program source numpy programming script"),
        "train",
        ("code",),
    ),
    "looks_for": Question(
        _("What does each neuron look for?"),
        _("hidden pictures weights pattern feature detect nueron"),
        "weights",
        ("neuron_pictures",),
    ),
    "what_changed": Question(
        _("What has changed in it after training?"),
        _("weights before after difference learned w1 w2 wieghts"),
        "weights",
        ("matrix_1",),
    ),
    "borders": Question(
        _("Where are the borders between the digits?"),
        _("decision boundary boundaries region halfway between"),
        "geometry",
        ("geometry_borders",),
        _geometry(BORDERS),
    ),
    "landscape": Question(
        _("What does the loss landscape look like?"),
        _("mountain valley hill surface 3d lowest point minimum"),
        "geometry",
        ("landscape",),
        _geometry(LANDSCAPE),
    ),
    "neuron_order": Question(
        _("Does the order of the neurons matter?"),
        _("shuffle swap permutation same network compare two nueron"),
        "geometry",
        ("neurons_shuffled", "neurons_in_order"),
        _geometry(ORDER),
    ),
    "alike": Question(
        _("Which digits look alike to it?"),
        _("similar map neighbours near clusters groups tsne umap pca"),
        "projections",
        ("panel_6",),
    ),
    "one_map": Question(
        _("Where is my digit on the map?"),
        _("star position neighbour tsne umap zoom nearest"),
        "map",
        ("map_large",),
    ),
    "film": Question(
        _("How does its view of the digits change while it learns?"),
        _("film animation movie hidden layer time video"),
        "film",
        ("film",),
    ),
    "my_runs": Question(
        _("Where are my earlier trainings?"),
        _("runs saved history find compare list old results"),
        "runs",
        ("run_tree",),
    ),
    "words": Question(
        _("What does this word mean?"),
        _("glossary dictionary term definition vocabulary chinese"),
        "glossary",
        ("glossary_search",),
    ),
    "digit_order": Question(
        _("Does the order of the digits matter?"),
        _("sequence shuffle same digits another sorted run seed"),
        "race",
        ("race_curves",),
        {"ready": "orders"},
    ),
    "sgd_or_adam": Question(
        _("SGD or Adam?"),
        _("optimizer optimiser momentum gradient descent better compare"),
        "race",
        ("race_curves",),
        {"ready": "optimizers"},
    ),
    "engines": Question(
        _("numpy and torch, the same?"),
        _("pytorch engine compiled result difference equal numba nmupy"),
        "race",
        ("race_curves",),
        {"ready": "engines"},
    ),
    "notebook_gradient": Question(
        _("Is the notebook's gradient worse than the exact one?"),
        _("error wrong factor two exact compare gradiant"),
        "race",
        ("race_curves",),
        {"ready": "gradients"},
    ),
    "best_rate": Question(
        _("Which learning rate is best?"),
        _("fast slow compare step size find optimal learnig"),
        "race",
        ("race_curves",),
        {"ready": "rates"},
    ),
    "luck": Question(
        _("Is 93.9 % luck?"),
        _("chance random seed accuracy repeat again interval 93.9%"),
        "sweep",
        ("sweep_results",),
        {"ready": "seeds"},
    ),
    "larger": Question(
        _("What happens if I make it larger?"),
        _("bigger more neurons layers deeper wider size double nuerons"),
        "sweep",
        ("sweep_results",),
        {"ready": "learning_rate_and_neurons"},
    ),
    "deeper": Question(
        _("Are more layers better?"),
        _("deep depth hidden many stack number of layers"),
        "sweep",
        ("sweep_results",),
        {"ready": "depth"},
    ),
    "batch_size": Question(
        _("Are many small batches better than a few large ones?"),
        _("batch size mini full bach compare"),
        "sweep",
        ("sweep_results",),
        {"ready": "batch_size"},
    ),
    "by_heart": Question(
        _("Can it still learn something when it knows everything by heart?"),
        _("grokking late suddenly memorize after long generalize groking"),
        "sweep",
        ("sweep_results",),
        {"ready": "grokking"},
    ),
}
"""All questions, by id. The order is that of the list."""
