"""The questions, and what each needs to show its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from digitviz.dashboard.lesson.order import LESSON
from digitviz.dashboard.questions.address import KIND
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
    answer : Lazy
        One or two sentences that answer it, shown on the page. True for every network that the page can show.
    page : str
        URL of the page.
    places : tuple of str
        Keys of the elements to circle, the main one first.
    address : mapping of str to str
        Parameters of the page's URL. On Train these are settings.
    """

    text: Lazy
    words: Lazy
    answer: Lazy
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
        _(
            "It has no answer for “nothing here”, so it still gives each digit a probability. The page says “Not "
            "sure”, because there is no ink."
        ),
        "draw",
        ("blank-page",),
        {"blank": "yes"},
    ),
    "my_handwriting": Question(
        _("Can it read my handwriting?"),
        _("draw write own digit number pad mouse finger hand writing handwritting"),
        _("Often, if you write like the people whose digits it learned from. Draw a digit here and see."),
        "draw",
        ("pad",),
    ),
    "photo": Question(
        _("Can it read a photo of a digit?"),
        _("camera picture image upload file scan foto"),
        _(
            "Yes: upload one here. The photo becomes a small picture like those it learned from, and you see what was "
            "left of it."
        ),
        "draw",
        ("upload",),
    ),
    "why_answer": Question(
        _("Why did it give this answer?"),
        _("reason explain because how come says decide calculation receipt"),
        _(
            "Each neuron adds to the score of a digit or takes from it, and the highest score wins. Here is what "
            "counted most."
        ),
        "why",
        ("receipt_place",),
    ),
    "needed_pixels": Question(
        _("Which part of the digit does the answer need?"),
        _("cover hide occlusion pixels look at important stroke"),
        _(
            "The strokes that tell it from other digits. Here every pixel is covered in turn: red where the answer "
            "loses probability."
        ),
        "why",
        ("needed_pixels",),
    ),
    "pixel_over_all": Question(
        _("Which pixel matters most over all digits?"),
        _("important importance pixels strongest feature all average"),
        _("Usually one near the middle. Red pixels are needed: covering them costs accuracy."),
        "evaluate",
        ("pixel-importance",),
    ),
    "mixed_up": Question(
        _("Which digits does it mix up?"),
        _(
            "wrong mistakes errors confuse confusion matrix misread missclassified read as instead of good 0 1 2 3 4 "
            "5 6 7 8 9"
        ),
        _(
            "Those that are written alike. Each row of the table is a true digit, each column an answer; what is off "
            "the diagonal is a mix-up."
        ),
        "evaluate",
        ("confusion",),
    ),
    "worst_mistakes": Question(
        _("What are its worst mistakes?"),
        _("wrong errors sure confident fail failure worse"),
        _("Those where it was most confident and still wrong. They come first here."),
        "evaluate",
        ("evaluate_mistakes",),
    ),
    "every_digit": Question(
        _("Why does it not get every digit right?"),
        _("accuracy 100% 100 reach perfect all correct mistakes"),
        _("Some are written so badly that people would hesitate, too, and it has not seen every way to write a digit."),
        "evaluate",
        ("evaluate_mistakes",),
    ),
    "hardest": Question(
        _("Which digits are the hardest?"),
        _("difficult hard ambiguous unclear never learned"),
        _("Those that a network of your own learns last or never. Some of them are hard for people, too."),
        "evaluate",
        ("evaluate_hardest",),
    ),
    "when_learned": Question(
        _("When did it learn each digit?"),
        _("first time order early late forget forgot learnt"),
        _(
            "Clear digits early, unusual ones late or never. For a network of your own, each mark shows from "
            "which batch on a digit stays correct."
        ),
        "evaluate",
        ("evaluate_learnt",),
    ),
    "trust": Question(
        _("Can I trust it when it is sure?"),
        _("confident confidence certain probability percent calibration believe honest"),
        _("Not blindly: it can be sure and wrong. The picture compares how sure it was with how often it was right."),
        "evaluate",
        ("evaluate_reliability",),
    ),
    "one_pixel": Question(
        _("Can one pixel fool it?"),
        _("trick hack attack adversarial change break dot"),
        _("Yes, where two answers are close. Click a pixel and try; the digit still looks the same to you."),
        "break",
        ("one_pixel",),
        _step(1),
    ),
    "little_ink": Question(
        _("How little ink is enough to fool it?"),
        _("trick hack attack adversarial noise invisible small change"),
        _(
            "Very little, if every pixel changes in just the direction that raises the loss. Move the slider until "
            "the answer changes."
        ),
        "break",
        ("little_ink",),
        _step(2),
    ),
    "not_a_digit": Question(
        _("What does it say to a letter or a scribble?"),
        _("noise nonsense not a digit unknown alphabet letters read rotated turned upside down shifted"),
        _("It names a digit all the same: there is no eleventh answer for “none of these”. It can even be quite sure."),
        "break",
        ("not_a_digit",),
        _step(3) | {KIND: "letters"},
    ),
    "neuron_off": Question(
        _("What happens if I switch a neuron off?"),
        _("remove delete kill silence without turn damage brain neurone nueron"),
        _(
            "Mostly little, because the others do similar work. A few matter more: click one to silence it and watch "
            "the accuracy."
        ),
        "break",
        ("neurons_off",),
        _step(4),
    ),
    "cut_weights": Question(
        _("Does it need all its weights?"),
        _("remove cut prune pruning smaller fewer connections edges compress wieghts"),
        _("No. Small weights hardly change any sum, so many can be cut before the accuracy falls."),
        "break",
        ("cut_weights",),
        _step(5),
    ),
    "shuffled_pixels": Question(
        _("Does it know which pixels are neighbours?"),
        _("shuffle scramble mix random labels shape next to neighbors"),
        _("Shuffle the pixels of all digits in the same way, guess how well it then learns, and train it."),
        "break",
        ("shock",),
        _step(6),
    ),
    "neuron": Question(
        _("What is a neuron?"),
        _("cell brain perceptron unit nerve neurone nueron"),
        _(
            "A tiny calculator: it multiplies each input by a weight, adds everything up and passes on one number. "
            "Its model is the nerve cell."
        ),
        "neuron",
        ("perceptron",),
        _lesson("neuron", "cell_and_model"),
    ),
    "how_it_learns": Question(
        _("How does it learn?"),
        _("learning machine ai artificial intelligence work train start network"),
        _(
            "It guesses, measures how wrong the guess was, and changes each weight a little so that it would have been "
            "less wrong; thousands of times. Press Train and watch."
        ),
        "train",
        ("train", "net-living"),
    ),
    "brain": Question(
        _("Does it think like a brain?"),
        _("cell nerve human think alive conscious intelligent ai chatgpt brian"),
        _(
            "No. Its neurons are modelled on nerve cells, but they only multiply, add and bend the sum, and it "
            "knows nothing but digits."
        ),
        "neuron",
        ("perceptron",),
        _lesson("neuron", "cell_and_model"),
    ),
    "activation": Question(
        _("What is an activation function for?"),
        _("relu sigmoid tanh bend nonlinear activasion"),
        _("It bends the sum. Without it, many layers could do no more than a single one."),
        "neuron",
        ("activation",),
        _lesson("neuron", "sum_and_activation"),
    ),
    "one_neuron_learns": Question(
        _("How does one neuron learn from its mistakes?"),
        _("perceptron rule update correct line and or xor"),
        _("After each mistake, it moves its weights a little, and the line between the two answers moves with them."),
        "neuron",
        ("plane",),
        _lesson("neuron", "by_the_rule"),
    ),
    "network": Question(
        _("What does the network look like?"),
        _("diagram layers edges connections structure neural net picture"),
        _(
            "Layers of neurons: the pixels go in, each neuron gets all numbers of the layer before it, and ten "
            "answers come out."
        ),
        "network",
        ("diagram",),
        _lesson("network", "diagram"),
    ),
    "same_network": Question(
        _("Is it the same network when I press New weights?"),
        _("random seed again different start initial reset repeat result each time"),
        _("No. It reads about as many digits, but its neurons have learned to look for other things."),
        "network",
        ("same-network",),
        _lesson("network", "same_network"),
    ),
    "data_source": Question(
        _("Where do the digits come from?"),
        _("mnist data set who wrote people writers handwriting source"),
        _("People wrote them on paper. Scanned and made small, each became 64 numbers, like these."),
        "data",
        ("digit_numbers", "digit_grid"),
        _lesson("data", "pictures_and_numbers"),
    ),
    "sees": Question(
        _("What does the computer see?"),
        _("picture image pixels numbers input grey gray 8 64"),
        _("Numbers, no picture: one for the ink of each pixel."),
        "data",
        ("digit_numbers", "digit_grid"),
        _lesson("data", "pictures_and_numbers"),
    ),
    "average_digit": Question(
        _("What does an average digit look like?"),
        _("mean typical all together blurred avrage"),
        _("Blurred: where people write a digit differently, its mean image is grey."),
        "data",
        ("mean_digits",),
        _lesson("data", "at_a_glance"),
    ),
    "batch": Question(
        _("What is a batch?"),
        _("group portion part mini batches matrix bach"),
        _(
            "A set of training digits, on which the network takes one or more steps before the next set. Here each row "
            "is one digit."
        ),
        "data",
        ("batch",),
        _lesson("data", "batch"),
    ),
    "sees_all": Question(
        _("Does it see all the digits while it trains?"),
        _("never seen unseen epoch how many examples data set difference training test"),
        _(
            "It depends on how the batches are drawn: if each digit is drawn independently, some may never be seen. "
            "Guess how many."
        ),
        "data",
        ("data_guess_box",),
        _lesson("data", "seen_or_not"),
    ),
    "forward": Question(
        _("How does it get from pixels to an answer?"),
        _("forward pass calculate compute multiply matrix work"),
        _(
            "Layer by layer: each neuron multiplies, adds up and passes its result on, until ten scores become ten "
            "probabilities. Press Play."
        ),
        "forward",
        ("forward_flow",),
        _lesson("forward", "on_its_way"),
    ),
    "multiplications": Question(
        _("How many multiplications is one guess?"),
        _("calculator count operations times sums expensive multiply calculations weights parameters"),
        _("One for each weight. The page counts them for this network."),
        "forward",
        ("multiplications",),
        _lesson("forward", "multiplications"),
    ),
    "softmax": Question(
        _("Where do the percentages come from?"),
        _("softmax probability probabilities percent exp exponential logits"),
        _(
            "From softmax: e is raised to the power of each of the ten scores, and each result is divided by their "
            "total."
        ),
        "forward",
        ("two_lines",),
        _lesson("forward", "probabilities"),
    ),
    "loss": Question(
        _("What is the loss?"),
        _("error cost mistake measure number penalty los"),
        _("One number for how wrong an answer is: 0 is perfect. Training makes it smaller."),
        "loss",
        ("loss_guess",),
        _lesson("loss", "one_number"),
    ),
    "which_loss": Question(
        _("Squared error or cross-entropy?"),
        _("loss function mse log better difference entropie"),
        _(
            "Both are 0 for a perfect answer. Guess which one reacts more to a confident mistake, then compare "
            "the curves."
        ),
        "loss",
        ("loss_guess_first_box",),
        _lesson("loss", "which_reacts"),
    ),
    "knows_what_to_change": Question(
        _("How does it know what to change?"),
        _("backpropagation backprop chain rule derivative blame backpropogation"),
        _(
            "The blame for a mistake is traced back from the answer to every weight: backpropagation. Weights with "
            "more blame change more."
        ),
        "backpropagation",
        ("backpropagation_chain",),
        _lesson("backpropagation", "chain"),
    ),
    "gradient": Question(
        _("What is a gradient?"),
        _("slope derivative direction steep delta nabla gradiant"),
        _("For every weight, how fast the loss grows if that weight grows. Training goes the opposite way."),
        "backpropagation",
        ("backpropagation_gradient",),
        _lesson("backpropagation", "gradient_of_a_weight"),
    ),
    "gradient_check": Question(
        _("Is the calculated gradient correct?"),
        _("check test finite difference numerical proof verify right gradiant"),
        _("You can test it: move a weight a little, see how much the loss changes, and compare."),
        "backpropagation",
        ("backpropagation_check",),
        _lesson("backpropagation", "by_differences"),
    ),
    "step_length": Question(
        _("How long should a step be?"),
        _("learning rate size large small fast slow gradient descent valley"),
        _("Long enough to get on, short enough not to jump over the valley. Try several learning rates on this map."),
        "gradient_descent",
        ("descent_picture",),
        _lesson("gradient_descent", "learning_rate"),
    ),
    "too_fast": Question(
        _("What happens if the learning rate is too large?"),
        _("fast big high steps explode diverge wrong learnig"),
        _(
            "Each step jumps too far, and with ReLU many neurons die: the accuracy stays near that of guessing. Press "
            "Train and watch."
        ),
        "train",
        ("train", "losses"),
        _preset("too_fast"),
    ),
    "too_slow": Question(
        _("What happens if the learning rate is too small?"),
        _("slow low tiny steps takes long never learn network learnig"),
        _("It learns in the right direction, but hardly moves: the loss stays nearly the same. Press Train and watch."),
        "train",
        ("train", "losses"),
        _preset("too_slow"),
    ),
    "start_at_zero": Question(
        _("Why do the weights not start at zero?"),
        _("random initial initialization zeros symmetry begin wieghts"),
        _(
            "Neurons that start alike stay alike, and here every gradient is even zero, so nothing changes. Press "
            "Train and watch."
        ),
        "train",
        ("train", "losses"),
        _preset("zeros"),
    ),
    "nan": Question(
        _("Why do the numbers overflow?"),
        _("nan infinite diverge explode broken error inf not a number"),
        _(
            "Each step overshoots more than the one before, until the numbers are too large for the computer. Press "
            "Train and watch."
        ),
        "train",
        ("train", "losses"),
        _preset("diverging"),
    ),
    "one_hidden_neuron": Question(
        _("Is one hidden neuron enough?"),
        _("few single small tiny how many neurons need smallest nueron"),
        _("No: it can only line all digits up on one axis, so most of them are misclassified. Press Train and watch."),
        "train",
        ("train", "net-living"),
        _preset("one_neuron"),
    ),
    "forever": Question(
        _("What happens if I train for ever?"),
        _("forever long endless infinite steps never stop longer more overfit minutes time"),
        _(
            "It learns its training digits by heart. Their loss keeps falling, but that of the test digits rises "
            "again. Press Train and watch both."
        ),
        "train",
        ("train", "course"),
        _FOREVER,
    ),
    "wrong_labels": Question(
        _("What if some labels are wrong?"),
        _("false noise mistakes data memorize by heart learn bad lables"),
        _(
            "It still learns from the many right ones, but reads fewer new digits than with all labels right. "
            "Press Train and watch."
        ),
        "train",
        ("train", "course"),
        _WRONG_LABELS,
    ),
    "overfitting": Question(
        _("Is it overfitting?"),
        _("overfit memorize by heart generalize gap train test cheat overfiting"),
        _(
            "Look at the gap: if it reads its training digits much better than the test digits, it has learned some "
            "of them by heart. Press Train first."
        ),
        "train",
        ("train", "overfitting-gap"),
    ),
    "dead_neuron": Question(
        _("What is a dead neuron, and have I got one?"),
        _("relu zero silent never active unused died nueron"),
        _(
            "A neuron that outputs 0 for every digit, so it no longer learns. After you press Train, the page counts "
            "yours."
        ),
        "train",
        ("train", "dead-neurons"),
    ),
    "wobble": Question(
        _("Why does the test curve wobble?"),
        _("noisy jump zigzag chance random fluctuate up and down shaky wiggle"),
        _(
            "Each batch is a small sample and pulls the weights its own way. Inside the band, a difference may be "
            "chance."
        ),
        "train",
        ("chance-band",),
    ),
    "happening": Question(
        _("What is happening right now?"),
        _("during training now explain sentence doing"),
        _("One sentence on the page says it while the network trains. Press Train."),
        "train",
        ("what-is-happening",),
    ),
    "living": Question(
        _("Can I watch a digit run through the network?"),
        _("living see inside live think brain animation"),
        _(
            "Yes: this picture shows one digit and what each neuron passes on. Press Train, and it changes with every "
            "batch."
        ),
        "train",
        ("net-living",),
    ),
    "change_while_training": Question(
        _("Can I change a setting while it trains?"),
        _("branch what if go back time earlier undo rewind slider"),
        _(
            "Yes: go back to any point of a run, change a setting and continue from there as a new run. Press Train "
            "first."
        ),
        "train",
        ("branch",),
    ),
    "take_home": Question(
        _("Can I take my network home?"),
        _("download save export file python pytorch onnx notebook keep"),
        _("Yes, with its weights and as a program that runs without this page. Train one first."),
        "train",
        ("downloads_box",),
    ),
    "code": Question(
        _("What does the code look like?"),
        _("python program source numpy programming script"),
        _("Short: this program trains your network with your settings."),
        "train",
        ("code",),
    ),
    "looks_for": Question(
        _("What does each neuron look for?"),
        _("hidden pictures weights pattern feature detect nueron"),
        _("A pattern of ink: ink on red excites the neuron, ink on blue calms it."),
        "weights",
        ("neuron_pictures",),
    ),
    "colours": Question(
        _("What do red and blue mean?"),
        _("colour colours color colors positive negative sign meaning"),
        _("Ink on red excites a neuron, ink on blue calms it. The paler the colour, the less the pixel counts."),
        "weights",
        ("neuron_pictures",),
    ),
    "what_changed": Question(
        _("What has changed in it after training?"),
        _("weights before after difference learned w1 w2 wieghts"),
        _("Its weights, and its biases if it has any; nothing else. Move the slider to compare them before and after."),
        "weights",
        ("matrix_1",),
    ),
    "borders": Question(
        _("Where are the borders between the digits?"),
        _("decision boundary boundaries region halfway between"),
        _("Where two digits are equally likely. Drag the point across a border and watch the answer change."),
        "geometry",
        ("geometry_borders",),
        _geometry(BORDERS),
    ),
    "landscape": Question(
        _("What does the loss landscape look like?"),
        _("mountain valley hill surface 3d lowest point minimum"),
        _(
            "Like hills and valleys: the height is the loss, and the line is the way that training took. The picture "
            "needs a network of your own."
        ),
        "geometry",
        ("landscape",),
        _geometry(LANDSCAPE),
    ),
    "neuron_order": Question(
        _("Does the order of the neurons matter?"),
        _("shuffle swap permutation same network compare two nueron"),
        _(
            "No: in another order, they give the same answers. But two networks can only be compared when their "
            "neurons are matched."
        ),
        "geometry",
        ("neurons_shuffled", "neurons_in_order"),
        _geometry(ORDER),
    ),
    "alike": Question(
        _("Which digits look alike to it?"),
        _("similar map neighbours near clusters groups tsne umap pca"),
        _(
            "Those that lie close together: their pixels are similar. Further down are the maps of what the "
            "network makes of them."
        ),
        "projections",
        ("panel_6",),
    ),
    "one_map": Question(
        _("Where is my digit on the map?"),
        _("star position neighbour tsne umap zoom nearest"),
        _("Each point is a digit. A digit of yours is a star, near the digits most like it."),
        "map",
        ("map_large",),
    ),
    "film": Question(
        _("How does its view of the digits change while it learns?"),
        _("film animation movie hidden layer time video"),
        _("At first many digits overlap; while it learns, those with the same label come together. Play it."),
        "film",
        ("film",),
    ),
    "in_class": Question(
        _("What can I show a class in 45 minutes?"),
        _("lesson plan lessons teacher teach teaching school pupils students classroom lecture course"),
        _("Six pages, each with its minutes and a task for everybody: this plan leads to them."),
        "start",
        ("plan_steps",),
    ),
    "my_runs": Question(
        _("Where are my earlier trainings?"),
        _("runs saved history find compare list old results delete network mine"),
        _("Here. Open one, compare several, or delete some."),
        "runs",
        ("run_tree",),
    ),
    "how_long": Question(
        _("How long are my runs kept?"),
        _("keep stay saved save tomorrow lost expire days delete"),
        _(
            "Until you delete them, or whoever runs this server does. This browser remembers which are yours, so copy "
            "the link of a run that you want to find again."
        ),
        "runs",
        ("run_tree",),
    ),
    "other_device": Question(
        _("Can I open my run on another device?"),
        _("phone computer tablet send share friend class link qr home"),
        _(
            "Yes, if it reaches this server: choose More and Link next to the run. There you watch it, and a copy of "
            "it is yours to train on."
        ),
        "runs",
        ("run_tree",),
    ),
    "who_sees": Question(
        _("Who can see my runs and drawings?"),
        _("private privacy data secret public others personal safe"),
        _(
            "Only you, until you give somebody the link of a run. Drawings that it was trained on stay yours unless "
            "you share them."
        ),
        "runs",
        ("run_tree",),
    ),
    "words": Question(
        _("What does this word mean?"),
        _("glossary dictionary term definition vocabulary chinese"),
        _("Type it into the search: each term is explained in a sentence."),
        "glossary",
        ("glossary_search",),
    ),
    "digit_order": Question(
        _("Does the order of the digits matter?"),
        _("sequence shuffle same digits another sorted run seed"),
        _(
            "A little: from the same weights, another order gives a slightly different network. That is chance. Press "
            "Start to see how much."
        ),
        "race",
        ("race_curves",),
        {"ready": "orders"},
    ),
    "sgd_or_adam": Question(
        _("SGD or Adam?"),
        _("optimizer optimiser optimizers which best momentum gradient descent better compare"),
        _(
            "It depends on the learning rate, because each works best with a different one. Press Start to compare "
            "three optimizers at the same rate."
        ),
        "race",
        ("race_curves",),
        {"ready": "optimizers"},
    ),
    "engines": Question(
        _("numpy and torch, the same?"),
        _("pytorch engine compiled result difference equal numba nmupy"),
        _("Yes, up to rounding: they take the same steps and differ in how long these take. Press Start to compare."),
        "race",
        ("race_curves",),
        {"ready": "engines"},
    ),
    "notebook_gradient": Question(
        _("Is the notebook's gradient worse than the exact one?"),
        _("error wrong factor two exact compare gradiant"),
        _("It belongs to another loss. Guess which of the two is faster, then press Start."),
        "race",
        ("race_curves",),
        {"ready": "gradients"},
    ),
    "best_rate": Question(
        _("Which learning rate is best?"),
        _("fast slow compare step size find optimal learnig"),
        _("Steps must be long enough to get on, and short enough not to overshoot. Press Start to compare three."),
        "race",
        ("race_curves",),
        {"ready": "rates"},
    ),
    "luck": Question(
        _("Is 93.9 % luck?"),
        _("chance random seed accuracy repeat again interval 93.9%"),
        _("Train with other seeds and see how much the accuracy differs by chance alone. Press Start."),
        "sweep",
        ("sweep_results",),
        {"ready": "seeds"},
    ),
    "larger": Question(
        _("What happens if I make it larger?"),
        _("bigger more neurons how many need add layers deeper wider size double nuerons"),
        _(
            "With more neurons it reads more digits, up to a point, and the learning rate must fit too. Press Start "
            "to see both."
        ),
        "sweep",
        ("sweep_results",),
        {"ready": "learning_rate_and_neurons"},
    ),
    "deeper": Question(
        _("Are more layers better?"),
        _("deep depth hidden many stack number of layers add layer"),
        _("More layers can learn more, but are harder to train. Guess, then press Start."),
        "sweep",
        ("sweep_results",),
        {"ready": "depth"},
    ),
    "batch_size": Question(
        _("Are many small batches better than a few large ones?"),
        _("batch size mini full bach compare"),
        _("Small batches give more steps for the same number of digits. Guess whether that helps, then press Start."),
        "sweep",
        ("sweep_results",),
        {"ready": "batch_size"},
    ),
    "weight_decay": Question(
        _("What is weight decay for?"),
        _("regularization regularisation l2 penalty smaller overfitting"),
        _(
            "It pulls every weight towards 0, so that the network does not learn wrong labels by heart. Press Start to "
            "compare."
        ),
        "sweep",
        ("sweep_results",),
        {"ready": "overfitting"},
    ),
    "by_heart": Question(
        _("Can it still learn something when it knows everything by heart?"),
        _("grokking late suddenly memorize after long generalize groking"),
        _(
            "Its training digits teach it nothing new, but its weights still change. Guess what happens, then "
            "press Start."
        ),
        "sweep",
        ("sweep_results",),
        {"ready": "grokking"},
    ),
}
"""All questions, by id. The order is that of the list."""
