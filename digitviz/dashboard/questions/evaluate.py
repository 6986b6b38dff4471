"""The page Evaluate: the confusion matrix, confident mistakes, scores, calibration and learning.

A click on a cell of the matrix opens its digits in a dialog. A click on a digit shows it next to the matrix.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components import spotlight
from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.components.term import sentences
from digitviz.dashboard.components.training_slider import answer_sentence
from digitviz.dashboard.questions import address, asked_digit as asking
from digitviz.dashboard.questions.address import DIGIT, SET
from digitviz.dashboard.questions.asked_digit import HANDWRITING, NOTEBOOK, SETS, TEST, TRAINING, code_of, doubt
from digitviz.dashboard.questions.computed import all_computed, computed
from digitviz.dashboard.questions.controls import Remembered, button, clicked_row
from digitviz.dashboard.questions.subject import Answers, answers, learnt, moment_slider, say_whose, traced
from digitviz.dashboard.session import addresses, current_run
from digitviz.dashboard.session.frame_choices import maths
from digitviz.dashboard.session.moment import Moment
from digitviz.datasets import DigitDataset
from digitviz.drawing.prediction import ALIKE
from digitviz.explanations import evaluation
from digitviz.explanations.evaluation import most_confused
from digitviz.explanations.robustness import pixel_importance
from digitviz.figures.picture import Plain, follows
from digitviz.language import gettext as _, joined, listed, ngettext
from digitviz.lesson.batch import clearness
from digitviz.numbers import a_digit, in_percent, numeral

MATRICES = "confusion", "confusion_beside"
"""Keys of the figures."""
CONFUSED, ASKED = (3, 225), (3, 265)
"""Digits of a cell next to its matrix, and those to guess from: their number in a row, and the height of a row."""
MAX_ASKED = 6
"""Number of labels to guess from, those that are misread most often."""
MAX_OPENED, CELL_COLUMNS, ROW_HEIGHT = 40, 8, 105
"""Layout of the digits of a cell in the dialog."""
FEW_OPENED = 4
"""Number of digits whose captions fit in a row on a phone."""
DIGIT_HEIGHT = 230
CHOICE = "evaluate_set"
"""Key of the control for the set of digits."""
CHOSEN = "evaluate_chosen"
"""Key of the `Chosen` digit, if any."""
Cell = tuple[int, int]
"""A cell of a confusion matrix: label and answer."""
OPENED: Remembered[Cell | None] = Remembered("evaluate_opened", None)
"""The cell whose digits the dialog shows, by `Answers.id`."""


class Chosen(NamedTuple):
    """A digit shown next to the matrix: its set and row, and how many clicks chose a digit until now."""

    name: str
    row: int
    clicks: int = 0


@dataclass(frozen=True)
class ShownSet:
    """A set of digits, the network's answers to it, and display options.

    Parameters
    ----------
    asked : Moment
    name : str
        Name of the set in `asked_digit.SETS`.
    given : Answers
    follows : bool
        True if its matrix updates while the slider moves.
    percent : bool
        True for percent of each true digit, False for counts.
    cell : Cell or None
        Cell of the chosen digit, if that is in this set.
    """

    asked: Moment
    name: str
    given: Answers
    follows: bool
    percent: bool
    cell: Cell | None

    @property
    def matrix(self) -> np.ndarray:
        """Counts of each label and answer."""
        return evaluation.confusion_matrix(self.given.digits.labels, self.given.predictions)

    @property
    def frequent(self) -> Cell | None:
        """The cell of the chosen digit, or that of the most frequent mistake."""
        return self.cell or next(((label, answer) for label, answer, _times in most_confused(self.matrix, 1)), None)

    @property
    def misread(self) -> dict[int, int]:
        """Number of mistakes of each label, the most frequent ones first."""
        counts = (self.matrix * ~np.eye(10, dtype=bool)).sum(axis=1)
        return {label: int(counts[label]) for label in np.argsort(-counts, kind="stable").tolist() if counts[label]}

    @property
    def asks(self) -> str | None:
        """Key of the question which label is misread most often, which is asked once. None if labels cannot answer."""
        if len(self.misread) < 2 or doubt(self.asked, self.name) or gives_one_answer(self.given):
            return None
        key = f"evaluate_guess_{self.name}_{next(iter(self.misread))}"
        keys = map(str, st.session_state)
        guesses = {each for each in keys if each.startswith("evaluate_guess_") and each.endswith("_committed")}
        return key if guesses <= {f"{key}_committed"} else None


def view(asked: Moment) -> None:
    """Show the page about a network, below its title."""
    if not asked.has_answers:
        st.info(_("The numbers overflowed, so the network has no answer."))
        return
    sets = asking.digit_sets(asked)
    _take_address(sets)
    first, slider = st.container(key="evaluate_first"), st.container(key="evaluate_slider")
    name, percent, beside = _choices([name for name in SETS if name in sets])
    chosen = _chosen(sets)
    if chosen is not None or spotlight.is_wanted():  # a link to a part of the page
        st.session_state["evaluate_guess_none_committed"] = ""
    usual = name == TEST and (chosen is None or chosen.name == TEST)
    address.write(SET, None if usual else name)
    names = [name, *([HANDWRITING] if beside else [])]
    with slider:
        followed = moment_slider(asked, [sets[name] for name in names if name != TEST])
    run = traced(asked).run
    all_wanted = [*(answers(asked, sets[each]) for each in names), *([] if run is None else [learnt(run)])]
    with first:
        found = all_computed("evaluate", all_wanted, _("The network is reading the digits: {share}"))
    if found is None:
        return
    shown = []
    for each, given in zip(names, found, strict=False):
        follows = asked.run is not None and (each == TEST or sets[each].id in followed)
        cell = given.cell(chosen.row) if chosen is not None and chosen.name == each else None
        shown.append(ShownSet(asked, each, given, follows, percent, cell))
    with first:
        if (key := shown[0].asks) is not None and not _guess(key, shown[0]):
            return
        _matrices(shown, None if chosen is None else partial(_digit, asked, sets[chosen.name], chosen, shown))
    _details(asked, name, shown[0].given)
    _learnt(asked, found[-1])
    _dialog(shown)


def _take_address(sets: Mapping[str, DigitDataset]) -> None:
    """Apply the digit and the set in the address when the page is opened."""
    if addresses.just_opened():
        OPENED.forget()
        _close()

    def take(asked: str) -> str | None:
        name, number = asking.parsed(asked)
        if name not in sets or not 1 <= number <= len(sets[name]):
            return listed(asking.codes(sets))
        st.session_state.update({CHOSEN: Chosen(name, number - 1), CHOICE: name})
        return None

    address.take(DIGIT, _("Digit"), take)
    address.take_choice(SET, _("Digits"), CHOICE, sets)


def _chosen(sets: Mapping[str, DigitDataset]) -> Chosen | None:
    """Return the chosen digit if it still exists, and write it to the address."""
    chosen: Chosen | None = st.session_state.get(CHOSEN)
    if chosen is not None and not (chosen.name in sets and chosen.row < len(sets[chosen.name])):
        _close()
        chosen = None
    address.write(DIGIT, None if chosen is None else code_of(chosen.name, chosen.row))
    return chosen


def _choose(name: str, row: int) -> None:
    """Show a digit next to the matrix, and close the dialog."""
    OPENED.forget()
    before: Chosen | None = st.session_state.get(CHOSEN)
    st.session_state[CHOSEN] = Chosen(name, row, 1 if before is None else before.clicks + 1)


def _close() -> None:
    """Close the digit next to the matrix."""
    st.session_state.pop(CHOSEN, None)


def take_digit(key: str, name: str, rows: np.ndarray) -> None:
    """Choose the digit clicked in a figure of some `rows` of a set."""
    if (place := clicked_row(key, len(rows))) is not None:
        _choose(name, int(rows[place]))


def take_cell(key: str, name: str, given: Answers) -> None:
    """Open the cell clicked in a confusion matrix of a set. The browser's value is untrusted."""
    if (click := clicked(key)) is not None:
        _open(name, given, (round(click["y"]), round(click["x"])))


