"""Gradient descent: the length of the steps, and the digits in each of them."""

from contextlib import AbstractContextManager
from functools import cached_property, partial
from typing import Any

import numpy as np
import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.components.plot import clicked, plot
from digitviz.dashboard.lesson.formulas import bare, decimals_for, fixed, show_lines, tex, written
from digitviz.dashboard.lesson.page import LessonPage, slider, step_settings, table
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.frame_choices import is_plain, maths
from digitviz.dashboard.session.steps import WHOLE, maths_step, step
from digitviz.figures import descent
from digitviz.figures.descent import ACROSS, UP
from digitviz.language import gettext as _, lazy_gettext, ngettext
from digitviz.lesson.batch import BatchKind, mean_digits
from digitviz.lesson.surface import BATCHES, JUMPS, STEPS, WALL, Path, Verdict, descend, two_pixel_surface

W1, W2, RATE, MOMENTUM = "descent_w1", "descent_w2", "descent_rate", "descent_momentum"
BEGUN, TRIED = "descent_begun", "descent_tried"
"""Keys in the session state. The first exists once the visitor has changed something; until then, the ball rests. The
second holds the verdict on each preset that was tried."""
SLIDERS = {
    RATE: ((0.01, 4.0), lazy_gettext("Learning rate: how long a step is")),
    MOMENTUM: ((0.0, 0.98), lazy_gettext("Momentum")),
    W1: (ACROSS, lazy_gettext("Starting weight {letter}")),
    W2: (UP, lazy_gettext("Starting weight {letter}")),
}
"""Range and label of each slider."""
HELP = lazy_gettext("Momentum keeps part of the last step: it evens out the zigzag and carries on along the valley.")
PRESETS = {Verdict.TOO_SMALL: 0.07, Verdict.RIGHT: 0.4, Verdict.ZIGZAG: 0.9, Verdict.DIVERGING: 1.1}
"""Fractions of the largest learning rate that converges without momentum."""
STEP_LENGTHS = {
    Verdict.TOO_SMALL: lazy_gettext("tiny"),
    Verdict.RIGHT: lazy_gettext("medium"),
    Verdict.ZIGZAG: lazy_gettext("long"),
    Verdict.DIVERGING: lazy_gettext("very long"),
}
"""Names of the presets, which do not give away their effects."""
VERDICTS = {
    Verdict.TOO_SMALL: lazy_gettext("**Too small**. The steps go the right way, but hardly move."),
    Verdict.RIGHT: lazy_gettext("**Good**. It reaches the lowest point."),
    Verdict.ZIGZAG: lazy_gettext("**Zigzag**. Each step jumps across the valley, less far every time."),
    Verdict.DIVERGING: lazy_gettext("**Too large**. The jumps across the valley grow: the path diverges."),
}
VIEWS = {"from above": lazy_gettext("In 2D"), "as a landscape": lazy_gettext("In 3D")}


