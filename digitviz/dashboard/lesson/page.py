"""What the pages of the lesson share: their order, the box for a guess, and numbers in formulas."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components import spotlight
from digitviz.dashboard.session import current_run
from digitviz.lesson.dot_product import DotProduct
from digitviz.training.snapshot import RunState, Snapshot

PAGES = Path(__file__).parents[3] / "pages"

QUESTIONS = {
    "neuron": "What does one neuron do?",
    "network": "What is a network?",
    "data": "What does the network see?",
    "forward": "How does a digit become a guess?",
    "loss": "How wrong is it?",
    "backpropagation": "Who is to blame?",
    "gradient_descent": "How should it step?",
}
"""The lesson, in its order, page by page; training comes after it."""

IN_TRAIN = {
    "neuron": ("what each neuron looks for", "neurons"),
    "network": ("before and after, the weights", "weights"),
    "data": ("the batch size", "batch_size"),
    "forward": ("twelve test digits and their guesses", "guesses"),
    "loss": ("the loss curve of every batch", "losses"),
    "backpropagation": ("Step, and what it changes", "step"),
    "gradient_descent": ("the learning rate", "learning_rate"),
}
"""Where in Train each page's subject shows: in words, and one of `spotlight.PLACES`."""


def next_links(page: str) -> None:
    """End a page: one link to the next page of the lesson, one to the place in Train where it shows."""
    order = list(QUESTIONS)
    following = [name for name in order[order.index(page) + 1 :] if (PAGES / f"{name}.py").exists()]
    st.divider()
    with st.container(horizontal=True, gap="large", key="next_links"):
        if following:
            st.page_link(
                f"pages/{following[0]}.py", label=f"Next: {QUESTIONS[following[0]]}", icon=":material/arrow_forward:"
            )
        in_train = "In Train" if following else "Next, in Train"
        words, place = IN_TRAIN[page]
        st.page_link(
            "pages/train.py", label=f"{in_train}: {words}", icon=":material/play_arrow:",
            query_params={spotlight.PARAMETER: place},
        )  # fmt: skip


def predict_first(
    key: str, question: str, choices: Sequence[str] | tuple[float, float, float], reveal: Callable[[Any], str]
) -> bool:
    """Show a box where the reader commits to a guess before the answer shows.

    Parameters
    ----------
    key : str
    question : str
    choices : sequence of str, or (low, high, step) of float
        Words to choose one of, or the range of a slider.
    reveal : callable
        From the guess to what is then shown.

    Returns
    -------
    bool
        Whether the reader has committed.
    """
    committed = f"{key}_committed"
    done = committed in st.session_state

    def commit() -> None:
        if (chosen := st.session_state.get(key)) is not None:  # gone when the click comes after the page was left
            st.session_state[committed] = chosen

    with st.container(border=True, key=f"{key}_box"):
        st.markdown(f"**Predict first.** {question}")
        if isinstance(choices[0], str):
            st.pills(
                question, choices, key=key, label_visibility="collapsed", on_change=commit, disabled=done,
                persist_state="session",
            )  # fmt: skip
        else:
            low, high, step = (float(end) for end in choices)
            st.slider(
                question, low, high, step=step, format="%g", key=key, label_visibility="collapsed", disabled=done,
                persist_state="session",
            )  # fmt: skip
            st.button("This is my guess", key=f"{key}_commit", on_click=commit, disabled=done)
        if done:
            guess = st.session_state[committed]
            st.markdown(f"You said {guess if isinstance(guess, str) else f'{guess:,g}'}. {reveal(guess)}")
    return done


def whole_number(label: str, low: int, high: int, key: str, **layout: Any) -> int:
    """Show a field for a whole number, which stays in its range when that changes or the field is emptied."""
    held = st.session_state.get(key)
    st.session_state[key] = low if held is None else min(max(held, low), high)
    return int(st.number_input(label, low, high, key=key, persist_state="session", **layout))


def tex(value: float, digits: int = 4) -> str:
    r"""Write a number for a formula: -1.5 in brackets, 1e-06 as 1 \cdot 10^{-6}, infinity as its sign."""
    if not np.isfinite(value):
        return r"\text{nan}" if np.isnan(value) else r"\infty" if value > 0 else r"(-\infty)"
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return f"({text})" if text.startswith("-") else text


