"""Gradient descent: the length of the steps, the digits in each of them, and a race of three batch sizes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property, partial
from itertools import cycle
from typing import Any

import numpy as np
import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.lesson.formulas import decimals_for, fixed, in_brackets, show_lines, tex_of, written
from digitviz.dashboard.lesson.page import LessonPage, slider, step_settings, table
from digitviz.dashboard.lesson.race import Race
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.level import maths
from digitviz.dashboard.session.steps import WHOLE, step
from digitviz.figures import descent
from digitviz.figures.descent import ACROSS, UP
from digitviz.language import gettext as _
from digitviz.language import joined, lazy_gettext, ngettext
from digitviz.lesson.batch import BatchKind, mean_digits
from digitviz.lesson.surface import BATCHES, STEPS, Path, Verdict, descend, two_pixel_surface

W1, W2, RATE, MOMENTUM = "descent_w1", "descent_w2", "descent_rate", "descent_momentum"
BEGUN = "descent_begun"
"""Key in the session state that is there once the visitor has changed something. Until then, the ball rests."""
SLIDERS = {
    RATE: (0.93, (0.01, 4.0), lazy_gettext("Learning rate: how long a step is")),
    MOMENTUM: (0.0, (0.0, 0.98), lazy_gettext("Momentum")),
    W1: (2.0, ACROSS, lazy_gettext("Starting weight w1")),
    W2: (-1.0, UP, lazy_gettext("Starting weight w2")),
}
"""Initial value, range and label of each slider."""
HELP = lazy_gettext(
    "Momentum keeps part of the last step: it evens out the zigzag and carries the path along the valley."
)
PRESETS = {Verdict.TOO_SMALL: 0.02, Verdict.RIGHT: 0.4, Verdict.ZIGZAG: 0.95, Verdict.DIVERGING: 1.03}
"""Fractions of the largest learning rate that converges without momentum."""
STEP_LENGTHS = lazy_gettext("tiny"), lazy_gettext("medium"), lazy_gettext("long"), lazy_gettext("too long?")
"""Names of the presets, which do not tell their effects."""
VERDICTS = {
    Verdict.TOO_SMALL: lazy_gettext(
        "**Too small**. Every step goes the right way but barely moves. The path has not arrived yet."
    ),
    Verdict.RIGHT: lazy_gettext(
        "**Steady**. The path goes down the steep side first, then along the valley to the lowest point. Longer steps "
        "may get there sooner, until they jump too far across."
    ),
    Verdict.ZIGZAG: lazy_gettext(
        "**Zigzag**. The path jumps from side to side of the valley. The jumps get shorter, so it will arrive, perhaps "
        "even sooner than with shorter steps: long steps are also quick along the valley."
    ),
    Verdict.DIVERGING: lazy_gettext(
        "**Diverging**. The jumps from side to side of the valley grow, even while the path still goes down along it. "
        "It never comes to rest."
    ),
}
VIEWS = {"from above": lazy_gettext("From above"), "as a landscape": lazy_gettext("In 3D")}


class Descent:
    """The descent on the loss surface of two weights, and the race. The first step that uses a part shows it.

    Attributes
    ----------
    surface : Surface
    start : (float, float)
    rate, momentum : float
    race : Race
    """

    def __init__(self) -> None:
        self._train = train = current_run.job().run.train
        self.surface, self.race = two_pixel_surface(train), Race()
        state, largest = st.session_state, self.surface.largest_rate()
        self.rates = {verdict: round(fraction * largest, 2) for verdict, fraction in PRESETS.items()}
        self.begun = BEGUN in state or bool(state.get(WHOLE))
        if BEGUN not in state:
            state[RATE] = self.rates[Verdict.RIGHT]
        for key, (start, (low, high), _label) in SLIDERS.items():  # only visible sliders correct themselves
            if not low <= state.get(key, np.nan) <= high:
                state[key] = start
        self.start, self.rate, self.momentum = (state[W1], state[W2]), state[RATE], state[MOMENTUM]
        self._fingerprint = (train.id, self.start, self.rate, self.momentum)
        self._shown: set[str] = set()

    @cached_property
    def paths(self) -> list[Path]:
        """Paths, one per kind of batch, the full batch first."""
        return [descend(self.surface, self.start, self.rate, self.momentum, kind) for kind in BATCHES]

    def _first_time(self, name: str) -> bool:
        known = name in self._shown
        self._shown.add(name)
        return not known

    def beside_the_picture(self, paths: int = 1, begun: bool = True) -> AbstractContextManager[object]:
        """Show the surface with the first paths, unless the page already shows it. Return the container for the rest.

        If all steps are on one page, it shows all paths.
        """
        chosen = self.paths[: None if st.session_state.get(WHOLE) else paths]
        if not self._first_time("picture"):
            return st.container()
        with step_settings(None):
            shown = choice(_("View"), VIEWS, key="descent_shown")
        picture, words = st.columns([3, 2], gap="medium")
        with picture, st.container(key="descent_picture"):
            if shown == "from above":
                contours = partial(descent.contours.plain, self.surface, chosen, begun)
                plot("descent_contours", (*self._fingerprint, len(chosen), begun), contours, 430, take_click, main=True)
            else:
                seen = chosen if begun else []
                landscape = partial(descent.surface_3d, self.surface, seen)
                plot("descent_landscape", (*self._fingerprint, len(seen)), landscape, 430, main=True)
        return words

    def sliders(self, *keys: str) -> None:
        """Show the sliders with these keys, each once. If all steps are on one page, show all sliders."""
        wanted = [key for key in SLIDERS if key in keys or st.session_state.get(WHOLE)]
        begin = partial(st.session_state.update, {BEGUN: True})
        if wanted := [key for key in wanted if self._first_time(key)]:
            for column, key in zip(cycle(st.columns(min(len(wanted), 2))), wanted, strict=False):
                _start, reach, label = SLIDERS[key]
                with column:
                    slider(
                        str(label), *reach, key, step=0.01, help=str(HELP) if key == MOMENTUM else None, on_change=begin
                    )

    def origin(self) -> None:
        """Say what the surface is."""
        about = _(
            "One neuron tells a 0 from a 1 by the two framed pixels, each with its weight. It learns from {digits} "
            "digits."
        )
        picture, words = st.columns(2, vertical_alignment="center")
        with picture:
            build = partial(descent.two_pixels.plain, mean_digits(self._train)[:2])
            plot("descent_pixels", self._train.id, build, 140)
        words.markdown(about.format(digits=len(self.surface.x)))

    def preset(self, rate: float) -> None:
        """Set the learning rate, and turn momentum off."""
        st.session_state.update({RATE: rate, MOMENTUM: 0.0, BEGUN: True})


def take_click() -> None:
    """Start at the clicked point of the contours."""
    if (click := clicked("descent_contours")) is not None:
        st.session_state[BEGUN] = True
        for key, place, reach in ((W1, click["x"], ACROSS), (W2, click["y"], UP)):
            st.session_state[key] = float(np.clip(round(place, 2), *reach))


@step(
    title=lazy_gettext("How long should a step be?"),
    task=lazy_gettext(
        "A valley from above: a place is a pair of weights, its height their loss. **Predict** where "
        "[gradient descent](#term-gradient_descent) takes the ball, then press a button, or **select** another start."
    ),
    question=lazy_gettext("The learning rate is small enough, yet the path jumps from side to side. Why?"),
    solution=lazy_gettext(
        "The valley is steep across and flat along. A step that is right for the flat direction is too long for the "
        "steep one: it lands on the other side, and the next step brings it back."
    ),
)
def learning_rate(descent: Descent) -> None:
    """Show how the learning rate changes a path."""
    with descent.beside_the_picture(begun=descent.begun):
        here = descent.paths[0].verdict if descent.begun else None
        with st.container(horizontal=True, gap="xsmall", key="descent_presets"):
            for (verdict, rate), name in zip(descent.rates.items(), STEP_LENGTHS, strict=True):
                look: dict[str, Any] = {"type": "primary" if descent.begun and rate == descent.rate else "secondary"}
                look |= {"on_click": descent.preset, "args": (rate,), "width": "stretch"}
                st.button(f"**{name}** :small[{fixed(rate, 2)}]", key=f"descent_{verdict.name.lower()}", **look)
        if here is None:
            st.markdown(_("**Press** one: where does the ball land?"))
        else:
            arrived = _("95% of the way down is done after **{steps}** steps.")
            steps = None if here is Verdict.DIVERGING else descent.paths[0].arrives_after
            st.markdown(joined([VERDICTS[here], *[arrived.format(steps=steps)] * (steps is not None)]))
        descent.sliders(RATE)
        descent.origin()
        if not st.session_state.get(WHOLE):  # there, all sliders are above
            with st.expander(_("Starting weights")):
                descent.sliders(W1, W2)


@step(
    title=lazy_gettext("When does it zigzag, when does it diverge?"),
    task=lazy_gettext(
        "Find the [learning rate](#term-learning_rate) at which the factor across the valley is 0. What does the path "
        "do there, and beyond it?"
    ),
    question=lazy_gettext("A momentum of 0.5 lets you take longer steps. How much longer can they be?"),
    solution=lazy_gettext(
        "1.5 times as long: the limit is 2 (1 + β) / λ. The velocity averages over the zigzag: steps that point back "
        "and forth cancel, while those along the valley add up."
    ),
)
def limits(descent: Descent) -> None:
    """Show the formulas that decide whether a path arrives, zigzags or diverges."""
    with descent.beside_the_picture():
        descent.sliders(RATE, MOMENTUM)
        curvatures, largest = descent.surface.curvatures, descent.surface.largest_rate(descent.momentum)
        along, across = (written(1 - descent.rate * curvature, 3) for curvature in curvatures)
        words = _(
            "Without momentum, each step multiplies the distance across the valley by **{across}**, and the distance "
            "along it by **{along}**. Below 0, the path changes sides; below −1, it diverges. With the momentum chosen "
            "here, the path arrives with learning rates below **{largest}**."
        )
        st.markdown(words.format(across=across, along=along, largest=written(largest, 3)))
        with maths():
            st.latex(r"E = \frac{1}{2n} \sum (t - w_1 x_1 - w_2 x_2)^2")
            rate, momentum, curvature = (tex_of(value, 3) for value in (descent.rate, descent.momentum, curvatures[1]))
            factor = tex_of(1 - descent.rate * curvatures[1], 3)
            st.latex(rf"1 - \eta\,\lambda = 1 - {rate} \cdot {curvature} = {factor}")
            fraction = rf"\frac{{2\,(1 + {momentum})}}{{{curvature}}}"
            st.latex(rf"\eta = \frac{{2\,(1 + \beta)}}{{\lambda}} = {fraction} = {tex_of(largest, 3)}")


@step(
    title=lazy_gettext("How many digits should a step look at?"),
    task=lazy_gettext(
        "Each path uses [batches](#term-batch) of a different size. **Compare** in the table where they end. Then "
        "**move** the slider: does a smaller learning rate change the order?"
    ),
    question=lazy_gettext("Why does the path of single samples never come to rest near the lowest point?"),
    solution=lazy_gettext(
        "The fewer digits a gradient uses, the noisier it is. At the lowest point the mean gradient is 0, but that of "
        "a single digit is not. The path comes to rest only if the learning rate shrinks."
    ),
)
def batches(descent: Descent) -> None:
    """Show how noisy the path is if a gradient uses few digits, and the numbers of the first step."""
    with descent.beside_the_picture(paths=3):
        descent.sliders(RATE)
        decimals = max(decimals_for(float(path.losses[0]), 4) for path in descent.paths)
        rows = [
            [path.name.words, fixed(float(path.losses[0]), decimals), _end(path, decimals)] for path in descent.paths
        ]
        st.markdown(table([_("loss"), _("start"), _("after {steps} steps").format(steps=STEPS)], *rows))
        st.caption(_("A mini-batch here has {some} digits.").format(some=BATCHES[BatchKind.MINI]))
        with maths():
            st.latex(r"v \leftarrow \beta\,v + \nabla w, \qquad w \leftarrow w - \eta\,v")
            start, moved = descent.paths[0].points[:2]
            gradient, rate = descent.surface.gradient(start), tex_of(descent.rate)
            with st.expander(_("First step of the full batch, starting from rest (v = 0)")):
                for place in range(2):
                    before, slope = in_brackets(tex_of(descent.start[place])), in_brackets(tex_of(gradient[place], 3))
                    name, after = f"w_{place + 1}", tex_of(moved[place])
                    show_lines(rf"{name} &\leftarrow {before} - {rate} \cdot {slope}", f"&= {after}")


def _end(path: Path, decimals: int) -> str:
    low, high = np.transpose((ACROSS, UP))
    inside = np.all((path.points >= low) & (path.points <= high), axis=1)
    if inside[-1]:
        return fixed(float(path.losses[-1]), decimals)
    steps = int(np.flatnonzero(inside)[-1]) + 1
    return ngettext("left the map after {steps} step", "left the map after {steps} steps", steps).format(steps=steps)


@step(
    title=lazy_gettext("A race: full batch, mini-batch, single sample"),
    task=lazy_gettext("Guess, then press **Train all three**. They start from the initial weights set in Train."),
    question=lazy_gettext("The full batch knows the exact gradient. Why is it rarely first by the clock?"),
    solution=lazy_gettext(
        "Each of its steps looks at all training digits. A mini-batch gives nearly the same direction for a fraction "
        "of the work, so many more steps fit into the same time."
    ),
)
def run_the_race(descent: Descent) -> None:
    """Let the visitor guess and train, and plot the loss against steps."""
    descent.race.run()


@step(
    title=lazy_gettext("Counted in steps, in digits, in seconds"),
    task=lazy_gettext("**Compare** the curves: which run is first by digits seen, and which by the clock?"),
    question=lazy_gettext(
        "In your race, which run is first by digits seen, and which by the clock? Why can they differ?"
    ),
    solution=lazy_gettext(
        "For the same number of digits, smaller batches take more steps, but these steps also take more time: one step "
        "on 100 digits is quicker than 100 steps on a single digit each, because a computer multiplies many rows at "
        "once more efficiently. Which counts more depends on the network, the learning rate and the computer, so only "
        "a race can tell."
    ),
)
def compare(descent: Descent) -> None:
    """Plot the loss against digits seen and, after a guess, against seconds. Show a table of the results."""
    descent.race.compare()


PAGE = LessonPage(
    title=lazy_gettext("Gradient descent"),
    icon="trending_down",
    question=lazy_gettext("What makes a good step?"),
    minutes=25,
    in_train=lazy_gettext("the learning rate"),
    place="learning_rate",
    words=("gradient_descent", "learning_rate", "batch"),
    shared=Descent,
    steps=(learning_rate, limits, batches, run_the_race, compare),
)