class Descent:
    """The descent on the loss surface of two weights. The first step that uses a part shows it.

    Attributes
    ----------
    surface : Surface
    start : (float, float)
    rate, momentum : float
    """

    def __init__(self) -> None:
        self._train = train = current_run.job().run.train
        self.surface = two_pixel_surface(train)
        state, largest = st.session_state, self.surface.largest_rate()
        self.rates = {verdict: round(fraction * largest, 2) for verdict, fraction in PRESETS.items()}
        self.begun = BEGUN in state or bool(state.get(WHOLE))
        for key, value in {RATE: self.rates[Verdict.RIGHT], MOMENTUM: 0.0, W1: 2.0, W2: 0.0}.items():
            state.setdefault(key, value)
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

    def beside_the_picture(self, paths: int = 1) -> AbstractContextManager[object]:
        """Show the surface with the first paths, unless the page already shows it. Return the container for the rest.

        If all steps are on one page, it shows all paths.
        """
        chosen = self.paths[: None if st.session_state.get(WHOLE) else paths]
        if not self._first_time("picture"):
            return st.container()
        with step_settings():
            with st.popover(_("The two weights")):
                about = _("One neuron tells a 0 from a 1 by the two framed pixels. It learns from {digits} digits.")
                build = partial(descent.two_pixels.plain, mean_digits(self._train)[:2], is_plain())
                plot("descent_pixels", (self._train.id, is_plain()), build, 116)
                st.markdown(about.format(digits=len(self.surface.x)))
                if not st.session_state.get(WHOLE):  # there, all sliders are together
                    self.sliders(W1, W2)
            shown = choice(_("View"), VIEWS, key="descent_shown")
        picture, words = st.columns([2, 1], gap="medium")
        shows = *self._fingerprint, len(chosen), is_plain()
        with picture:
            is_map = shown == "from above"
            draws = partial(
                (descent.contours if is_map else descent.surface_3d).plain, self.surface, chosen, is_plain()
            )
            key = "descent_contours" if is_map else "descent_landscape"
            plot(key, shows, draws, 430, take_click if is_map else None, main=True)
        return words

    def valley(self) -> Path | None:
        """Show the valley. Return the path of the ball, without momentum, or None before the visitor has begun."""
        start = tuple((self.surface.lowest - WALL * self.surface.across).tolist())
        path = descend(self.surface, start, self.rate, steps=JUMPS)
        steps = {str(name): self.rates[verdict] for verdict, name in STEP_LENGTHS.items()}
        build = partial(descent.valley.plain, self.surface, path, steps, self.begun, is_plain())
        shows = self._train.id, self.rate, self.begun, is_plain()
        plot("descent_valley", shows, build, 430, self.take_step, main=True)
        return path if self.begun else None

    def take_step(self) -> None:
        """Take the step that was clicked in the valley."""
        if (click := clicked("descent_valley")) is not None and click.get("customdata") in range(len(self.rates)):
            self.preset([*self.rates.values()][int(click["customdata"])])

    def sliders(self, *keys: str) -> None:
        """Show the sliders with these keys, each once. If all steps are on one page, show all sliders."""
        begin = partial(st.session_state.update, {BEGUN: True})
        for key, (reach, label) in SLIDERS.items():
            if (key in keys or st.session_state.get(WHOLE)) and self._first_time(key):
                words = label.format(letter=descent.LETTERS[is_plain()][key == W2])
                about, then = str(HELP) * (key == MOMENTUM), begin if key == RATE else None
                slider(words, *reach, key, step=0.01, help=about, on_change=then)

    def preset(self, rate: float) -> None:
        """Set the learning rate, and turn momentum off."""
        st.session_state.update({RATE: rate, MOMENTUM: 0.0, BEGUN: True})


def take_click() -> None:
    """Start at the clicked point of the contours."""
    if (click := clicked("descent_contours")) is not None:
        for key, place, reach in ((W1, click["x"], ACROSS), (W2, click["y"], UP)):
            st.session_state[key] = float(np.clip(round(place, 2), *reach))


@step(
    title="How long should a step be?",
    task="**Choose** a step of [gradient descent](#term-gradient_descent): the ball takes eight of them.",
    in_school="**Choose** a jump: the ball jumps eight times like this.",
    question="A long step jumps over the bottom, and yet the ball arrives. Why?",
    solution="It lands lower on the other side. There, the ground is a little flatter, so the next step is a little "
    "shorter.",
)
def learning_rate(descent: Descent) -> None:
    """Show what steps of different lengths do in a valley."""
    with st.container(key="descent_picture", gap="small"):
        path = descent.valley()
        tried = st.session_state.setdefault(TRIED, {})
        if path is not None:
            tried[descent.rate] = path.verdict
        with st.container(horizontal=True, gap="xsmall", key="descent_presets"):
            for verdict, rate in descent.rates.items():
                look: dict[str, Any] = {"type": "primary" if path and rate == descent.rate else "secondary"}
                look |= {"on_click": descent.preset, "args": (rate,), "width": "stretch"}
                told = str(VERDICTS[tried[rate]]).split("**")[1] if rate in tried else ""
                name = f"**{STEP_LENGTHS[verdict]}**" + f" :small[{told}]" * bool(told)
                st.button(name, key=f"descent_{verdict.name.lower()}", **look)
        about = _("The higher the ground, the worse a neuron tells 0 from 1. Flatter ground shortens the next steps.")
        st.markdown(about if path is None else str(VERDICTS[path.verdict]))