def _guess(key: str, shown: ShownSet) -> bool:
    """Ask which label is misread most often, and return whether that is known. Until a click, show a digit of each.

    Shown are the clearest misread digits.
    """
    labels, wrong = shown.given.digits.labels, shown.given.predictions != shown.given.digits.labels
    clear, asked = clearness(shown.given.digits), sorted(list(shown.misread)[:MAX_ASKED])
    most = max(shown.misread.values())
    found = {str(label) for label, count in shown.misread.items() if count == most}

    def reveal(guess: str) -> str:
        words = _("Most often, it misreads the {digits}: {count} of its {all} mistakes.")
        if len(found) > 1:
            words = _("Most often, it misreads the {digits}: each has {count} of its {all} mistakes.")
        counts = {"all": numeral(sum(shown.misread.values())), "count": numeral(most)}
        return joined([_("Right!") if guess in found else "", words.format(digits=listed(sorted(found)), **counts)])

    question = _("Which digit does it misread most often? **Press one.**")
    if predict_first(key, question, {str(label): str(label) for label in asked}, reveal, in_picture=True):
        return True
    places = [np.flatnonzero(wrong & (labels == label)) for label in asked]
    rows = np.array([each[clear[each].argmax()] for each in places])
    _guesses("evaluate_faces", shown.given, rows, ASKED, partial(take_guess, key, asked), is_main=True)
    return False


