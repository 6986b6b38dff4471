"""The form of an experiment: ready-made ones, the settings that change, their values, and the number of seeds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from digitviz.dashboard.runtime.outside import Wrong, WrongAddress, explain
from digitviz.dashboard.runtime.turns import on_click
from digitviz.dashboard.session import addresses, asked_sweep, current_run, example
from digitviz.dashboard.session.asked_sweep import MAX_CHARACTERS, OR, SETTINGS, TOGETHER, AskedSweep, title_of
from digitviz.dashboard.session.open_sweeps import OpenSweep, Page
from digitviz.dashboard.session.run_words import data_in_words
from digitviz.language import Lazy, gettext as _, joined, listed
from digitviz.ranges import Choice, Switch
from digitviz.training.hyperparameters import Hyperparameters, value_in_words
from digitviz.training.presets import ReadySweep, own_settings
from digitviz.training.sweep import SEEDS, Sweep, SweepTable

OWN = "own"
READY = "ready"
"""Parameter of the URL for a ready-made experiment."""
NONE = ""
COMMAS = str.maketrans(dict.fromkeys("，、;；", OR))
"""Other separators of values, such as the commas of a Chinese keyboard."""


@dataclass(frozen=True)
class Kind:
    """The differences between the two pages of experiments.

    Parameters
    ----------
    page : Page
    ready : mapping of str to ReadySweep
    own : Lazy
        Title of the visitor's own settings among the ready-made ones.
    axes : int
        Maximum number of settings that change independently.
    has_seeds : bool
        True if the visitor chooses the number of seeds.
    check : callable
        Raises ValueError, with a sentence, if a sweep does not suit the page.
    question : callable
        Called with a sweep and the ready-made one, if it is one. Returns a question with its answers by codes, or None.
    answer : callable
        Called with the finished table, the ready-made sweep and the guess, if any. Returns what the sweep shows.
    results : callable
        Called with the form's content, its sweep, the open one if it has begun, and the ready-made sweep. Shows the
        results so far.
    table : callable or None
        Returns the HTML of a table for the box with the downloads.
    more : callable or None
        Shows further controls below the settings.
    """

    page: Page
    ready: Mapping[str, ReadySweep]
    own: Lazy
    axes: int
    has_seeds: bool
    check: Callable[[Sweep], None]
    question: Callable[[Sweep, ReadySweep | None], tuple[str, Mapping[str, object]] | None]
    answer: Callable[[SweepTable, ReadySweep | None, str | None], str]
    results: Callable[[AskedSweep, Sweep, OpenSweep | None, ReadySweep | None], None]
    table: Callable[[SweepTable], str] | None = None
    more: Callable[[], None] | None = None

    def key(self, name: str) -> str:
        """Return the key of a widget or value of this page in the session state."""
        return f"{self.page}_{name}"


def take_address(kind: Kind) -> None:
    """Take the experiment from the page's URL when the page opens. Invalid parameters show an error."""
    given, usual = addresses.own_parameters(), asked_sweep.of_ready(next(iter(kind.ready.values())))
    is_given = addresses.just_opened() and not given.keys().isdisjoint(asked_sweep.MARKS)
    if kind.key("base") in st.session_state and not is_given:
        return
    st.session_state.pop(kind.key("address_error"), None)
    set_all(kind, usual)
    try:
        if (ready := kind.ready.get(given.get(READY, ""))) is not None:
            set_all(kind, asked_sweep.of_ready(ready))
        elif READY in given:
            names = _("one of {names}").format(names=listed(kind.ready))
            raise WrongAddress([Wrong(_("Experiment"), names, {READY: given[READY]})])
        else:
            set_all(kind, asked_sweep.read(given, usual))
    except WrongAddress as error:
        st.session_state[kind.key("address_error")] = explain(error, _("It shows a ready-made experiment instead."))


def set_all(kind: Kind, asked: AskedSweep) -> None:
    """Set all controls. Call this before they are shown, or from a callback."""
    state = st.session_state
    state[kind.key("base")], state[kind.key("seeds")] = replace(asked, axes=()), asked.seeds
    state[kind.key(OWN)] = False
    for place in range(kind.axes):
        names, values = asked.axes[place] if place < len(asked.axes) else (NONE, "")
        state[kind.key(f"by_{place + 1}")] = names
        _set_values(kind, place, names, values)


def _set_values(kind: Kind, place: int, names: str, values: str) -> None:
    options = _options(names)
    state, wanted = st.session_state, values.split(OR)
    state[kind.key(f"values_{place + 1}")] = values
    state[kind.key(f"options_{place + 1}")] = [each for each in wanted if each in options]


def _options(names: str) -> tuple[str, ...]:
    """Return the options of an axis with a single setting that has options, otherwise an empty tuple."""
    allowed = Hyperparameters.RANGES.get(names)
    if isinstance(allowed, Choice):
        return tuple(option for option in allowed.options if option != "auto")
    return ("false", "true") if isinstance(allowed, Switch) else ()


def asked(kind: Kind) -> AskedSweep:
    """Return the experiment on the controls. A browser may send anything, which `AskedSweep.planned` refuses."""
    state, axes = st.session_state, []
    base: AskedSweep = state[kind.key("base")]
    for place in range(1, kind.axes + 1):
        names = state.get(kind.key(f"by_{place}"), NONE)
        if names and isinstance(names, str):
            chosen, text = state.get(kind.key(f"options_{place}")), state.get(kind.key(f"values_{place}"), "")
            values = OR.join(map(str, chosen or ())) if _options(names) else str(text).translate(COMMAS)
            axes.append((names, values))
    seeds = state.get(kind.key("seeds"), base.seeds) if kind.has_seeds else base.seeds
    return replace(base, axes=tuple(axes), seeds=seeds)


