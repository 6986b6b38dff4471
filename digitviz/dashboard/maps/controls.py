"""The controls of the large map, and its settings in links."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.runtime.outside import Wrong, WrongAddress, explain, number
from digitviz.dashboard.runtime.turns import on_click
from digitviz.dashboard.session import addresses, current_run, example
from digitviz.dashboard.session.map_jobs import Request, id_of, request_of
from digitviz.language import Lazy, gettext as _, lazy_gettext
from digitviz.numbers import in_percent, numeral
from digitviz.projections import METHODS, Option
from digitviz.projections.registry import QUALITIES
from digitviz.projections.spaces import LABELS, PIXELS, W1_ROWS, Space, kind_of_points, space, space_names, space_title
from digitviz.ranges import Choice, Interval
from digitviz.training.run import Snapshot

MAX_SEED = 999
DIMENSIONS = {2: lazy_gettext("2D"), 3: lazy_gettext("3D")}
TITLES = {name: method.title for name, method in METHODS.items()}
_MAPPED = "map_snapshot"
"""Key in the session state of the mapped snapshot."""


@dataclass(frozen=True)
class Setting:
    """A setting of the large map. The session state holds it under `map_` and its name in `SETTINGS`.

    Parameters
    ----------
    title : Lazy
        Name in error messages.
    default : object
        Left out of the page's link.
    allowed : Choice, Interval or None
        Values allowed in a link; None for the spaces of the network.
    """

    title: Lazy
    default: Any
    allowed: Choice | Interval | None = None


_METHODS = Choice(tuple(METHODS))
SETTINGS = {
    "space": Setting(lazy_gettext("Space"), PIXELS),
    "method": Setting(lazy_gettext("Method"), "tsne", _METHODS),
    "quality": Setting(lazy_gettext("Quality"), "quick", Choice(tuple(QUALITIES))),
    "dimensions": Setting(lazy_gettext("Dimensions"), 2, Interval(min(DIMENSIONS), max(DIMENSIONS), integer=True)),
    "seed": Setting(lazy_gettext("Seed"), 0, Interval(0, MAX_SEED, integer=True)),
    "compare": Setting(lazy_gettext("Compare"), False, Choice(("yes", "no"))),
    "second_space": Setting(lazy_gettext("Second space"), PIXELS),
    "second_method": Setting(lazy_gettext("Second method"), "pca", _METHODS),
}
"""Settings that a link to the page can contain, by name."""


def map_title(method: str, space: str) -> str:
    """Return the title of a map by a method, of the points of a space."""
    return _("{method} of {points}").format(method=TITLES[method], points=space_title(space))


def equal_words(of: Space) -> str:
    """Say how many points are equal, if most of them are. A map still moves them apart."""
    if 2 * of.equal <= of.count:
        return ""
    said = _("**{count} of {total} points are equal** in the data: what separates them in the picture means nothing.")
    return said.format(count=numeral(of.equal), total=numeral(of.count))


@dataclass(frozen=True, eq=False)
class Wanted:
    """A map to show."""

    title: str
    of: Space
    request: Request

    @property
    def family(self) -> str:
        """Text shared by maps that differ only in the seed."""
        return replace(self.request, seed=0).id


def mapped_snapshot() -> Snapshot:
    """Return the current snapshot. During training, keep the one from the first call, so that the map is stable."""
    now = example.shown().run.snapshot
    kept: Snapshot | None = st.session_state.get(_MAPPED)
    is_training = current_run.progress().is_running
    if kept is None or kept.history.serial != now.history.serial or not is_training or now.step < kept.step:
        kept = st.session_state[_MAPPED] = now
    return kept


def which_network(mapped: Snapshot) -> None:
    """Show which network is mapped. If training went further, show a button for the current weights."""
    run, is_example = example.shown()
    if is_example:
        st.caption(_("The example: the notebook's network, trained on this server"))
    elif mapped.step:
        said = _("This network after {step} steps: {accuracy} of the test digits right")
        accuracy = in_percent(mapped.test_accuracy)
        st.caption(said.format(step=numeral(mapped.step), accuracy=accuracy), help=str(example.WAY_BACK))
    elif current_run.is_trained(run):
        st.caption(_("This network, with its imported weights"))
    else:
        st.caption(_("This network is not trained yet"))
    if run.snapshot.step > mapped.step:
        follow = on_click(lambda: st.session_state.pop(_MAPPED, None))
        st.button(_("Use the current weights"), key="map_up_to_now", on_click=follow)


def again_button(key: str) -> bool:
    """Show the button that computes maps again, and return whether it was pressed."""
    return bool(st.button(_("Compute again"), key=key, icon=":material/refresh:"))


def controls(mapped: Snapshot) -> tuple[list[Wanted], bool, Any]:
    """Show the controls. Return the one or two chosen maps, whether to compute them again, and the box for the rest."""
    names = space_names(len(mapped.network.parameters.weights))
    _take_address(names)
    state = st.session_state
    of = choice(_("Points"), _long_titles(names), key="map_space", style="selectbox")
    method = choice(_("Method"), TITLES, key="map_method", style="selectbox")
    st.caption(str(METHODS[method].description))
    choice(_("Dimensions"), DIMENSIONS, key="map_dimensions")
    more = st.expander(_("More"), key="map_more")
    with more:
        choice(_("Quality"), QUALITIES, key="map_quality")
        chosen = [_wanted("", mapped)]
        again = _seed_and_again()
        st.toggle(_("Compare with a second map"), key="map_compare", persist_state="session")
        if state["map_compare"]:
            # The second map shows the same points in the same number of dimensions.
            alike = _long_titles(name for name in names if kind_of_points(name) == kind_of_points(of))
            choice(_("Points of the second map"), alike, key="map_second_space", style="selectbox")
            choice(_("Second method"), TITLES, key="map_second_method", style="selectbox")
            chosen.append(_wanted("second_", mapped))
    _write_address()
    return chosen, again, more


def _long_titles(names: Iterable[str]) -> dict[str, str]:
    long = {W1_ROWS: _("rows of w1 (one per pixel)"), LABELS: _("columns of the last w (one per label)")}
    return {name: long.get(name) or space_title(name) for name in names}


def _seed_and_again() -> bool:
    state = st.session_state

    def set_seed(seed: int) -> None:
        state["map_seed"] = seed

    with st.container(horizontal=True, vertical_alignment="bottom", key="map_buttons"):
        seed = int(st.number_input(_("Seed"), 0, MAX_SEED, key="map_seed", persist_state="session", width=110))
        following, change = (seed + 1) % (MAX_SEED + 1), on_click(set_seed)
        st.button(_("Next seed"), key="map_other_seed", icon=":material/casino:", on_click=change, args=(following,))
        st.button(_("Seed 0"), key="map_seed_0", on_click=change, args=(0,), disabled=seed == 0)
        return again_button("map_again")


def _wanted(which: str, mapped: Snapshot) -> Wanted:
    """Show the options of the first map (`which` is empty) or of the second ("second_"), and return the chosen map."""
    state, digits = st.session_state, current_run.mapped_digits()
    name, method, quality = state[f"map_{which}space"], state[f"map_{which}method"], state["map_quality"]
    options = _options(f"map_{which}option", method, quality)
    of, chosen = space(name, digits, mapped.network), {"quality": quality, "options": options}
    chosen |= {"dimensions": state["map_dimensions"], "seed": int(state["map_seed"])}
    return Wanted(map_title(method, name), of, request_of(of, digits, id_of(mapped), method, **chosen))


def _options(prefix: str, method: str, quality: str) -> dict[str, Any]:
    """Show a method's options. Return those that differ from the defaults of the quality."""
    rules = METHODS[method]
    chosen: dict[str, Any] = {}
    with st.expander(_("Options of {method}").format(method=rules.title)):
        if not rules.options:
            st.caption(_("This method has no options."))
        for option in rules.options:
            value = _widget(option, f"{prefix}_{method}_{quality}_{option.name}", quality)
            if value != option.default(quality, 0):
                chosen[option.name] = value
        st.caption(rules.citation)
    return chosen


