"""A descent on the surface of two weights: its start and its steps, by sliders, presets and clicks on the map."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property, partial
from itertools import cycle

import numpy as np
import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.lesson.numbers import decimals_for, fixed
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.steps import WHOLE
from digitviz.figures import descent
from digitviz.figures.descent import REACH
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.lesson.batch_kinds import BatchKind
from digitviz.lesson.surface import BATCHES, PIXELS, STEPS, Path, Surface, Verdict, descend, two_pixel_surface

W1, W2, RATE, MOMENTUM = "descent_w1", "descent_w2", "descent_rate", "descent_momentum"
STARTS = {W1: 2.0, W2: -1.0, RATE: 1.1, MOMENTUM: 0.0}
RANGES = {RATE: (0.01, 4.0), MOMENTUM: (0.0, 0.98), W1: REACH, W2: REACH}
LABELS = {
    RATE: lazy_gettext("Learning rate η"),
    MOMENTUM: lazy_gettext("Momentum β"),
    W1: lazy_gettext("Start w1"),
    W2: lazy_gettext("Start w2"),
}
HELP = {
    MOMENTUM: lazy_gettext(
        "Momentum β keeps part of the last step: it evens out the zigzag and rolls on along the valley."
    )
}
PRESETS = {Verdict.TOO_SMALL: 0.02, Verdict.RIGHT: 0.5, Verdict.ZIGZAG: 0.95, Verdict.DIVERGING: 1.03}
"""As fractions of the largest learning rate at which a descent without momentum converges."""
TITLES = {
    Verdict.TOO_SMALL: lazy_gettext("Too small"),
    Verdict.RIGHT: lazy_gettext("Right"),
    Verdict.ZIGZAG: lazy_gettext("Zigzag"),
    Verdict.DIVERGING: lazy_gettext("Diverging"),
}
VERDICTS = {
    Verdict.TOO_SMALL: lazy_gettext(
        "The full batch: **too small**. Every step goes the right way, but hardly moves. It has not arrived yet."
    ),
    Verdict.RIGHT: lazy_gettext(
        "The full batch: **right**. It goes straight down the steep side, then along the valley to the lowest point."
    ),
    Verdict.ZIGZAG: lazy_gettext(
        "The full batch: **zigzag**. Each step jumps across the valley to the other side, and moves along it only "
        "slowly."
    ),
    Verdict.DIVERGING: lazy_gettext(
        "The full batch: **diverging**. Each step lands higher up the other side than it started. It never comes back."
    ),
}
VIEWS = {"from above": lazy_gettext("from above"), "as a landscape": lazy_gettext("as a landscape")}
HEIGHT = 400


class Descent:
    """The descent that this run of the page shows; what it shows of itself, it shows once."""

    def __init__(self) -> None:
        train = current_run.job().run.train
        self.surface: Surface = two_pixel_surface(train)
        for key, (low, high) in RANGES.items():  # its slider may not be on this page, to put it right
            if not low <= st.session_state.get(key, np.nan) <= high:
                st.session_state[key] = STARTS[key]
        self.start = st.session_state[W1], st.session_state[W2]
        self.rate, self.momentum = st.session_state[RATE], st.session_state[MOMENTUM]
        self._fingerprint = (train.id, self.start, self.rate, self.momentum)
        self._shown: set[str] = set()

    @cached_property
    def paths(self) -> list[Path]:
        """One for each kind of batch, the full batch first."""
        return [descend(self.surface, self.start, self.rate, self.momentum, kind) for kind in BATCHES]

    def _first_time(self, name: str) -> bool:
        known = name in self._shown
        self._shown.add(name)
        return not known

    def beside_the_picture(self) -> AbstractContextManager[object]:
        """Show the surface with the paths, unless it is on the page already, and return the place for what is said."""
        if not self._first_time("picture"):
            return st.container()
        picture, words = st.columns([3, 2], gap="medium")
        with picture:
            self._picture()
        return words

    def _picture(self) -> None:
        with st.sidebar:
            shown = choice(_("View"), list(VIEWS), key="descent_shown", format_func=lambda view: str(VIEWS[view]))
            st.caption(
                _(
                    "One linear neuron with two weights: from pixels {first} and {second} it tells a 1 from a 0. It "
                    "learns from {digits} of your run's training digits. A mini-batch here is {some} digits."
                ).format(**self._about())
            )
            st.latex(r"\footnotesize E = \frac{1}{2n} \sum (t - w_1 x_1 - w_2 x_2)^2")
        with st.container(key="descent_picture"):
            if shown == "from above":
                contours = partial(descent.contours, self.surface, self.paths)
                plot("descent_contours", self._fingerprint, contours, height=HEIGHT, on_click=take_click, main=True)
            else:
                landscape = partial(descent.surface_3d, self.surface, self.paths)
                plot("descent_landscape", self._fingerprint, landscape, height=HEIGHT, main=True)

    def _about(self) -> dict[str, object]:
        first, second = (pixel + 1 for pixel in PIXELS)
        return {"first": first, "second": second, "digits": len(self.surface.x), "some": BATCHES[BatchKind.MINI]}

    def sliders(self, *keys: str) -> None:
        """Show the sliders with these keys, or on the page that shows everything all of them, each once."""
        wanted = [key for key in RANGES if key in keys or st.session_state.get(WHOLE)]
        if wanted := [key for key in wanted if self._first_time(key)]:
            for column, key in zip(cycle(st.columns(min(len(wanted), 2))), wanted, strict=False):
                help_text = str(HELP[key]) if key in HELP else None
                label, reach = str(LABELS[key]), RANGES[key]
                column.slider(label, *reach, step=0.01, key=key, persist_state="session", help=help_text)

    def presets(self) -> None:
        """Show a button for each kind of learning rate."""
        with st.container(horizontal=True, gap="xsmall"):
            for verdict, fraction in PRESETS.items():
                key = f"descent_{verdict.name.lower()}"
                st.button(str(TITLES[verdict]), key=key, on_click=self._preset, args=(fraction,))

    def _preset(self, fraction: float) -> None:
        st.session_state[RATE] = round(fraction * self.surface.largest_rate(), 2)
        st.session_state[MOMENTUM] = 0.0

    def table(self) -> None:
        """Show the loss at the start and at the end of each path."""
        decimals = max(decimals_for(float(path.losses[0]), 3) for path in self.paths)
        start, end = _("start"), _("after {steps} steps").format(steps=STEPS)
        rows = [
            f"| {path.name.words} | {fixed(float(path.losses[0]), decimals)} | {_end(path, decimals)} |"
            for path in self.paths
        ]
        st.markdown("\n".join([f"| E | {start} | {end} |", "|---|---:|---:|", *rows]))


def _end(path: Path, decimals: int) -> str:
    steps = len(path.losses) - 1
    if steps < STEPS:
        return _("left in {steps} steps").format(steps=steps)
    return fixed(float(path.losses[-1]), decimals)


def take_click() -> None:
    """Start where the contours were clicked."""
    click = clicked("descent_contours")
    if click is not None:
        for key, place in ((W1, click["x"]), (W2, click["y"])):
            st.session_state[key] = float(np.clip(round(place, 2), *REACH))
