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
    place : Place
    """

    text: Lazy
    words: Lazy
    answer: Lazy
    place: Place


@dataclass(frozen=True)
class Place:
    """Where an answer is.

    Parameters
    ----------
    page : str
        URL of the page.
    keys : tuple of str
        Keys of the elements to circle, the main one first. On Train, "train" in the last place is only for a visitor
        whose run has not yet learned from a batch.
    address : mapping of str to str
        Parameters of the page's URL. On Train these are settings.
    """

    page: str
    keys: tuple[str, ...]
    address: Mapping[str, str]

    def answers(self, text: str, words: str, answer: str) -> Question:
        """Return a question that is answered here. `digitviz.locale` collects the three texts from this call."""
        return Question(Lazy(text), Lazy(words), Lazy(answer), self)


def _on(page: str, /, *keys: str, **address: str) -> Place:
    """Return a place: the page, the elements to circle, and the parameters of the URL."""
    return Place(page, keys, address)


def _on_step(page: str, view: str, *keys: str, **address: str) -> Place:
    """Return a place on the step of a page that the function `view` shows."""
    number = [step.view.__name__ for step in (LESSON | order.QUESTIONS)[page].steps].index(view) + 1
    return _on(page, *keys, step=str(number), **address)


def _in_training(settings: Hyperparameters, data: TrainingData, *keys: str) -> Place:
    """Return a place on Train with these settings, where the visitor first has to press Train."""
    return _on("train", "train", *keys, **to_address(settings, data))


def _preset(name: str, key: str) -> Place:
    preset = PRESETS[name]
    return _in_training(preset.hyperparameters, TrainingData(distorted=preset.distorted), key)


_FOREVER = replace(
    PRESETS["adam"].hyperparameters, batch_size=400, batches=200, steps_per_batch=50, sampling="shuffled_epochs"
)
"""10,000 steps with Adam: after 2,500 it knows all training digits by heart, and its test loss has begun to rise."""

QUESTIONS: dict[str, Question] = {
    "blank_page": _on("draw", "blank-page", blank="yes").answers(
        "What does it read on a blank page?",
        "empty white nothing no ink without drawing not sure",
        "It has no answer for “nothing here”, so it still gives each digit a probability. The page says “Not sure”, "
        "because there is no ink.",
    ),
    "my_handwriting": _on("draw", "pad").answers(
        "Can it read my handwriting?",
        "draw write own digit number pad mouse finger hand writing handwritting",
        "Often, if you write like the people whose digits it learned from. Draw a digit here and see.",
    ),
    "reads_handwriting": _on_step("forward", "on_its_way", "forward_flow").answers(
        "How does a computer read handwriting?",
        "recognize recognise handwritten numbers written text machine reads writing handwritting",
        "It turns the picture into 64 numbers, one for each pixel. From these, its neurons work out a score for each "
        "digit, and the highest wins. It learned how from examples, not from rules. Press Play.",
    ),
    "photo": _on("draw", "upload").answers(
        "Can it read a photo of a digit?",
        "camera picture image upload file scan foto",
        "Yes: upload one here. It becomes a small picture, like those that the network learned from.",
    ),
    "why_answer": _on("why", "receipt_place").answers(
        "Why did it give this answer?",
        "reason explain because how come says decide calculation receipt",
        "Each neuron adds to the score of a digit or takes from it; the highest score wins. Here is what counted most.",
    ),
    "needed_pixels": _on("why", "needed_pixels").answers(
        "Which part of the digit does the answer need?",
        "cover hide occlusion pixels look at important stroke",
        "The strokes that set it apart. Show the answer to see: without a red pixel, it is less probable.",
    ),
    "pixel_over_all": _on("evaluate", "pixel-importance").answers(
        "Which pixel matters most over all digits?",
        "important importance pixels strongest feature all average",
        "Usually one near the middle. Red pixels are needed: covering them costs accuracy.",
    ),
    "how_good": _on("evaluate", "evaluate_accuracy_test").answers(
        "How good is it?",
        "well accuracy score correct correctly right percent reads rate quality result reliable",
        "The page counts how many new digits it reads correctly. Guessing gets about one in ten right.",
    ),
    "mixed_up": _on("evaluate", "confusion").answers(
        "Which digits does it mix up?",
        "wrong mistakes errors confuse confusion matrix misread missclassified read as instead of good 0 1 2 3 4 5 6 7 "
        "8 9",
        "Those that look alike. Each row of the table is a true digit, each column an answer; everything off the "
        "diagonal is a mix-up.",
    ),
    "worst_mistakes": _on("evaluate", "evaluate_mistakes").answers(
        "What are its worst mistakes?",
        "wrong errors sure confident fail failure worse",
        "Those where it was most confident and still wrong. They come first here.",
    ),
    "every_digit": _on("evaluate", "evaluate_mistakes").answers(
        "Why does it not get every digit right?",
        "accuracy 100% 100 reach perfect all correct mistakes wrong sometimes",
        "Some are written so badly that people would hesitate, too, and it has not seen every way to write a digit.",
    ),
    "hardest": _on("evaluate", "evaluate_hardest").answers(
        "Which digits are the hardest?",
        "difficult hard ambiguous unclear never learned",
        "Those that a network learns last or never. Some of them are hard for people, too.",
    ),
    "when_learned": _on("evaluate", "evaluate_learnt").answers(
        "When did it learn each digit?",
        "first time order early late forget forgot learnt",
        "Clear digits early, unusual ones late or never. Each mark shows from which batch on a digit stays correct.",
    ),
    "trust": _on("evaluate", "evaluate_reliability").answers(
        "Can I trust it when it is sure?",
        "confident confidence certain probability percent calibration believe honest",
        "Not blindly: it can be sure and wrong. The picture compares how sure it was with how often it was right.",
    ),
    "one_pixel": _on_step("break", "one_pixel", "one_pixel").answers(
        "Can one pixel fool it?",
        "trick hack attack adversarial change break dot",
        "Yes, if two answers are close. Press a pixel and try. To you, the digit still looks the same.",
    ),
    "little_ink": _on_step("break", "a_little_ink", "little_ink").answers(
        "How little ink is enough to fool it?",
        "trick hack attack adversarial noise invisible small change",
        "Very little, if every pixel changes so that the loss rises. Move the slider until the answer changes.",
    ),
    "not_a_digit": _on_step("break", "not_a_digit", "not_a_digit", **{KIND: "letters"}).answers(
        "What does it make of a letter or a scribble?",
        "noise nonsense not a digit unknown alphabet letters read rotated turned upside down shifted",
        "It names a digit all the same: there is no eleventh answer for “none of these”. It can even be quite sure.",
    ),
    "neuron_off": _on_step("break", "fewer_neurons", "neurons_off").answers(
        "What happens if I switch a neuron off?",
        "remove delete kill silence without turn damage brain neurone nueron",
        "Usually not much: others do similar work. Some matter more. Pick one to silence it and watch the accuracy.",
    ),
    "cut_weights": _on_step("break", "smaller_weights", "cut_weights").answers(
        "Does it need all its weights?",
        "remove cut prune pruning smaller fewer connections edges compress wieghts",
        "No. Small weights hardly change any sum, so many can be cut before the accuracy falls.",
    ),
    "shuffled_pixels": _on_step("break", "changed_data", "shock").answers(
        "Does it know which pixels are neighbours?",
        "shuffle scramble mix random labels shape next to neighbors",
        "No: to it, pixels are just numbers. Shuffle them, in all digits alike, and guess how well it learns then.",
    ),
    "neuron": _on_step("neuron", "cell_and_model", "perceptron").answers(
        "What is a neuron?",
        "cell brain perceptron unit nerve neurone nueron",
        "A tiny calculator: it multiplies each input by a weight, adds everything up and passes on one number. Its "
        "model is the nerve cell.",
    ),
    "how_it_learns": _on("train", "train", "net-living").answers(
        "How does it learn?",
        "learning machine ai artificial intelligence work train start network",
        "It guesses, measures how wrong the guess was, and changes each weight a little so that it would have been "
        "less wrong; thousands of times. Press Train and watch.",
    ),
    "brain": _on_step("neuron", "cell_and_model", "perceptron").answers(
        "Does it think like a brain?",
        "cell nerve human think alive conscious intelligent ai chatgpt brian",
        "No. Its neurons are modelled on nerve cells, but they only multiply, add and bend the sum, and it knows "
        "nothing but digits.",
    ),
    "activation": _on_step("neuron", "sum_and_activation", "activation").answers(
        "What is an activation function for?",
        "relu sigmoid tanh bend nonlinear activasion",
        "It bends the sum. Without it, many layers could do no more than a single one.",
    ),
    "one_neuron_learns": _on_step("neuron", "by_the_rule", "plane").answers(
        "How does one neuron learn from its mistakes?",
        "perceptron rule update correct line and or xor",
        "After each mistake, it moves its weights a little, and the line between the two answers moves with them.",
    ),
    "network": _on_step("network", "diagram", "diagram").answers(
        "What does the network look like?",
        "diagram layers edges connections structure neural net picture",
        "Layers: the pixels go in, each neuron gets all numbers of the layer before it, and ten answers come out.",
    ),
    "same_network": _on_step("network", "same_network", "same-network").answers(
        "Is it the same network when I press New weights?",
        "random seed again different start initial reset repeat result each time",
        "No. It reads about as many digits correctly, but its neurons have learned to look for other things.",
    ),
    "data_source": _on_step("data", "pictures_and_numbers", "digit_numbers").answers(
        "Where do the digits come from?",
        "mnist data set who wrote people writers handwriting source 8x8 size bigger resolution",
        "People wrote them on paper. Scanned and scaled down, each became 64 numbers, like these.",
    ),
    "sees": _on_step("data", "pictures_and_numbers", "digit_numbers").answers(
        "What does the computer see?",
        "picture pictures image pixels numbers input grey gray 8 16 64",
        "Not a picture but numbers: one for the ink in each pixel.",
    ),
    "average_digit": _on_step("data", "at_a_glance", "mean_digits").answers(
        "What does an average digit look like?",
        "mean typical all together blurred avrage",
        "Blurred: where people write a digit differently, its mean image is grey.",
    ),
    "batch": _on_step("data", "batch", "batch").answers(
        "What is a batch?",
        "group portion part mini batches matrix bach",
        "A set of training digits on which the network takes one or more steps. Here each row is one digit.",
    ),
    "sees_all": _on_step("data", "seen_or_not", "data_guess_box").answers(
        "Does it see all the digits while it trains?",
        "never seen unseen epoch how many examples data set difference training test",
        "Each batch draws some of the training digits: the more batches, the fewer are left out. Guess how many it "
        "never sees.",
    ),
    "forward": _on_step("forward", "on_its_way", "forward_flow").answers(
        "How does it get from pixels to an answer?",
        "forward pass calculate compute multiply matrix work",
        "Layer by layer: each neuron multiplies, adds up and passes its result on, until ten scores become ten "
        "probabilities. Press Play.",
    ),
    "multiplications": _on_step("forward", "multiplications", "multiplications").answers(
        "How many multiplications is one guess?",
        "calculator count operations times sums expensive multiply calculations weights parameters",
        "One for each weight. The page counts them for this network.",
    ),
    "softmax": _on_step("forward", "probabilities", "two_lines").answers(
        "Where do the percentages come from?",
        "softmax probability probabilities percent exp exponential logits",
        "From softmax: e is raised to the power of each of the ten scores, and each result is divided by their total.",
    ),
    "loss": _on_step("loss", "one_number", "loss_guess").answers(
        "What is the loss?",
        "error cost mistake measure number penalty los",
        "One number for how wrong an answer is: 0 is perfect. Training makes it smaller.",
    ),
    "which_loss": _on_step("loss", "which_reacts", "loss_guess_first_box").answers(
        "Squared error or cross-entropy?",
        "loss function mse log better difference entropie",
        "Both are 0 for a perfect answer. Guess which one reacts more to a confident mistake, then compare the curves.",
    ),
    "knows_what_to_change": _on_step("backpropagation", "blame", "backpropagation_flow").answers(
        "How does it know what to change?",
        "backpropagation backprop chain rule derivative blame backpropogation",
        "Backpropagation traces the blame for a mistake back to every weight. Weights with more blame change more.",
    ),
    "gradient": _on_step("backpropagation", "gradient_of_a_weight", "backpropagation_gradient").answers(
        "What is a gradient?",
        "slope derivative direction steep delta nabla gradiant",
        "For every weight, how fast the loss grows if that weight grows. Training goes the opposite way.",
    ),
    "gradient_check": _on_step("backpropagation", "by_differences", "backpropagation_check").answers(
        "Is the calculated gradient correct?",
        "check test finite difference numerical proof verify right gradiant",
        "You can test it: move a weight a little, see how much the loss changes, and compare.",
    ),
    "step_length": _on_step("gradient_descent", "learning_rate", "descent_picture").answers(
        "How long should a step be?",
        "learning rate size large small fast slow gradient descent valley",
        "Long enough to get ahead, short enough not to jump out of the valley. Try four lengths here.",
    ),
    "too_fast": _preset("too_fast", "losses").answers(
        "What happens if the learning rate is too large?",
        "fast big high steps explode diverge wrong learnig",
        "Each step jumps too far, and with ReLU many neurons die, so it can only guess. Press Train and watch.",
    ),
    "too_slow": _preset("too_slow", "losses").answers(
        "What happens if the learning rate is too small?",
        "slow low tiny steps takes long never learn network learnig",
        "It learns in the right direction, but hardly moves: the loss stays nearly the same. Press Train and watch.",
    ),
    "start_at_zero": _preset("zeros", "losses").answers(
        "Why do the weights not start at zero?",
        "random initial initialization zeros symmetry begin wieghts",
        "Neurons that start alike stay alike. Here, even every gradient is zero, so nothing changes. Press Train and "
        "watch.",
    ),
    "nan": _preset("diverging", "losses").answers(
        "Why do the numbers overflow?",
        "nan infinite diverge explode broken error inf not a number",
        "Each step overshoots more than the last, until the numbers are too large to store. Press Train and watch.",
    ),
    "one_hidden_neuron": _preset("one_neuron", "net-living").answers(
        "Is one hidden neuron enough?",
        "few single small tiny how many neurons need smallest nueron",
        "No: it can only line all digits up on one axis, so most of them are misclassified. Press Train and watch.",
    ),
    "forever": _in_training(_FOREVER, TrainingData(), "course").answers(
        "What happens if I train for ever?",
        "forever long endless infinite steps never stop longer more overfit minutes time",
        "It learns its training digits by heart. Their loss keeps falling, but that of the test digits rises again. "
        "Press Train and watch both.",
    ),
    "wrong_labels": _in_training(PRESETS["adam"].hyperparameters, TrainingData(wrong_labels=0.2), "course").answers(
        "What if some labels are wrong?",
        "false noise mistakes data memorize by heart learn bad lables",
        "It still learns from the many right ones, but reads fewer new digits correctly. Press Train and watch.",
    ),
    "overfitting": _on("train", "overfitting-gap", "train").answers(
        "Is it overfitting?",
        "overfit memorize by heart generalize gap train test cheat overfiting",
        "Look at the gap that appears after the first batch: if it reads its training digits much better than new "
        "ones, it has learned some by heart.",
    ),
    "dead_neuron": _on("train", "dead-neurons", "train").answers(
        "What is a dead neuron, and have I got one?",
        "relu zero silent never active unused died nueron",
        "A neuron that outputs 0 for every digit, so it no longer learns. As soon as your network trains, the page "
        "counts them.",
    ),
    "wobble": _on("train", "chance-band").answers(
        "Why does the test curve wobble?",
        "noisy jump zigzag chance random fluctuate up and down shaky wiggle",
        "Each batch is a small sample and pulls the weights its own way. Inside the band, a difference may be chance.",
    ),
    "happening": _on("train", "what-is-happening").answers(
        "What is happening right now?",
        "during training now explain sentence doing",
        "This sentence says it, and it changes while the network trains.",
    ),
    "living": _on("train", "net-living").answers(
        "Can I watch a digit run through the network?",
        "living see inside live think brain animation",
        "Yes: this picture shows one digit and what each neuron passes on. Press Train, and it changes every batch.",
    ),
    "change_while_training": _on("train", "branch").answers(
        "Can I change a setting while it trains?",
        "branch what if go back time earlier undo rewind slider",
        "Yes: go back to any point of a run, change a setting and continue from there as a new run. Press Train first.",
    ),
    "pause": _on("train", "buttons").answers(
        "Can I pause and continue later?",
        "stop interrupt resume go on wait cancel break tomorrow race sweep experiment training run",
        "Yes: press Pause, and later Resume or Continue. My runs keeps runs, races and sweeps while you are away.",
    ),
    "duration": _on("train", "tools").answers(
        "How long does training take?",
        "minutes seconds duration time wait left fast slow speed quick need",
        "It depends on the settings and the speed. While it trains, the page says how much time is left.",
    ),
    "take_home": _on("train", "downloads_box").answers(
        "Can I take my network home?",
        "download save export file python pytorch onnx notebook keep csv excel json table numbers curves results",
        "Yes: its weights, its curves as CSV, and a program that runs without this page. Train one first.",
    ),
    "code": _on("train", "code").answers(
        "What does the code look like?",
        "python program source numpy programming script",
        "Short: this program trains your network with your settings.",
    ),
    "looks_for": _on("weights", "neuron_pictures").answers(
        "What does each neuron look for?",
        "hidden pictures weights pattern feature detect nueron",
        "A pattern of ink: ink on red excites the neuron, ink on blue calms it.",
    ),
    "colours": _on("weights", "neuron_pictures").answers(
        "What do red and blue mean?",
        "colour colours color colors positive negative sign meaning",
        "Ink on red excites a neuron, ink on blue calms it. The paler the colour, the less the pixel counts.",
    ),
    "what_changed": _on("weights", "matrix_1").answers(
        "What has changed in it after training?",
        "weights before after difference learned w1 w2 wieghts",
        "Its weights, and its biases if it has any; nothing else. Move the slider to compare them before and after.",
    ),
    "borders": _on_step("geometry", "borders", "geometry_borders").answers(
        "Where are the borders between the digits?",
        "decision boundary boundaries region halfway between",
        "Where two digits are equally likely. Drag the point across a border and watch the answer change.",
    ),
    "landscape": _on_step("geometry", "the_landscape", "landscape").answers(
        "What does the loss landscape look like?",
        "mountain valley hill surface 3d lowest point minimum",
        "Like hills and valleys: the height is the loss, and the line is the path that training took.",
    ),
    "neuron_order": _on_step("geometry", "order_of_neurons", "neurons_shuffled", "neurons_in_order").answers(
        "Does the order of the neurons matter?",
        "shuffle swap permutation same network compare two nueron",
        "No: in another order, they give the same answers. But to compare two networks, match their neurons first.",
    ),
    "alike": _on("projections", "panel_6").answers(
        "Which digits look alike to it?",
        "similar map neighbours near clusters groups tsne umap pca",
        "Those that lie close together: their pixels are similar. Below are maps of what the network makes of them.",
    ),
    "one_map": _on("map", "map_large").answers(
        "Where is my digit on the map?",
        "star position neighbour tsne umap zoom nearest",
        "Each point is a digit. Your own digit is a star, near the digits most like it.",
    ),
    "film": _on("film", "film").answers(
        "How does its view of the digits change while it learns?",
        "film animation movie hidden layer time video",
        "At first many digits overlap; while it learns, those with the same label come together. Play it.",
    ),
    "in_class": _on("start", "plan_steps").answers(
        "What can I show a class in 45 minutes?",
        "lesson plan lessons teacher teach teaching school pupils students classroom lecture course",
        "Six pages, each with its minutes and a task for everybody: this plan leads to them.",
    ),
    "my_runs": _on("runs", "run_tree").answers(
        "Where are the networks that I trained before?",
        "runs trainings earlier saved history find compare list old results delete network mine see own again",
        "Here. Open one, compare several, or delete some.",
    ),
    "compare_runs": _on("runs", "run_tree").answers(
        "How do I compare two runs?",
        "comparison compair trainings networks versus difference side by side",
        "Select them in this list and press Compare. A single run can be compared with the example.",
    ),
    "how_long": _on("runs", "run_tree").answers(
        "How long are my runs kept?",
        "keep stay saved save tomorrow lost expire days delete",
        "Until you, or whoever runs this server, deletes them. This browser remembers which are yours, so copy the "
        "link of a run that you want to find again.",
    ),
    "other_device": _on("runs", "run_tree").answers(
        "Can I open my run on another device?",
        "phone computer tablet send share friend class link qr home",
        "Yes, if it reaches this server: choose More and Link next to the run. There you watch it, and a copy of it is "
        "yours to train on.",
    ),
    "who_sees": _on("runs", "run_tree").answers(
        "Who can see my runs and drawings?",
        "private privacy data secret public others personal safe",
        "Only you, until you share the link of a run. Drawings it was trained on stay yours unless you share them.",
    ),
    "words": _on("glossary", "glossary_search").answers(
        "What does this word mean?",
        "glossary dictionary term definition vocabulary chinese",
        "Type it into the search: each term is explained in a sentence.",
    ),
    "frame": _on("start", "frame_choices").answers(
        "How do I switch the language, the level or dark mode?",
        "english chinese school university theme light black background print page paper full screen fullscreen",
        "Language and level are at the top of every page; the menu next to them has light, dark and Print. For the "
        "full screen, use the menu of your browser.",
    ),
    "experiments": _on("sweep", "sweep_results").answers(
        "What are a race and a sweep?",
        "experiment experiments try many settings values grid search",
        "A race trains networks that differ in one setting; a sweep tries settings together, with several seeds.",
    ),
    "digit_order": _on("race", "race_curves", ready="orders").answers(
        "Does the order of the digits matter?",
        "sequence shuffle same digits another sorted run seed",
        "A little: from the same weights, another order gives a slightly different network. That is chance. Press "
        "Start to see how much.",
    ),
    "sgd_or_adam": _on("race", "race_curves", ready="optimizers").answers(
        "SGD or Adam?",
        "optimizer optimiser optimizers which best momentum gradient descent better compare",
        "It depends on the learning rate, because each works best with a different one. Press Start to compare three "
        "optimizers at the same rate.",
    ),
    "engines": _on("race", "race_curves", ready="engines").answers(
        "Do NumPy and torch give the same result?",
        "pytorch engine compiled result difference equal numba nmupy",
        "Yes, up to rounding: they take the same steps and differ in how long these take. Press Start to compare.",
    ),
    "three_batches": _on("race", "race_curves", ready="batches").answers(
        "How large should a batch be?",
        "full batch mini single stochastic sgd sample batches bach noisy fast",
        "More digits make a better step, but a slower one. Guess which of three batch sizes is the fastest, then press "
        "Start.",
    ),
    "notebook_gradient": _on("race", "race_curves", ready="gradients").answers(
        "Is the notebook's gradient worse than the exact one?",
        "error wrong factor two exact compare gradiant",
        "It belongs to a different loss. Guess which of the two is faster, then press Start.",
    ),
    "best_rate": _on("race", "race_curves", ready="rates").answers(
        "Which learning rate is best?",
        "fast slow compare step size find optimal learnig",
        "Steps must be long enough to make progress, and short enough not to overshoot. Press Start to compare three.",
    ),
    "luck": _on("sweep", "sweep_results", ready="seeds").answers(
        "Is 93.9% luck?",
        "chance random seed accuracy repeat again interval 93.9%",
        "Train with other seeds and see how much the accuracy differs by chance alone. Press Start.",
    ),
    "larger": _on("sweep", "sweep_results", ready="learning_rate_and_neurons").answers(
        "What happens if I make it larger?",
        "bigger more neurons how many need add layers deeper wider size double nuerons",
        "With more neurons it reads more digits, up to a point; the learning rate must fit too. Press Start to see.",
    ),
    "deeper": _on("sweep", "sweep_results", ready="depth").answers(
        "Are more layers better?",
        "deep depth hidden many stack number of layers add layer",
        "More layers can learn more, but are harder to train. Guess, then press Start.",
    ),
    "batch_size": _on("sweep", "sweep_results", ready="batch_size").answers(
        "Are many small batches better than a few large ones?",
        "batch size mini full bach compare",
        "Small batches give more steps for the same number of digits. Guess whether that helps, then press Start.",
    ),
    "weight_decay": _on("sweep", "sweep_results", ready="overfitting").answers(
        "What is weight decay for?",
        "regularization regularisation l2 penalty smaller overfitting",
        "It pulls every weight towards 0, so the network does not learn wrong labels by heart. Press Start to compare.",
    ),
    "by_heart": _on("sweep", "sweep_results", ready="grokking").answers(
        "Can it still learn something when it knows everything by heart?",
        "grokking late suddenly memorize after long generalize groking",
        "Its training digits teach it nothing new, but its weights still change. Guess what happens, then press Start.",
    ),
}
"""All questions, by id. The order is that of the list."""
