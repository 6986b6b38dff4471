"""Data: the digits, as pictures and as numbers."""

import numpy as np
import streamlit as st

from digitviz import figures
from digitviz.dashboard.components.plot import plot
from digitviz.dashboard.lesson import data_controls
from digitviz.dashboard.lesson.formulas import tex
from digitviz.dashboard.lesson.order import next_links
from digitviz.dashboard.lesson.page import predict_first
from digitviz.dashboard.session import current_run
from digitviz.lesson.batches import expected_never_seen, mean_digits, never_seen, pixel_use
from digitviz.training.hyperparameters import Hyperparameters

NOTEBOOK = Hyperparameters()
WRITTEN = 100  # batches, by the notebook's text

run = current_run.job().run
digits, of_run = run.dataset, run.dataset.id
st.title("What does the network see?")
st.caption(f"{len(digits):,} handwritten digits, 8 × 8 pixels each. **Click** one.")
rows = data_controls.digits_to_show(digits)
place = data_controls.picked(rows)
grid, numbers = st.columns(2, gap="large")
with grid:
    plot(
        "digit_grid",
        (of_run, *rows.tolist(), place),
        lambda: figures.digit_grid(digits.images[rows], digits.labels[rows], picked=place),
        height=520,
        on_click=data_controls.pick_clicked,
    )
with numbers:
    st.markdown(
        f"**Digit {rows[place]:,}, a {digits.labels[rows[place]]}, as the network sees it: 64 numbers, 0 to 16**"
    )
    plot(
        "digit_numbers",
        (of_run, int(rows[place])),
        lambda: figures.digit_numbers(digits.images[rows[place]]),
        height=480,
    )
    st.caption(
        "Each number counts the inked dots in a block of 4 × 4. The network is not told which pixels are neighbours."
    )

means, use = st.columns(2, gap="large")
with means:
    st.markdown("**The mean of each digit**")
    plot("mean_digits", of_run, lambda: figures.digit_grid(mean_digits(digits), np.arange(10)), height=240)
with use:
    st.markdown("**How often each pixel has ink**")
    plot("pixel_use", of_run, lambda: figures.pixel_use(pixel_use(digits)), height=380)

st.subheader("A batch")
trained_on = f"The first **{len(run.train):,}** digits are for training"
if len(run.train) + len(run.test) > len(digits):
    trained_on = f"**{len(run.train):,}** digits, including copies and drawings, are for training"
st.markdown(
    f"{trained_on}, the last **{len(run.test):,}** only for testing. "
    "A batch is a small sample of the training digits. One row per digit; its label is one-hot."
)
matrices, one = st.columns([3, 1], gap="large")
with one:
    batch, row = data_controls.batch_of_run("data")
    shown = run.train[batch]
    plot(
        "batch_digit",
        (of_run, int(batch[row])),
        lambda: figures.digit_grid(shown.images[[row]], shown.labels[[row]], columns=1),
        height=260,
    )
    st.markdown(f"Its row of y:\n\n`{' '.join(f'{value:g}' for value in shown.one_hot[row])}`")
    st.caption(f"It is digit {batch[row]:,} of the training digits.")
with matrices:
    plot(
        "batch",
        (of_run, *batch.tolist(), row),
        lambda: figures.batch_matrices(shown.pixels, shown.one_hot, row),
        height=560,
        on_click=lambda: data_controls.pick_row("data", "batch"),
    )

st.subheader("Does it see them all?")
st.markdown(
    f"The notebook draws each digit of a batch from all {len(run.train):,} again: some come twice, some not at all."
)
draws = NOTEBOOK.batches * NOTEBOOK.batch_size
expected = expected_never_seen(draws, len(run.train))
if predict_first(
    "data_guess",
    f"{NOTEBOOK.batches} batches of {NOTEBOOK.batch_size}, out of {len(run.train):,} digits: how many are never seen?",
    (0.0, 400.0, 1.0),
    lambda guess: f"On average {expected:.2g}: after {draws:,} draws hardly any are missed.",
):
    controls, curves = st.columns([2, 3], gap="large")
    with controls:
        size = st.slider("Digits per batch", 1, 200, NOTEBOOK.batch_size, key="seen_size", persist_state="session")
        batches = st.slider("Batches", 1, 400, NOTEBOOK.batches, key="seen_batches", persist_state="session")
        counts = {
            sampling: never_seen(Hyperparameters(batch_size=size, batches=batches, sampling=sampling), len(run.train))
            for sampling in ("with_replacement", "shuffled_epochs")
        }
        st.metric("Never seen", f"{counts['with_replacement'][-1]:,} of {len(run.train):,}")
        n, missed = len(run.train), expected_never_seen(size * batches, len(run.train))
        st.latex(r"n \left(1 - \tfrac{1}{n}\right)^{m}")
        st.latex(rf"{n} \left(1 - \tfrac{{1}}{{{n}}}\right)^{{{size * batches}}} = {tex(missed, 3)}")
        st.caption(
            "How many of n digits m draws with replacement miss on average. The number above comes from one actual "
            "draw."
        )
    with curves:
        plot(
            "never_seen",
            (size, batches, n),
            lambda: figures.never_seen_curves(
                counts["with_replacement"], counts["shuffled_epochs"], (WRITTEN, NOTEBOOK.batches)
            ),
            height=380,
        )
        st.caption(
            f"Where the notebook is imprecise: its text says {WRITTEN} batches, its code draws {NOTEBOOK.batches}. "
            f"That matters here: {expected_never_seen(WRITTEN * NOTEBOOK.batch_size, n):.2g} digits missed on average, "
            f"against {expected:.2g}."
        )
next_links("data")
