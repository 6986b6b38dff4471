"""Building blocks of the lesson: pages and steps as data, and widgets that several pages share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.components.predict_first import predict_first
from digitviz.dashboard.lesson.formulas import written
from digitviz.dashboard.session import example
from digitviz.dashboard.session.frame_choices import is_plain
from digitviz.dashboard.session.steps import Step, SteppedPage
from digitviz.language import Lazy, gettext as _, joined
from digitviz.lesson.dot_product import DotProduct
from digitviz.numbers import numeral
from digitviz.training.run import TrainingRun
from digitviz.training.setup import batch_rows

T = TypeVar("T")
MAX_ROWS = 100
"""Maximum number of rows of a batch drawn at once."""


@dataclass(frozen=True, kw_only=True)
class LessonPage(SteppedPage):
    """A page of the lesson.

    Parameters
    ----------
    in_train : Lazy
        Description of the part of Train that shows the subject.
    place : str
        Key of that part in `spotlight.PLACES`.
    shared : callable
        Called once per rerun, before the page is shown. Returns the values that all steps share, and the controls that
        the first step to use them shows.
    of_run : tuple of Step
        Steps whose numbers are those of the visitor's network, or of the example.
    needs_run : bool
        False if it shows nothing of a run, its settings or its digits.
    """

    in_train: Lazy
    place: str
    shared: Callable[[], Any]
    of_run: tuple[Step, ...] = ()
    needs_run: bool = True


def notebook_remark(text: str) -> None:
    """Show a button that opens a Markdown remark on an inaccuracy in the notebook."""
    with st.popover(_("The notebook"), icon=":material/menu_book:", help=_("Where the notebook is imprecise")):
        st.markdown(text)


def whole_number(label: str, low: int, high: int, key: str, default: int | None = None, **layout: Any) -> int:
    """Show a field for a whole number. The number stays in range if the range changes or the field is empty."""
    held = st.session_state.get(key, default)
    st.session_state[key] = low if held is None else min(max(held, low), high)
    return int(st.number_input(label, low, high, key=key, persist_state="session", **layout))


def slider(label: str, low: float, high: float, key: str, **layout: Any) -> Any:
    """Show a slider; its value lasts as long as the session."""
    return st.slider(label, low, high, key=key, persist_state="session", **layout)


def select_slider(label: str, options: Mapping[T, str], key: str, **layout: Any) -> T:
    """Show a slider with titled options; the choice lasts as long as the session."""
    layout |= {"format_func": options.__getitem__, "persist_state": "session"}
    return st.select_slider(label, list(options), key=key, **layout)


def verdict(is_right: bool, answer: str) -> str:
    """Say whether the guess was right, then the answer."""
    return joined([_("That is right.") if is_right else _("That is not right."), answer])


def guess_of_sum(of: str, layer: int, number: int, is_output: bool, dot: DotProduct, passed_on: float) -> bool:
    """Ask whether the sum of products is positive, once per network, digit (`of`) and neuron. True after a guess."""
    key = f"sum_guess_{example.shown()[0].serial}_{of}_{layer}_{number}"
    of_neuron = _("Do the products of neuron {number} add up to more than 0?")
    asked = _("Do the products of output {number} add up to more than 0?") if is_output else of_neuron
    asked = _("Do the pushes up outweigh the pushes down?") if is_plain() else asked
    asks = asked.format(number=number), {"yes": _("yes"), "no": _("no")}
    products = dot.rest(0)
    told = "{products}" if dot.bias is None else _("{products} ({sum} with the bias)")
    told = told.format(products=written(products, 3), sum=written(dot.total, 3))
    words = _("They add up to {sum}.") if is_output else _("They add up to {sum}, and the neuron passes on {value}.")
    answer = words.format(sum=told, value=written(passed_on, 3))
    return predict_first(key, *asks, lambda guess: verdict((guess == "yes") == (products > 0), answer))


class PickedRow:
    """A batch of the run and one of its rows. Shows their fields, with the keys `PREFIX_batch` and `PREFIX_row`.

    Attributes
    ----------
    rows : ndarray of int
        Indices of the training digits in the batch, at most `MAX_ROWS`.
    row : int
        Index of the picked row in `rows`.
    digits : DigitDataset
        The digits of `rows`.
    """

    def __init__(self, run: TrainingRun, prefix: str) -> None:
        settings, self._row_key = run.hyperparameters, f"{prefix}_row"
        with st.container(horizontal=True):
            self.row = whole_number(_("Another digit"), 1, min(settings.batch_size, MAX_ROWS), self._row_key) - 1
            with st.popover(_("More digits") if is_plain() else _("Another batch"), width="content"):
                number = whole_number(_("Batch"), 1, settings.batches, f"{prefix}_batch")
                rows = batch_rows(settings, len(run.train), number - 1)
                if len(rows) > MAX_ROWS:
                    st.caption(_("The first {shown} of {rows} rows.").format(shown=MAX_ROWS, rows=numeral(len(rows))))
        self.rows = rows[:MAX_ROWS]
        self.digits = run.train[self.rows]

    def picture(self, key: str, height: int) -> None:
        """Show the digit of the picked row."""
        images, labels = self.digits.images[[self.row]], self.digits.labels[[self.row]]
        plot(key, *figures.digit_grid.of(images, labels, columns=1), height)

    def pick(self, key: str) -> None:
        """Pick the row that was clicked in a figure of the batch."""
        if (click := clicked(key)) is not None:
            st.session_state[self._row_key] = round(click["y"])


def table(*rows: Sequence[str], first: str = "---", others: str = "---:") -> str:
    """Return a Markdown table from the header and the rows; `first` and `others` set the alignment of the columns."""
    head, *body = (f"| {' | '.join(cells)} |" for cells in rows)
    return "\n".join([head, f"|{'|'.join([first, *[others] * (len(rows[0]) - 1)])}|", *body])


def remarks(pre_activations: list[np.ndarray], weights: list[np.ndarray], key: str = "remarks") -> None:
    """Explain pre-activations that overflow, and weights that are all zero."""
    with st.container(key=key):  # always present, so that the figures below are not rebuilt
        if not all(np.isfinite(array).all() for array in pre_activations):
            words = _(
                "The weights are so large that some pre-activations are beyond the largest number a computer can "
                "hold: they are infinite or not a number (nan), and so are the probabilities. Train with a smaller "
                "learning rate."
            )
            st.warning(words)
        elif not any(weight.any() for weight in weights):
            st.info(_("Every weight is zero, so the pixels count for nothing: every picture gets the same answer."))


def step_settings(key: str = "step_settings") -> st.delta_generator.DeltaGenerator:
    """Return a row for the fields of the shown step.

    In a wide window, it is to the right of the heading, so that the picture has all the height. `key` begins with
    "step_settings", and is different for two rows of one page.
    """
    return st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key=key)