def take_guess(key: str, labels: list[int]) -> None:
    """Take a click on one of the misread digits, which have these labels, as the answer to the question `key`."""
    if (place := clicked_row("evaluate_faces", len(labels))) is not None:
        st.session_state[f"{key}_committed"] = str(labels[place])


def _open(name: str, given: Answers, cell: Cell) -> None:
    """Show the digits of a cell in the dialog, or a single digit next to the matrix."""
    rows = digits_of(given, cell)
    if len(rows) == 1:
        _choose(name, int(rows[0]))
    elif len(rows):
        OPENED.keep(given.id, cell)


def digits_of(given: Answers, cell: Cell) -> np.ndarray:
    """Return the rows of the digits of a cell: the surest mistakes first, or the least sure correct answers."""
    label, answer = cell
    rows = np.flatnonzero((given.digits.labels == label) & (given.predictions == answer))
    sure = given.probabilities[rows].max(axis=1, initial=0.0)
    return rows[np.argsort(sure if answer == label else -sure, kind="stable")]


def gives_one_answer(given: Answers) -> bool:
    """Return whether different digits all got the same answer."""
    return len(np.unique(given.predictions)) == 1 < len(np.unique(given.digits.labels))


def _most_confused_in_words(given: Answers) -> str:
    """Name the most frequent mistake, and how often it happens."""
    matrix = evaluation.confusion_matrix(given.digits.labels, given.predictions)
    mistakes = most_confused(matrix, matrix.size)
    if gives_one_answer(given):
        return _("It gives every digit the same answer: {digit}").format(digit=given.predictions[0])
    if not mistakes:
        return _("It reads all of these digits correctly")
    label, answer, times = mistakes[0]
    words = _("Its most common mistake (framed): {times} of {count} times, it reads {a_label} as {an_answer}")
    counts = {"times": numeral(times), "count": numeral(matrix[label].sum())}
    words = words.format(a_label=a_digit(label), an_answer=a_digit(answer), **counts)
    alike = sum(count == times for _label, _answer, count in mistakes) - 1
    also = ngettext("; {count} other also {times} times", "; {count} others also {times} times", alike)
    return words + also.format(count=alike, times=counts["times"]) if alike else words