def bare(value: float, digits: int = 4) -> str:
    """Write a number for the end of a formula: as `tex`, without brackets."""
    return tex(value, digits).removeprefix("(").removesuffix(")")


def in_color(formula: str, color: str) -> str:
    """Write a part of a formula in the colour, "#rrggbb", that its subject has in a picture."""
    return rf"\textcolor{{{color}}}{{{formula}}}"


def times(value: float, weight: float) -> str:
    """Write what enters a neuron times its weight, in the colours that both have wherever a neuron is drawn."""
    return rf"{in_color(tex(value), figures.RECEIVES)} \times {in_color(tex(weight), figures.PASSES)}"


NARROW = 24
"""Characters of a sum that fit in one line on a phone."""


def sum_of(letter: str, terms: Sequence[str], total: str) -> str:
    """Write a sum for `st.latex`: in one line if a phone holds it, else a line for each term.

    Parameters
    ----------
    letter : str
        Its name, in LaTeX.
    terms : sequence of str
    total : str
    """
    one_line = f"{letter} = {' + '.join(terms)} = {total}"
    seen = re.sub(r"\\textcolor\{#\w+\}|[{}\s]", "", one_line)
    if len(seen.replace(r"\times", "x").replace(r"\cdot", "x")) <= NARROW:
        return one_line
    lines = r" \\ &+ ".join(terms)
    return rf"\begin{{aligned}} {letter} =\; & {lines} \\ =\; & {{{total}}} \end{{aligned}}"


def spelled_out(dot: DotProduct, total: str, most: int = 4) -> str:
    """Write a sum of products for `st.latex`: the largest `most`, then how many more.

    Parameters
    ----------
    dot : DotProduct
    total : str
        The letters of the sum, in LaTeX.
    most : int
    """
    lines = [times(dot.values[place], dot.weights[place]) for place in dot.order[:most]]
    if len(dot.products) > most:
        lines.append(rf"{tex(dot.rest(most))} \ \text{{({len(dot.products) - most} more)}}")
    if dot.bias is not None:
        lines.append(rf"{tex(dot.bias)}\ \text{{(bias)}}")
    return sum_of(in_color(total, figures.ADDS), lines, in_color(bare(dot.total), figures.ADDS))


def all_products(dot: DotProduct, source: str) -> str:
    """Write every product of a sum as plain text, the largest first: "pixel 21: 16 × -0.041 = -0.657".

    Parameters
    ----------
    dot : DotProduct
    source : str
        What the values come from: "neuron" or "pixel".
    """
    lines = [
        f"{source} {place:>3}: {dot.values[place]:>9.4g} × {dot.weights[place]:>10.4g} = {dot.products[place]:>10.4g}"
        for place in dot.order
    ]
    if dot.bias is not None:
        lines.append(f"bias: {dot.bias:.4g}")
    return "\n".join([*lines, f"sum: {dot.total:.6g}"])


def remarks(sums: list[np.ndarray], weights: list[np.ndarray]) -> None:
    """Explain sums that are too large for a computer, and weights that are all zero."""
    with st.container(key="remarks"):  # always there, so that the pictures below are not built anew
        if not all(np.isfinite(array).all() for array in sums):
            st.warning(
                "The weights are so large that some sums are beyond the largest number a computer holds: they are "
                "infinite or not a number (nan), and so are the shares. Train with a smaller learning rate."
            )
        elif not any(weight.any() for weight in weights):
            st.info("Every weight is zero: all sums are zero, and each digit gets the same share.")


def snapshot() -> Snapshot:
    """Return the network of this session's run as it is now, and say whose weights these are."""
    now = current_run.job().run.snapshot
    if now.step == 0:
        st.caption(
            ":material/info: Fresh weights, drawn by chance: nothing is trained yet. Train, come back, look again."
        )
    else:
        st.caption(
            f":material/info: The weights are those of your run after {now.step:,} steps: "
            f"it reads {now.test_accuracy:.1%} of the test digits."
        )
    if now.state == RunState.DIVERGED:
        st.caption("The run blew up; these are its last good weights.")
    return now
