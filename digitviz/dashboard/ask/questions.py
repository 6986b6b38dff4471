"""The questions, and what each needs to show its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from digitviz.dashboard.lesson.order import LESSON
from digitviz.dashboard.questions import order
from digitviz.dashboard.questions.address import KIND
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
    address: Mapping[str, str]


Place = tuple[str, tuple[str, ...], Mapping[str, str]]
"""Where an answer is: the last three fields of a `Question`."""


def _on(page: str, /, *places: str, **address: str) -> Place:
    """Return the place of an answer: the page, the elements to circle, and the parameters of the URL."""
    return page, places, address


def _on_step(page: str, view: str, *places: str) -> Place:
    """Return a place on the step of a page that the function `view` shows."""
    number = [step.view.__name__ for step in (LESSON | order.QUESTIONS)[page].steps].index(view) + 1
    return _on(page, *places, step=str(number))


def _in_training(settings: Hyperparameters, data: TrainingData, *places: str) -> Place:
    """Return a place on Train with these settings, where the visitor first has to press Train."""
    return _on("train", "train", *places, **to_address(settings, data))


def _preset(name: str, place: str) -> Place:
    preset = PRESETS[name]
    return _in_training(preset.hyperparameters, TrainingData(distorted=preset.distorted), place)


_FOREVER = replace(
    PRESETS["adam"].hyperparameters, batch_size=400, batches=200, steps_per_batch=50, sampling="shuffled_epochs"
)
"""10,000 steps with Adam: after 2,500 it knows all training digits by heart, and its test loss has begun to rise."""

QUESTIONS: dict[str, Question] = {
    "blank_page": Question(
        _("What does it read on a blank page?"),
        _("empty white nothing no ink without drawing not sure"),
        _(
            "It has no answer for “nothing here”, so it still gives each digit a probability. The page says “Not "
            "sure”, because there is no ink."
        ),
        *_on("draw", "blank-page", blank="yes"),
    ),
    "my_handwriting": Question(
        _("Can it read my handwriting?"),
        _("draw write own digit number pad mouse finger hand writing handwritting"),
        _("Often, if you write like the people whose digits it learned from. Draw a digit here and see."),
        *_on("draw", "pad"),
    ),
    "photo": Question(
        _("Can it read a photo of a digit?"),
        _("camera picture image upload file scan foto"),
        _(
            "Yes: upload one here. The photo becomes a small picture like those it learned from, and you see what was "
            "left of it."
        ),
        *_on("draw", "upload"),
    ),
    "why_answer": Question(
        _("Why did it give this answer?"),
        _("reason explain because how come says decide calculation receipt"),
        _(
            "Each neuron adds to the score of a digit or takes from it, and the highest score wins. Here is what "
            "counted most."
        ),
        *_on("why", "receipt_place"),
    ),
    "needed_pixels": Question(
        _("Which part of the digit does the answer need?"),
        _("cover hide occlusion pixels look at important stroke"),
        _(
            "The strokes that tell it from other digits. Here every pixel is covered in turn: red where the answer "
            "loses probability."
        ),
        *_on("why", "needed_pixels"),
    ),
    "pixel_over_all": Question(
        _("Which pixel matters most over all digits?"),
        _("important importance pixels strongest feature all average"),
        _("Usually one near the middle. Red pixels are needed: covering them costs accuracy."),
        *_on("evaluate", "pixel-importance"),
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
        *_on("evaluate", "confusion"),
    ),
    "worst_mistakes": Question(
        _("What are its worst mistakes?"),
        _("wrong errors sure confident fail failure worse"),
        _("Those where it was most confident and still wrong. They come first here."),
        *_on("evaluate", "evaluate_mistakes"),
    ),
    "every_digit": Question(
        _("Why does it not get every digit right?"),
        _("accuracy 100% 100 reach perfect all correct mistakes wrong sometimes"),
        _("Some are written so badly that people would hesitate, too, and it has not seen every way to write a digit."),
        *_on("evaluate", "evaluate_mistakes"),
    ),
    "hardest": Question(
        _("Which digits are the hardest?"),
        _("difficult hard ambiguous unclear never learned"),
        _("Those that a network learns last or never. Some of them are hard for people, too."),
        *_on("evaluate", "evaluate_hardest"),
    ),
    "when_learned": Question(
        _("When did it learn each digit?"),
        _("first time order early late forget forgot learnt"),
        _("Clear digits early, unusual ones late or never. Each mark shows from which batch on a digit stays correct."),
        *_on("evaluate", "evaluate_learnt"),
    ),
    "trust": Question(
        _("Can I trust it when it is sure?"),
        _("confident confidence certain probability percent calibration believe honest"),
        _("Not blindly: it can be sure and wrong. The picture compares how sure it was with how often it was right."),
        *_on("evaluate", "evaluate_reliability"),
    ),
    "one_pixel": Question(
        _("Can one pixel fool it?"),
        _("trick hack attack adversarial change break dot"),
        _("Yes, where two answers are close. Click a pixel and try; the digit still looks the same to you."),
        *_on("break", "one_pixel", step="1"),
    ),
    "little_ink": Question(
        _("How little ink is enough to fool it?"),
        _("trick hack attack adversarial noise invisible small change"),
        _(
            "Very little, if every pixel changes in just the direction that raises the loss. Move the slider until "
            "the answer changes."
        ),
        *_on("break", "little_ink", step="2"),
    ),
    "not_a_digit": Question(
        _("What does it say to a letter or a scribble?"),
        _("noise nonsense not a digit unknown alphabet letters read rotated turned upside down shifted"),
        _("It names a digit all the same: there is no eleventh answer for “none of these”. It can even be quite sure."),
        *_on("break", "not_a_digit", step="3", **{KIND: "letters"}),
    ),
    "neuron_off": Question(
        _("What happens if I switch a neuron off?"),
        _("remove delete kill silence without turn damage brain neurone nueron"),
        _(
            "Mostly little, because the others do similar work. A few matter more: click one to silence it and watch "
            "the accuracy."
        ),
        *_on("break", "neurons_off", step="4"),
    ),
    "cut_weights": Question(
        _("Does it need all its weights?"),
        _("remove cut prune pruning smaller fewer connections edges compress wieghts"),
        _("No. Small weights hardly change any sum, so many can be cut before the accuracy falls."),
        *_on("break", "cut_weights", step="5"),
    ),
    "shuffled_pixels": Question(
        _("Does it know which pixels are neighbours?"),
        _("shuffle scramble mix random labels shape next to neighbors"),
        _("Shuffle the pixels of all digits in the same way, guess how well it then learns, and train it."),
        *_on("break", "shock", step="6"),
    ),
    "neuron": Question(
        _("What is a neuron?"),
        _("cell brain perceptron unit nerve neurone nueron"),
        _(
            "A tiny calculator: it multiplies each input by a weight, adds everything up and passes on one number. "
            "Its model is the nerve cell."
        ),
        *_on_step("neuron", "cell_and_model", "perceptron"),
    ),
    "how_it_learns": Question(
        _("How does it learn?"),
        _("learning machine ai artificial intelligence work train start network"),
        _(
            "It guesses, measures how wrong the guess was, and changes each weight a little so that it would have been "
            "less wrong; thousands of times. Press Train and watch."
        ),
        *_on("train", "train", "net-living"),
    ),
    "brain": Question(
        _("Does it think like a brain?"),
        _("cell nerve human think alive conscious intelligent ai chatgpt brian"),
        _(
            "No. Its neurons are modelled on nerve cells, but they only multiply, add and bend the sum, and it "
            "knows nothing but digits."
        ),
        *_on_step("neuron", "cell_and_model", "perceptron"),
    ),
    "activation": Question(
        _("What is an activation function for?"),
        _("relu sigmoid tanh bend nonlinear activasion"),
        _("It bends the sum. Without it, many layers could do no more than a single one."),
        *_on_step("neuron", "sum_and_activation", "activation"),
    ),
    "one_neuron_learns": Question(
        _("How does one neuron learn from its mistakes?"),
        _("perceptron rule update correct line and or xor"),
        _("After each mistake, it moves its weights a little, and the line between the two answers moves with them."),
        *_on_step("neuron", "by_the_rule", "plane"),
    ),
    "network": Question(
        _("What does the network look like?"),
        _("diagram layers edges connections structure neural net picture"),
        _(
            "Layers of neurons: the pixels go in, each neuron gets all numbers of the layer before it, and ten "
            "answers come out."
        ),
        *_on_step("network", "diagram", "diagram"),
    ),
    "same_network": Question(
        _("Is it the same network when I press New weights?"),
        _("random seed again different start initial reset repeat result each time"),
        _("No. It reads about as many digits, but its neurons have learned to look for other things."),
        *_on_step("network", "same_network", "same-network"),
    ),
    "data_source": Question(
        _("Where do the digits come from?"),
        _("mnist data set who wrote people writers handwriting source 8x8 size bigger resolution"),
        _("People wrote them on paper. Scanned and made small, each became 64 numbers, like these."),
        *_on_step("data", "pictures_and_numbers", "digit_numbers", "digit_grid"),
    ),
    "sees": Question(
        _("What does the computer see?"),
        _("picture pictures image pixels numbers input grey gray 8 16 64"),
        _("Numbers, no picture: one for the ink of each pixel."),
        *_on_step("data", "pictures_and_numbers", "digit_numbers", "digit_grid"),
    ),
    "average_digit": Question(
        _("What does an average digit look like?"),
        _("mean typical all together blurred avrage"),
        _("Blurred: where people write a digit differently, its mean image is grey."),
        *_on_step("data", "at_a_glance", "mean_digits"),
    ),
    "batch": Question(
        _("What is a batch?"),
        _("group portion part mini batches matrix bach"),
        _(
            "A set of training digits, on which the network takes one or more steps before the next set. Here each row "
            "is one digit."
        ),
        *_on_step("data", "batch", "batch"),
    ),
    "sees_all": Question(
        _("Does it see all the digits while it trains?"),
        _("never seen unseen epoch how many examples data set difference training test"),
        _(
            "Each batch draws some of the training digits: the more batches, the fewer are left out. Guess how many it "
            "never sees."
        ),
        *_on_step("data", "seen_or_not", "data_guess_box"),
    ),
    "forward": Question(
        _("How does it get from pixels to an answer?"),
        _("forward pass calculate compute multiply matrix work"),
        _(
            "Layer by layer: each neuron multiplies, adds up and passes its result on, until ten scores become ten "
            "probabilities. Press Play."
        ),
        *_on_step("forward", "on_its_way", "forward_flow"),
    ),
    "multiplications": Question(
        _("How many multiplications is one guess?"),
        _("calculator count operations times sums expensive multiply calculations weights parameters"),
        _("One for each weight. The page counts them for this network."),
        *_on_step("forward", "multiplications", "multiplications"),
    ),
    "softmax": Question(
        _("Where do the percentages come from?"),
        _("softmax probability probabilities percent exp exponential logits"),
        _(
            "From softmax: e is raised to the power of each of the ten scores, and each result is divided by their "
            "total."
        ),
        *_on_step("forward", "probabilities", "two_lines"),
    ),
    "loss": Question(
        _("What is the loss?"),
        _("error cost mistake measure number penalty los"),
        _("One number for how wrong an answer is: 0 is perfect. Training makes it smaller."),
        *_on_step("loss", "one_number", "loss_guess"),
    ),
    "which_loss": Question(
        _("Squared error or cross-entropy?"),
        _("loss function mse log better difference entropie"),
        _(
            "Both are 0 for a perfect answer. Guess which one reacts more to a confident mistake, then compare "
            "the curves."
        ),
        *_on_step("loss", "which_reacts", "loss_guess_first_box"),
    ),
    "knows_what_to_change": Question(
        _("How does it know what to change?"),
        _("backpropagation backprop chain rule derivative blame backpropogation"),
        _(
            "The blame for a mistake is traced back from the answer to every weight: backpropagation. Weights with "
            "more blame change more."
        ),
        *_on_step("backpropagation", "chain", "backpropagation_chain"),
    ),
    "gradient": Question(
        _("What is a gradient?"),
        _("slope derivative direction steep delta nabla gradiant"),
        _("For every weight, how fast the loss grows if that weight grows. Training goes the opposite way."),
        *_on_step("backpropagation", "gradient_of_a_weight", "backpropagation_gradient"),
    ),
    "gradient_check": Question(
        _("Is the calculated gradient correct?"),
        _("check test finite difference numerical proof verify right gradiant"),
        _("You can test it: move a weight a little, see how much the loss changes, and compare."),
        *_on_step("backpropagation", "by_differences", "backpropagation_check"),
    ),
    "step_length": Question(
        _("How long should a step be?"),
        _("learning rate size large small fast slow gradient descent valley"),
        _("Long enough to get on, short enough not to jump over the valley. Try several learning rates on this map."),
        *_on_step("gradient_descent", "learning_rate", "descent_picture"),
    ),
    "too_fast": Question(
        _("What happens if the learning rate is too large?"),
        _("fast big high steps explode diverge wrong learnig"),
        _(
            "Each step jumps too far, and with ReLU many neurons die: the accuracy stays near that of guessing. Press "
            "Train and watch."
        ),
        *_preset("too_fast", "losses"),
    ),
    "too_slow": Question(
        _("What happens if the learning rate is too small?"),
        _("slow low tiny steps takes long never learn network learnig"),
        _("It learns in the right direction, but hardly moves: the loss stays nearly the same. Press Train and watch."),
        *_preset("too_slow", "losses"),
    ),
    "start_at_zero": Question(
        _("Why do the weights not start at zero?"),
        _("random initial initialization zeros symmetry begin wieghts"),
        _(
            "Neurons that start alike stay alike, and here every gradient is even zero, so nothing changes. Press "
            "Train and watch."
        ),
        *_preset("zeros", "losses"),
    ),
    "nan": Question(
        _("Why do the numbers overflow?"),
        _("nan infinite diverge explode broken error inf not a number"),
        _(
            "Each step overshoots more than the one before, until the numbers are too large for the computer. Press "
            "Train and watch."
        ),
        *_preset("diverging", "losses"),
    ),
    "one_hidden_neuron": Question(
        _("Is one hidden neuron enough?"),
        _("few single small tiny how many neurons need smallest nueron"),
        _("No: it can only line all digits up on one axis, so most of them are misclassified. Press Train and watch."),
        *_preset("one_neuron", "net-living"),
    ),
    "forever": Question(
        _("What happens if I train for ever?"),
        _("forever long endless infinite steps never stop longer more overfit minutes time"),
        _(
            "It learns its training digits by heart. Their loss keeps falling, but that of the test digits rises "
            "again. Press Train and watch both."
        ),
        *_in_training(_FOREVER, TrainingData(), "course"),
    ),
    "wrong_labels": Question(
        _("What if some labels are wrong?"),
        _("false noise mistakes data memorize by heart learn bad lables"),
        _(
            "It still learns from the many right ones, but reads fewer new digits than with all labels right. "
            "Press Train and watch."
        ),
        *_in_training(PRESETS["adam"].hyperparameters, TrainingData(wrong_labels=0.2), "course"),
    ),
    "overfitting": Question(
        _("Is it overfitting?"),
        _("overfit memorize by heart generalize gap train test cheat overfiting"),
        _(
            "Look at the gap: if it reads its training digits much better than the test digits, it has learned some "
            "of them by heart. Press Train first."
        ),
        *_on("train", "train", "overfitting-gap"),
    ),
    "dead_neuron": Question(
        _("What is a dead neuron, and have I got one?"),
        _("relu zero silent never active unused died nueron"),
        _(
            "A neuron that outputs 0 for every digit, so it no longer learns. After you press Train, the page counts "
            "yours."
        ),
        *_on("train", "train", "dead-neurons"),
    ),
    "wobble": Question(
        _("Why does the test curve wobble?"),
        _("noisy jump zigzag chance random fluctuate up and down shaky wiggle"),
        _(
            "Each batch is a small sample and pulls the weights its own way. Inside the band, a difference may be "
            "chance."
        ),
        *_on("train", "chance-band"),
    ),
    "happening": Question(
        _("What is happening right now?"),
        _("during training now explain sentence doing"),
        _("One sentence on the page says it while the network trains. Press Train."),
        *_on("train", "what-is-happening"),
    ),
    "living": Question(
        _("Can I watch a digit run through the network?"),
        _("living see inside live think brain animation"),
        _(
            "Yes: this picture shows one digit and what each neuron passes on. Press Train, and it changes with every "
            "batch."
        ),
        *_on("train", "net-living"),
    ),
    "change_while_training": Question(
        _("Can I change a setting while it trains?"),
        _("branch what if go back time earlier undo rewind slider"),
        _(
            "Yes: go back to any point of a run, change a setting and continue from there as a new run. Press Train "
            "first."
        ),
        *_on("train", "branch"),
    ),
    "pause": Question(
        _("Can I pause a training and continue later?"),
        _("stop interrupt resume go on wait cancel break tomorrow race sweep experiment"),
        _("Yes: press Pause, and later Resume or Continue. My runs keeps runs, races and sweeps while you are away."),
        *_on("train", "buttons"),
    ),
    "duration": Question(
        _("How long does a training take?"),
        _("minutes seconds duration time wait left fast slow speed quick need"),
        _("It depends on the settings and the speed. While it trains, the page says how much time is left."),
        *_on("train", "tools"),
    ),
    "take_home": Question(
        _("Can I take my network home?"),
        _("download save export file python pytorch onnx notebook keep csv excel json table numbers curves results"),
        _("Yes: its weights, its curves as CSV, and a program that runs without this page. Train one first."),
        *_on("train", "downloads_box"),
    ),
    "code": Question(
        _("What does the code look like?"),
        _("python program source numpy programming script"),
        _("Short: this program trains your network with your settings."),
        *_on("train", "code"),
    ),
    "looks_for": Question(
        _("What does each neuron look for?"),
        _("hidden pictures weights pattern feature detect nueron"),
        _("A pattern of ink: ink on red excites the neuron, ink on blue calms it."),
        *_on("weights", "neuron_pictures"),
    ),
    "colours": Question(
        _("What do red and blue mean?"),
        _("colour colours color colors positive negative sign meaning"),
        _("Ink on red excites a neuron, ink on blue calms it. The paler the colour, the less the pixel counts."),
        *_on("weights", "neuron_pictures"),
    ),
    "what_changed": Question(
        _("What has changed in it after training?"),
        _("weights before after difference learned w1 w2 wieghts"),
        _("Its weights, and its biases if it has any; nothing else. Move the slider to compare them before and after."),
        *_on("weights", "matrix_1"),
    ),
    "borders": Question(
        _("Where are the borders between the digits?"),
        _("decision boundary boundaries region halfway between"),
        _("Where two digits are equally likely. Drag the point across a border and watch the answer change."),
        *_on_step("geometry", "borders", "geometry_borders"),
    ),
    "landscape": Question(
        _("What does the loss landscape look like?"),
        _("mountain valley hill surface 3d lowest point minimum"),
        _("Like hills and valleys: the height is the loss, and the line is the way that training took."),
        *_on_step("geometry", "the_landscape", "landscape"),
    ),
    "neuron_order": Question(
        _("Does the order of the neurons matter?"),
        _("shuffle swap permutation same network compare two nueron"),
        _(
            "No: in another order, they give the same answers. But two networks can only be compared when their "
            "neurons are matched."
        ),
        *_on_step("geometry", "order_of_neurons", "neurons_shuffled", "neurons_in_order"),
    ),
    "alike": Question(
        _("Which digits look alike to it?"),
        _("similar map neighbours near clusters groups tsne umap pca"),
        _(
            "Those that lie close together: their pixels are similar. Further down are the maps of what the "
            "network makes of them."
        ),
        *_on("projections", "panel_6"),
    ),
    "one_map": Question(
        _("Where is my digit on the map?"),
        _("star position neighbour tsne umap zoom nearest"),
        _("Each point is a digit. A digit of yours is a star, near the digits most like it."),
        *_on("map", "map_large"),
    ),
    "film": Question(
        _("How does its view of the digits change while it learns?"),
        _("film animation movie hidden layer time video"),
        _("At first many digits overlap; while it learns, those with the same label come together. Play it."),
        *_on("film", "film"),
    ),
    "in_class": Question(
        _("What can I show a class in 45 minutes?"),
        _("lesson plan lessons teacher teach teaching school pupils students classroom lecture course"),
        _("Six pages, each with its minutes and a task for everybody: this plan leads to them."),
        *_on("start", "plan_steps"),
    ),
    "my_runs": Question(
        _("Where are my earlier trainings?"),
        _("runs saved history find compare list old results delete network mine see own again"),
        _("Here. Open one, compare several, or delete some."),
        *_on("runs", "run_tree"),
    ),
    "compare_runs": Question(
        _("How do I compare two runs?"),
        _("comparison compair trainings networks versus difference side by side"),
        _("Select them in this list and press Compare. A single run can be compared with the example."),
        *_on("runs", "run_tree"),
    ),
    "how_long": Question(
        _("How long are my runs kept?"),
        _("keep stay saved save tomorrow lost expire days delete"),
        _(
            "Until you delete them, or whoever runs this server does. This browser remembers which are yours, so copy "
            "the link of a run that you want to find again."
        ),
        *_on("runs", "run_tree"),
    ),
    "other_device": Question(
        _("Can I open my run on another device?"),
        _("phone computer tablet send share friend class link qr home"),
        _(
            "Yes, if it reaches this server: choose More and Link next to the run. There you watch it, and a copy of "
            "it is yours to train on."
        ),
        *_on("runs", "run_tree"),
    ),
    "who_sees": Question(
        _("Who can see my runs and drawings?"),
        _("private privacy data secret public others personal safe"),
        _(
            "Only you, until you give somebody the link of a run. Drawings that it was trained on stay yours unless "
            "you share them."
        ),
        *_on("runs", "run_tree"),
    ),
    "words": Question(
        _("What does this word mean?"),
        _("glossary dictionary term definition vocabulary chinese"),
        _("Type it into the search: each term is explained in a sentence."),
        *_on("glossary", "glossary_search"),
    ),
    "frame": Question(
        _("How do I switch the language, the level or dark mode?"),
        _("english chinese school university theme light black background print page paper full screen fullscreen"),
        _(
            "Language and level are at the top of every page; the menu next to them has light, dark and Print. For the "
            "full screen, use the menu of your browser."
        ),
        *_on("start", "frame_choices"),
    ),
    "experiments": Question(
        _("What are a race and a sweep?"),
        _("experiment experiments try many settings values grid search"),
        _("A race trains networks that differ in one setting; a sweep tries settings together, with several seeds."),
        *_on("sweep", "sweep_results"),
    ),
    "digit_order": Question(
        _("Does the order of the digits matter?"),
        _("sequence shuffle same digits another sorted run seed"),
        _(
            "A little: from the same weights, another order gives a slightly different network. That is chance. Press "
            "Start to see how much."
        ),
        *_on("race", "race_curves", ready="orders"),
    ),
    "sgd_or_adam": Question(
        _("SGD or Adam?"),
        _("optimizer optimiser optimizers which best momentum gradient descent better compare"),
        _(
            "It depends on the learning rate, because each works best with a different one. Press Start to compare "
            "three optimizers at the same rate."
        ),
        *_on("race", "race_curves", ready="optimizers"),
    ),
    "engines": Question(
        _("numpy and torch, the same?"),
        _("pytorch engine compiled result difference equal numba nmupy"),
        _("Yes, up to rounding: they take the same steps and differ in how long these take. Press Start to compare."),
        *_on("race", "race_curves", ready="engines"),
    ),
    "notebook_gradient": Question(
        _("Is the notebook's gradient worse than the exact one?"),
        _("error wrong factor two exact compare gradiant"),
        _("It belongs to another loss. Guess which of the two is faster, then press Start."),
        *_on("race", "race_curves", ready="gradients"),
    ),
    "best_rate": Question(
        _("Which learning rate is best?"),
        _("fast slow compare step size find optimal learnig"),
        _("Steps must be long enough to get on, and short enough not to overshoot. Press Start to compare three."),
        *_on("race", "race_curves", ready="rates"),
    ),
    "luck": Question(
        _("Is 93.9 % luck?"),
        _("chance random seed accuracy repeat again interval 93.9%"),
        _("Train with other seeds and see how much the accuracy differs by chance alone. Press Start."),
        *_on("sweep", "sweep_results", ready="seeds"),
    ),
    "larger": Question(
        _("What happens if I make it larger?"),
        _("bigger more neurons how many need add layers deeper wider size double nuerons"),
        _(
            "With more neurons it reads more digits, up to a point, and the learning rate must fit too. Press Start "
            "to see both."
        ),
        *_on("sweep", "sweep_results", ready="learning_rate_and_neurons"),
    ),
    "deeper": Question(
        _("Are more layers better?"),
        _("deep depth hidden many stack number of layers add layer"),
        _("More layers can learn more, but are harder to train. Guess, then press Start."),
        *_on("sweep", "sweep_results", ready="depth"),
    ),
    "batch_size": Question(
        _("Are many small batches better than a few large ones?"),
        _("batch size mini full bach compare"),
        _("Small batches give more steps for the same number of digits. Guess whether that helps, then press Start."),
        *_on("sweep", "sweep_results", ready="batch_size"),
    ),
    "weight_decay": Question(
        _("What is weight decay for?"),
        _("regularization regularisation l2 penalty smaller overfitting"),
        _(
            "It pulls every weight towards 0, so that the network does not learn wrong labels by heart. Press Start to "
            "compare."
        ),
        *_on("sweep", "sweep_results", ready="overfitting"),
    ),
    "by_heart": Question(
        _("Can it still learn something when it knows everything by heart?"),
        _("grokking late suddenly memorize after long generalize groking"),
        _(
            "Its training digits teach it nothing new, but its weights still change. Guess what happens, then "
            "press Start."
        ),
        *_on("sweep", "sweep_results", ready="grokking"),
    ),
}
"""All questions, by id. The order is that of the list."""