def _choices(names: list[str]) -> tuple[str, bool, bool]:
    """Return the set to show, True for percent, and True for handwriting next to it."""
    help = _(
        "Test digits were held out from training. “Other people's handwriting” is 1,000 MNIST digits written by other "
        "people."
    )
    with st.container(horizontal=True, vertical_alignment="center", key="evaluate_settings"):
        titles = {name: SETS[name] for name in names}
        name = choice(_("Digits"), titles, key=CHOICE, wrap=True, label_visibility="collapsed")
        look: dict[str, Any] = {"persist_state": "session", "width": "content"}
        percent = st.toggle(_("Percent of each row"), key="evaluate_percent", **look)
        label = _("Show other people's handwriting next to it")
        beside = st.toggle(label, key="evaluate_beside", disabled=name == HANDWRITING, help=help, **look)
    return name, percent, beside and name != HANDWRITING


def _matrices(sets: list[ShownSet], digit: Callable[[], None] | None) -> None:
    """Show one or two matrices with descriptions, and next to the first the chosen digit, if `digit` shows one."""
    matrices = [partial(_matrix, *each) for each in zip(MATRICES, sets, strict=False)]
    words = [partial(_words, each, not place) for place, each in enumerate(sets)]
    rows: list[list[Callable[[], object]]] = [[*words, *matrices]] if len(sets) == 1 else [[*matrices], [*words]]
    widths = [11, 10] if digit is not None else [10, 11] if len(sets) == 1 else [1, 1]
    if digit is not None:
        rows = [[matrices[0], digit], [*matrices[1:], lambda: [each() for each in words]]]
    for row in rows:
        for place, part in zip(st.columns(widths[: len(row)], gap="large"), row, strict=True):
            with place:
                part()


def _matrix(key: str, shown: ShownSet) -> None:
    given, percent, cell = shown.given, shown.percent, shown.cell
    doubtful, take = bool(doubt(shown.asked, shown.name)), partial(take_cell, key, shown.name, given)

    def build() -> Plain:
        mistakes = None if percent else _first_mistakes(given)
        figure = figures.confusion_matrix.plain(shown.matrix, percent, cell, doubtful, mistakes)
        digits = {} if shown.name == TEST else {"digits": given.digits.id}  # the browser always has the test digits
        return follows(figure, "confusion", percent=percent, **digits) if shown.follows else figure

    mark = given.id, percent, shown.follows, cell
    plot(key, mark, build, height=440, main=key == MATRICES[0], on_click=take)
    if shown.asked.run is not None and not shown.follows:
        words = _(
            "There are too many digits to update while the slider moves. Until you release it, this shows {network}."
        )
        st.caption(words.format(network=shown.asked.title))


def _first_mistakes(given: Answers) -> np.ndarray:
    """Return the ink of the first digit of each cell with mistakes, see `figures.confusion_matrix`. nan elsewhere."""
    pictures, labels = np.full((10, 10, 8, 8), np.nan), given.digits.labels
    wrong = np.flatnonzero(labels != given.predictions)[::-1]  # so the first is the last to be written
    pictures[labels[wrong], given.predictions[wrong]] = given.digits.images[wrong]
    return pictures


def _words(shown: ShownSet, explains: bool) -> None:
    """Show digits of the chosen cell, or of the most frequent mistake, the surest first; and the accuracy."""
    name, given, cell = shown.name, shown.given, shown.frequent
    with st.container(key="evaluate_asked" if explains else "evaluate_asked_beside"):
        if explains:
            st.header(_most_confused_in_words(given))
        if cell is not None:
            rows = np.append(digits_of(given, cell)[: CONFUSED[0]], _clear(given, cell))
            _guesses(key := f"evaluate_confused_{name}", given, rows, CONFUSED, partial(take_digit, key, name, rows))
    with st.container(key=f"evaluate_accuracy_{name}"):
        _accuracy(shown.asked, name, given)
    if explains:
        sentences("confusion_matrix")
        words = _(
            "Blue is correct, orange is wrong. **Select** a cell of the [confusion matrix](#term-confusion_matrix) to "
            "see its digits."
        )
        st.markdown(words)