def _widget(option: Option, key: str, quality: str) -> int | float | str:
    title = str(option.title)
    st.session_state.setdefault(key, option.default(quality, 0))
    common: dict[str, Any] = {"key": key, "help": str(option.description), "persist_state": "session"}
    if option.choices:
        return str(choice(title, option.choices, style="selectbox", **common))
    if option.integer:
        return int(st.number_input(title, int(option.low), int(option.high), step=1, **common))
    return float(st.number_input(title, float(option.low), float(option.high), format="%g", **common))


def _take_address(names: tuple[str, ...]) -> None:
    """Apply the settings in a link to the page, or none if one is wrong, see `addresses.show_errors`."""
    state, given = st.session_state, addresses.own_parameters()
    is_asked = addresses.just_opened() and given not in ({}, state.get("map_written"))
    if "map_space" not in state or is_asked:
        values = {name: setting.default for name, setting in SETTINGS.items()}
        state.pop("map_address_error", None)
        try:
            values |= from_address(given, names)
        except WrongAddress as error:
            state["map_address_error"] = explain(error, _("It shows the default map instead."))
        state.update({f"map_{name}": value for name, value in values.items()})


def from_address(parameters: Mapping[str, str], spaces: tuple[str, ...]) -> dict[str, Any]:
    """Read values for some of `SETTINGS` from a link, with the spaces of the network.

    Raises
    ------
    WrongAddress
        If values are not allowed; the error lists all of them.
    """
    values: dict[str, Any] = {}
    wrong = []
    for name in [name for name in SETTINGS if name in parameters]:
        text, allowed = parameters[name], SETTINGS[name].allowed or Choice(spaces)
        try:
            values[name] = allowed.read(number(text) if isinstance(allowed, Interval) else text)
        except ValueError:
            wrong.append(Wrong(str(SETTINGS[name].title), str(allowed), {name: text}))
    if wrong:
        raise WrongAddress(wrong)
    if "compare" in values:
        values["compare"] = values["compare"] == "yes"
    return values


def _write_address() -> None:
    """Write the settings that differ from the defaults into the page's link."""
    state = st.session_state
    shown = [name for name in SETTINGS if state["map_compare"] or not name.startswith("second")]
    chosen = {name: value for name in shown if (value := state[f"map_{name}"]) != SETTINGS[name].default}
    wanted = state["map_written"] = {name: "yes" if value is True else str(value) for name, value in chosen.items()}
    addresses.write(wanted)