@maths_step(
    title="When does it zigzag, when does it diverge?",
    task="Find the [learning rate](#term-learning_rate) at which the factor across the valley is 0. What does the path "
    "do there, and beyond it?",
    question="A momentum of 0.5 lets you take longer steps. How much longer can they be?",
    solution="1.5 times as long: the limit grows with 1 plus the momentum. The velocity averages over the zigzag: "
    "steps that point back and forth cancel, while those along the valley add up.",
)
def limits(descent: Descent) -> None:
    """Show the formulas that decide whether a path arrives, zigzags or diverges."""
    with descent.beside_the_picture():
        descent.sliders(RATE, MOMENTUM)
        curvatures, largest = descent.surface.curvatures, descent.surface.largest_rate(descent.momentum)
        along, across = (written(1 - descent.rate * curvature, 3) for curvature in curvatures)
        words = _(
            "Without momentum, a step multiplies the distance across the valley by **{across}** (below 0 it changes "
            "sides, below −1 it diverges), along it by **{along}**. At this momentum, rates below **{largest}** arrive."
        )
        st.markdown(words.format(across=across, along=along, largest=written(largest, 3)))
        with maths():
            rate, momentum, curvature = (bare(value, 3) for value in (descent.rate, descent.momentum, curvatures[1]))
            factor = bare(1 - descent.rate * curvatures[1], 3)
            fraction = rf"\frac{{2\,(1 + {momentum})}}{{{curvature}}}"
            show_lines(
                r"E &= \frac{1}{2n} \sum (t - w_1 x_1 - w_2 x_2)^2",
                rf"1 - \eta\,\lambda &= 1 - {rate} \cdot {curvature} = {factor}",
                rf"\eta &= \frac{{2\,(1 + \beta)}}{{\lambda}} = {fraction} = {bare(largest, 3)}",
            )


@step(
    title="How many digits should a step look at?",
    task="Each path uses [batches](#term-batch) of a different size. **Compare** in the table where they end. Then "
    "**move** the slider: do shorter steps change the order?",
    question="Why does the path of single samples never come to rest near the lowest point?",
    solution="The fewer digits a gradient uses, the noisier it is. At the lowest point the mean gradient is 0, but "
    "that of a single digit is not. The path comes to rest only if its steps become ever shorter.",
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
        about = _(
            "A mini-batch here has {some} digits. M. Nielsen's book (ch. 1) trains with mini-batches and calls this "
            "stochastic gradient descent whatever the batch size; R. Guthrie's PyTorch tutorial trains on one instance "
            "at a time."
        )
        label, query = _("Race three batch sizes"), {"ready": "batches"}
        st.page_link("pages/race.py", label=label, icon=":material/arrow_forward:", query_params=query)
        with maths():
            start, moved = descent.paths[0].points[:2]
            gradient, rate = descent.surface.gradient(start), bare(descent.rate)
            with st.expander(_("First step of the full batch, starting from rest (v = 0)")):
                st.latex(r"v \leftarrow \beta\,v + \nabla w, \qquad w \leftarrow w - \eta\,v")
                for place in range(2):
                    before, slope = tex(descent.start[place]), tex(gradient[place], 3)
                    name, after = f"w_{place + 1}", bare(moved[place])
                    show_lines(rf"{name} &\leftarrow {before} - {rate} \cdot {slope}", f"&= {after}")
                st.caption(about.format(some=BATCHES[BatchKind.MINI]))


def _end(path: Path, decimals: int) -> str:
    low, high = np.transpose((ACROSS, UP))
    inside = np.all((path.points >= low) & (path.points <= high), axis=1)
    if inside[-1]:
        return fixed(float(path.losses[-1]), decimals)
    steps = int(np.flatnonzero(inside)[-1]) + 1
    return ngettext("left the map after {steps} step", "left the map after {steps} steps", steps).format(steps=steps)


PAGE = LessonPage(
    title=lazy_gettext("Gradient descent"),
    icon="trending_down",
    question=lazy_gettext("What makes a good step?"),
    minutes=20,
    in_train=lazy_gettext("the learning rate"),
    place="learning_rate",
    words=("gradient_descent", "learning_rate", "batch"),
    shared=Descent,
    steps=(learning_rate, limits, batches),
)