def _clear(given: Answers, cell: Cell) -> np.ndarray:
    """Return the row of the clearest correctly read digit of each of the two that a mistake confuses."""
    clear, right = clearness(given.digits), given.predictions == given.digits.labels
    rows = [np.flatnonzero(right & (given.digits.labels == digit)) for digit in cell if cell[0] != cell[1]]
    return np.array([each[clear[each].argmax()] for each in rows if len(each)], int)


def _accuracy(asked: Moment, name: str, given: Answers) -> None:
    count, said = len(given.digits), _("**{share}** of the {count} digits are read correctly.")
    said = said.format(share=in_percent(given.correct / max(count, 1)), count=numeral(count))
    known = _("It was trained on some of these digits, so they do not show how well it reads new ones.")
    if name == TRAINING:
        known = _("It was trained on these digits, so they do not show how well it reads new ones.")
    if name == TRAINING or has_learnt_some(asked, given.digits):
        st.markdown(joined([said, known, doubt(asked, name)]))
    else:
        low, high = (in_percent(share, 0) for share in evaluation.wilson_interval(given.correct, count))
        chance = _("On other digits, expect {low} to {high}.").format(low=low, high=high)
        explained = _how_much_that_says(asked, name, low, high)
        st.markdown(joined([said, _("Guessing gets about 10%."), chance]), help=explained)


def has_learnt_some(asked: Moment, digits: DigitDataset) -> bool:
    """Return whether some of the digits were training digits of the network."""
    if digits is asked.test:
        return False
    learnt = {row.tobytes() for row in asked.train.pixels}
    return any(row.tobytes() in learnt for row in digits.pixels)


def _how_much_that_says(asked: Moment, name: str, low: str, high: str) -> str:
    words = _(
        "With so few digits, chance matters: if they are a random sample, the accuracy on all such digits lies between "
        "{low} and {high}, in 95 of 100 cases."
    ).format(low=low, high=high)
    if name == TEST and asked.run is not None and not current_run.learnt_from().has_random_test_digits:
        about = _(
            "But they are not: they are the end of scikit-learn's file, and most of the training digits were written "
            "by other people. After a random split (in Train, under **Settings › More settings**), a network with the "
            "notebook's settings classifies 96% to 98% of its test digits correctly, not 94%."
        )
    else:
        about = _("This interval only covers chance in the sample. It says nothing about digits by other writers.")
    return joined([words, about])


def _dialog(sets: list[ShownSet]) -> None:
    """Show the digits of the opened cell until the visitor closes it, chooses a digit or moves the slider."""
    for shown in sets:
        if (cell := OPENED.of(shown.given.id)) is not None:
            title = _("Is {a_label}, read as {answer}").format(a_label=a_digit(cell[0]), answer=cell[1])
            is_small = len(digits_of(shown.given, cell)) <= FEW_OPENED
            st.dialog(title, width="small" if is_small else "large", on_dismiss=OPENED.forget)(_cell)(shown)
            return
    OPENED.forget()