def planned(kind: Kind, wanted: AskedSweep) -> Sweep | str:
    """Return the sweep, or a sentence that says why it is not possible."""
    held: tuple[AskedSweep, Sweep | str] | None = st.session_state.get(kind.key("planned"))
    if held is None or held[0] != wanted:
        try:
            kind.check(sweep := wanted.planned())
            found: Sweep | str = sweep
        except ValueError as error:
            found = str(error)
        held = st.session_state[kind.key("planned")] = wanted, found
    return held[1]


def ready_of(kind: Kind, wanted: AskedSweep) -> str | None:
    """Return the name of the ready-made experiment on the controls, unless the visitor has chosen their own."""
    ready = {} if st.session_state[kind.key(OWN)] else kind.ready
    return next((name for name, each in ready.items() if asked_sweep.of_ready(each) == wanted), None)


def write_address(name: str | None, wanted: AskedSweep) -> None:
    """Write the experiment, or the name of the ready-made one, into the page's URL, so that it can be shared."""
    addresses.write(asked_sweep.write(wanted) if name is None else {READY: name})


def choose_ready(kind: Kind, name: str | None) -> None:
    """Show the choice of a ready-made experiment."""
    key = kind.key("ready")

    def choose() -> None:
        if (ready := kind.ready.get(str(st.session_state.get(key)))) is not None:
            set_all(kind, asked_sweep.of_ready(ready))
        elif st.session_state.get(key) == OWN:  # begins with the settings that are there
            st.session_state[kind.key(OWN)] = True

    st.session_state[key] = name or OWN
    titles = {name: str(ready.title) for name, ready in kind.ready.items()} | {OWN: str(kind.own)}
    st.selectbox(_("Experiment"), list(titles), key=key, on_change=choose, format_func=titles.__getitem__)


def show(kind: Kind, wanted: AskedSweep, sweep: Sweep | str) -> None:
    """Show the controls for the settings that change, why they are not possible, and a text on the others."""
    used = [names for names, _values in wanted.axes]
    for place in range(1, min(kind.axes, len(used) + 1) + 1):
        _axis(kind, place, wanted)
    if isinstance(sweep, str):
        st.error(sweep)
    if kind.has_seeds:
        help = _("Each network is trained once with each seed. From two on, you see how much is luck.")
        ends = (int(SEEDS.low), int(SEEDS.high))
        title, key = _("Seeds"), kind.key("seeds")
        st.number_input(title, *ends, step=1, key=key, help=help, persist_state="session")
    _rest(kind, wanted)
    if kind.more is not None:
        kind.more()


def _axis(kind: Kind, place: int, wanted: AskedSweep) -> None:
    """Show the controls of one axis: the setting, and its values."""
    key = kind.key(f"by_{place}")

    def choose() -> None:
        names = st.session_state.get(key) or NONE
        if names == NONE or set(str(names).split(TOGETHER)) <= set(SETTINGS):
            _set_values(kind, place - 1, names, asked_sweep.suggested(names, wanted.settings) if names else "")

    now = st.session_state[key]
    together = [now] if now not in (NONE, *SETTINGS) else []
    titles = {NONE: _("none")} | {names: title_of(names) for names in (*together, *SETTINGS)}
    look: dict[str, Any] = {"format_func": titles.__getitem__, "persist_state": "session", "on_change": choose}
    st.selectbox(_("Setting {number}").format(number=place), list(titles), key=key, **look)
    if not (names := st.session_state[key]):
        return
    title = _("Values of setting {number}").format(number=place)
    if options := _options(names):
        said = {option: value_in_words(names, asked_sweep.parsed(names, option)) for option in options}
        look = {"format_func": said.__getitem__, "persist_state": "session"}
        st.multiselect(title, options, key=kind.key(f"options_{place}"), **look)
        return
    help = _("Separate the values by commas, the neurons of several layers by hyphens: 10,20-20.")
    values = kind.key(f"values_{place}")
    st.text_input(title, key=values, max_chars=MAX_CHARACTERS, help=help, persist_state="session")


def _rest(kind: Kind, wanted: AskedSweep) -> None:
    """Show the settings that do not change, and a button that takes them from the visitor's run."""
    changing = [name for names, _values in wanted.axes for name in names.split(TOGETHER)]
    same = listed(filter(None, [*own_settings(wanted.settings, changing), data_in_words(wanted.data)]))
    said = _("All other settings: {settings}.").format(settings=same or _("the notebook's settings"))
    if wanted.settings.input_scale == "unit":
        more = _("Pixels from 0 to 1 allow a larger learning rate than the notebook's pixels from 0 to 16.")
        said = joined([said, more])
    st.caption(said)
    if current_run.begun() is None:
        example.offer_latest()
        return
    run, data = current_run.job().run.hyperparameters, current_run.learnt_from()
    is_taken, take = (run, data) == (wanted.settings, wanted.data), on_click(set_all)
    given = kind, replace(wanted, settings=run, data=data, same_weights=False)
    st.button(_("Use the settings of my run"), key=kind.key("of_run"), disabled=is_taken, on_click=take, args=given)