def _cell(shown: ShownSet) -> None:
    """Show the digits of the opened cell."""
    given, cell = shown.given, OPENED.of(shown.given.id)
    if cell is None:  # the visitor chose a digit, which the page shows
        st.rerun()
    rows = digits_of(given, cell)
    count, rows = len(rows), rows[:MAX_OPENED]
    least, most = _("Least confident answers first. Select one."), _("Most confident answers first. Select one.")
    words = least if cell[0] == cell[1] else most
    st.markdown(joined([ngettext("{count} digit.", "{count} digits.", count).format(count=numeral(count)), words]))
    as_read = _("As read by {network}.").format(network=shown.asked.title)
    st.caption(joined([as_read, doubt(shown.asked, shown.name)]))
    if count > len(rows):
        st.caption(_("Showing the first {shown}.").format(shown=len(rows)))
    columns = len(rows) if len(rows) <= FEW_OPENED else CELL_COLUMNS
    take = partial(take_digit, "evaluate_cell", shown.name, rows)
    _guesses("evaluate_cell", given, rows, (columns, ROW_HEIGHT), take)


def _guesses(
    key: str,
    given: Answers,
    rows: np.ndarray,
    size: tuple[int, int],
    take: Callable[[], None],
    is_main: bool = False,
) -> None:
    """Show some `rows` of a set of digits with their answers. `size`: columns, height of a row."""
    digits, (columns, height) = given.digits[rows], size
    seen = figures.guesses.of(digits.images, digits.labels, given.probabilities[rows], columns, large=is_main)
    plot(key, *seen, height * -(-len(rows) // columns), take, main=is_main)


def _digit(asked: Moment, digits: DigitDataset, chosen: Chosen, sets: list[ShownSet]) -> None:
    """Show the chosen digit with its label, its ten probabilities, and buttons for further actions."""
    pixels, label = digits.pixels[chosen.row], int(digits.labels[chosen.row])
    with np.errstate(all="ignore"):  # the page has a message for networks that overflow
        probabilities = asked.network.predict_proba(pixels[None])[0]
    with st.container(key="evaluate_chosen_digit"):
        with st.container(horizontal=True, vertical_alignment="top", gap="small"):
            st.header(_("{set}: #{number}").format(set=SETS[chosen.name], number=numeral(chosen.row + 1)))
            button(_("Close"), "evaluate_close", _close, "close", type="tertiary")
        answer_sentence("evaluate_told", probabilities, pixels, label, asked.title, chosen.clicks)
        if doubted := doubt(asked, chosen.name):
            st.caption(doubted)
        left, right = st.columns([2, 3], gap="small", vertical_alignment="center")
        with left:
            plot("evaluate_digit", *figures.digit_with_numbers.of(digits.images[chosen.row]), DIGIT_HEIGHT)
        with right:
            mark, bars = (asked.id, pixels.tobytes(), label), partial(_bars, probabilities, pixels, label)
            plot("evaluate_bars", mark, bars, height=DIGIT_HEIGHT)
        with st.container(horizontal=True, gap="small"):
            ask = partial(asking.choose, chosen.name, chosen.row)
            button(_("Why?"), "evaluate_why", ask, "quiz", "pages/why.py", type="primary")
            asking.pad_button("evaluate_pad", pixels)
            for shown in sets:
                if shown.cell is not None and (count := len(digits_of(shown.given, shown.cell))) > 1:
                    words, back = _("All {count} in its cell"), partial(_open, shown.name, shown.given, shown.cell)
                    button(words.format(count=numeral(count)), "evaluate_back", back, "apps")


def _bars(probabilities: np.ndarray, pixels: np.ndarray, label: int) -> Plain:
    """Draw the probabilities of a digit and its label in a figure that follows the slider."""
    figure = figures.probability_bars.plain(probabilities, int(probabilities.argmax()))
    return figures.reading.follow_slider(figure, pixels, label)


FEW = 100
"""With fewer digits, each point of the calibration would average fewer than ten."""
HARDEST = 12


def _details(asked: Moment, name: str, given: Answers) -> None:
    """Show the most confident mistakes, the table of the ten digits, and the calibration."""
    if asked.run is not None:
        words = _("Everything below describes {network}.")
        if asked.has_moments:
            words = _("Everything below describes {network}. It updates when you release the slider.")
        st.caption(words.format(network=asked.title))
    doubted = doubt(asked, name)
    _surest(name, given, doubted)
    _important_pixels(asked, given)
    with maths():
        left, right = st.columns(2, gap="large")
        with left:
            st.header(_("How well is each digit recognized?"))
            st.markdown(table(given))
            about = _(
                "Precision: of all digits read as, say, 7, how many have the label 7. Recall: of all digits with the "
                "label 7, how many are read as 7. F1 is their harmonic mean."
            )
            st.caption(about)
        with right:
            _reliability(given, doubted)


def _surest(name: str, given: Answers, doubted: str) -> None:
    left, right = st.columns([4, 7], gap="large", vertical_alignment="center")
    rows = evaluation.surest_mistakes(given.probabilities, given.digits.labels)
    with left:
        st.header(_("Confident, but wrong"))
        if not len(rows):
            st.markdown(_("No mistakes among these digits."))
            return
        if len(given.digits) > 1 and np.ptp(given.probabilities.max(axis=1)) < ALIKE:
            st.markdown(_("It is equally sure of every answer, so no mistake stands out."))
            return
        words = _("Its most confident mistakes: it is {most} sure of the first. Select one.")
        most = in_percent(given.probabilities[rows[0]].max())
        st.markdown(joined([words.format(most=f"**{most}**"), doubted]))
    with right:
        take = partial(take_digit, "evaluate_mistakes", name, rows)
        _guesses("evaluate_mistakes", given, rows, (6, 100), take)


def _important_pixels(asked: Moment, given: Answers) -> None:
    """Show the accuracy lost without each pixel."""
    digits = given.digits

    measure = partial(pixel_importance, asked.network, digits, asked.train.pixels.mean(axis=0))
    with st.container(key="pixel-importance"):
        words, picture = st.columns([4, 7], gap="large", vertical_alignment="center")
        with words:
            st.header(_("Which pixel matters most?"))
            lost = computed("importance", f"importance {given.id}", measure, _("Covering each pixel: {share}"))
            if lost is None:
                return
            st.markdown(_most_important(lost, asked, len(digits)))
        with picture:
            plot("pixel_importance", given.id, partial(figures.important_pixels.plain, lost), height=320)


def _most_important(lost: np.ndarray, asked: Moment, count: int) -> str:
    """Describe the picture of the accuracy lost without each pixel."""
    (row, column), most = divmod(int(lost.argmax()), 8), round(lost.max() * count)
    words = _(
        "Each pixel in turn gets the same ink in all {count} digits: its mean over the training digits. The colour "
        "shows how the accuracy of {network} changes; red pixels are needed."
    ).format(count=numeral(count), network=asked.title)
    if most <= 0:
        return joined([words, _("No single pixel costs any accuracy.")])
    found = _("The pixel in row {row}, column {column} matters most: without it, {most} more of them are misread.")
    alike = int((np.rint(lost * count) == most).sum()) - 1
    also = ngettext("{count} other matters as much.", "{count} others matter as much.", alike).format(count=alike)
    return joined([words, found.format(row=row + 1, column=column + 1, most=numeral(most)), also if alike else ""])


def _reliability(given: Answers, doubted: str) -> None:
    st.header(_("Does it know when it is wrong?"))
    found = evaluation.calibration(given.probabilities, given.digits.labels)
    if len(found.count):
        words = _(
            "Expected calibration error: **{error}**. On the dotted line, the network is right exactly as often as its "
            "confidence says; below it, it is overconfident."
        )
        each = _("Each point is a tenth of the digits.") if len(found.count) == 10 else ""
        st.markdown(joined([words.format(error=in_percent(found.expected_error)), each]))
        st.markdown(doubted or beside_chance(found))
    else:
        st.markdown(_("The numbers overflowed, so the network has no answer."))
    plot("evaluate_reliability", given.id, lambda: figures.reliability.plain(found), height=380)


def beside_chance(found: evaluation.Calibration) -> str:
    """Compare the error with that of a perfectly calibrated network, and add a verdict."""
    count = int(found.count.sum())
    said = _(
        "On these digits and with the same confidences, even a perfectly calibrated network would show {mean} on "
        "average, and up to {limit} in 95% of all cases."
    ).format(mean=in_percent(found.by_chance), limit=in_percent(found.limit))
    if count < FEW:
        verdict = _("This is too few digits to say anything about its calibration.")
    elif found.expected_error <= found.limit:
        verdict = _("So chance alone could explain this error.")
    else:
        verdict = _("So this error is more than chance: its confidence cannot be trusted.")
    return joined([said, verdict])


def table(given: Answers) -> str:
    """Return precision, recall and F1 of each digit as a Markdown table, with "none" for a division by 0."""
    *scores, support = evaluation.precision_recall_fscore_support(given.digits.labels, given.predictions)
    titles = [_("digit"), _("precision"), _("recall"), _("F1"), _("count")]
    lines = [f"| {' | '.join(titles)} |", "|---|---:|---:|---:|---:|"]
    for digit, count in enumerate(support.tolist()):
        cells = [_("none") if np.isnan(values[digit]) else in_percent(values[digit]) for values in scores]
        lines.append(f"| **{digit}** | {' | '.join(cells)} | {numeral(count)} |")
    return "\n".join(lines)


def _learnt(asked: Moment, found: evaluation.Learnt) -> None:
    """Show when each test digit was learnt by the network or, in its place, the one whose training was recorded."""
    st.header(_("When was each digit learned?"))
    if (run := say_whose(asked, "learnt_ask_yours")) is None:
        return
    if len(found.batches) < 2:
        st.markdown(_("This network has not finished a batch yet. Train it further, then come back."))
        return
    st.markdown(_learnt_in_words(found))
    left, right = st.columns([8, 5], gap="large")
    name = TEST if asked.run is not None else NOTEBOOK
    with left:
        seen = figures.learnt_digits.of(found.since, found.labels, found.half, int(found.batches[-1]))
        take = partial(take_digit, "evaluate_learnt", name, np.arange(len(found.labels)))
        plot("evaluate_learnt", *seen, 540, take)
    with right:
        rows, stops = found.hardest(HARDEST), len(found.batches)
        st.markdown(_("**The hardest digits**, with the share of checkpoints at which each was misclassified:"))
        seen = figures.hardest_digits.of(run.test.images[rows], found.labels[rows], found.wrong[rows], stops, 4)
        take = partial(take_digit, "evaluate_hardest", name, rows)
        plot("evaluate_hardest", *seen, 98 * -(-len(rows) // 4), take)


def _learnt_in_words(found: evaluation.Learnt) -> str:
    """Name the first and the last of the ten digits to be learnt, and count the test digits never learnt."""
    since, half = found.since, found.half
    never = int((since < 0).sum())
    words = _("Still misclassified at the end: {count} of {all} test digits.")
    words = words.format(count=f"**{numeral(never)}**", all=numeral(len(since)))
    learnt = np.flatnonzero(half >= 0)
    if not len(learnt):
        return words
    first, last = (int(learnt[place]) for place in (half[learnt].argmin(), half[learnt].argmax()))
    mark = _("Each mark is a test digit, placed at the batch from which it stays correct to the end.")
    sentence = _(
        "Half of the {first}s are learned by batch {early} (the tall line), half of the {last}s only by batch {late}."
    )
    if len(learnt) == 1:
        sentence = _("Half of the {first}s are learned by batch {early} (the tall line); no other digit gets that far.")
    elif half[first] == half[last]:
        sentence = _("Half of each of these are learned by batch {early} (the tall lines): {all}.")
    ends = {"first": f"**{first}**", "last": f"**{last}**", "all": listed(f"**{digit}**" for digit in learnt.tolist())}
    return joined([mark, sentence.format(early=numeral(half[first]), late=numeral(half[last]), **ends), words])
