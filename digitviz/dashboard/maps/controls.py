"""What is mapped and how: the controls of the large map, and its address."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import Wrong, WrongAddress, explain, number
from digitviz.dashboard.session import addresses, current_run, given_weights
from digitviz.dashboard.session.map_jobs import Request, id_of, request_of
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext
from digitviz.networks.network import Network
from digitviz.projections import METHODS, Option
from digitviz.projections.registry import QUALITIES
from digitviz.projections.spaces import LABELS, PIXELS, W1_ROWS, Space, kind_of_points, space, space_names, space_title
from digitviz.ranges import Choice, Interval
from digitviz.training.run import TrainingRun

MAX_SEED = 999
LONG_TITLES = {
    W1_ROWS: lazy_gettext("pixels through w1 (its rows)"),
    LABELS: lazy_gettext("labels through the last w (its columns)"),
}
DIMENSIONS = {2: lazy_gettext("2D"), 3: lazy_gettext("3D")}
SETTINGS = {
    "space": lazy_gettext("Space"), "method": lazy_gettext("Method"), "quality": lazy_gettext("Quality"),
    "dimensions": lazy_gettext("Dimensions"), "seed": lazy_gettext("Seed"), "compare": lazy_gettext("Compare"),
    "second_space": lazy_gettext("Second space"), "second_method": lazy_gettext("Second method"),
}  # fmt: skip
"""What an address may set, as it is called when its value is refused."""
DEFAULTS: dict[str, Any] = {
    "space": PIXELS, "method": "tsne", "quality": "quick", "dimensions": 2, "seed": 0,
    "compare": False, "second_space": PIXELS, "second_method": "pca",
}  # fmt: skip
"""In the session's state and in the address under these names, the former with `map_` before."""


@dataclass(frozen=True, eq=False)
class Wanted:
    """A chosen map.

    Parameters
    ----------
    of : Space
    request : Request
    """

    of: Space
    request: Request

    @property
    def title(self) -> str:
        """Name it: "t-SNE of raw pixels"."""
        title = METHODS[self.request.method].title
        return _("{method} of {points}").format(method=title, points=space_title(self.of.name))

    @property
    def family(self) -> str:
        """Return a text that is the same for maps that differ only in the seed."""
        return replace(self.request, seed=0).id


@dataclass(frozen=True, eq=False)
class Weights:
    """The network whose layers are mapped.

    Parameters
    ----------
    run : weak reference to a TrainingRun
        Its training; another one takes its place.
    step : int
        Steps it had taken.
    network : Network
    id : str
        Tells them from any others, as by `id_of`.
    """

    run: weakref.ref[TrainingRun]
    step: int
    network: Network
    id: str


def weights() -> Weights:
    """Return the network as it is; while it trains, as it was when first asked for, so that the map stays."""
    run = current_run.job().run
    now = run.snapshot
    kept: Weights | None = st.session_state.get("map_weights")
    is_training = current_run.progress().is_running
    if kept is None or kept.run() is not run or not is_training or now.step < kept.step:
        kept = st.session_state["map_weights"] = Weights(weakref.ref(run), now.step, now.network, id_of(now))
    return kept


def which_network(shown: Weights) -> None:
    """Say which network is shown, with a button for its current weights if it has trained on since."""
    run = shown.run()
    if shown.step:
        st.caption(_("Your network after {step} steps").format(step=f"{shown.step:,}"))
    elif run is not None and given_weights.is_trained(run):
        st.caption(_("Your network, with the weights that you brought in"))
    else:
        st.caption(_("Your network is not trained yet"))
    if current_run.job().run.snapshot.step > shown.step:
        st.button(_("Use the current weights"), key="map_up_to_now", on_click=on_click(_use_current_weights))


def _use_current_weights() -> None:
    st.session_state.pop("map_weights", None)


def controls(weights: Weights) -> tuple[list[Wanted], bool]:
    """Show the controls in the sidebar; return the one or two chosen maps, and whether they are to be drawn again.

    Parameters
    ----------
    weights : Weights
    """
    names = space_names(len(weights.network.parameters.weights))
    _take_address(names)
    state = st.session_state
    for name in ("space", "second_space"):  # another network may have fewer layers
        if state[f"map_{name}"] not in names:
            state[f"map_{name}"] = DEFAULTS[name]
    with st.sidebar:
        _space(_("Points"), "map_space", names)
        _method(_("Method"), "map_method")
        with st.container(horizontal=True, key="map_first"):
            choice(_("Quality"), list(QUALITIES), key="map_quality", format_func=lambda name: str(QUALITIES[name]))
            choice(_("Dimensions"), list(DIMENSIONS), key="map_dimensions", format_func=lambda n: str(DIMENSIONS[n]))
        options = _options("map_option", state["map_method"])
        chosen = [(state["map_space"], state["map_method"], options)]
        again = _seed_and_again()
        st.toggle(_("Compare with a second map"), key="map_compare", persist_state="session")
        if state["map_compare"]:
            chosen.append(_second(names))
    _write_address()
    return [_wanted(name, method, options, weights) for name, method, options in chosen], again


def _seed_and_again() -> bool:
    with st.container(horizontal=True, vertical_alignment="bottom", key="map_buttons"):
        st.number_input(_("Seed"), 0, MAX_SEED, key="map_seed", persist_state="session", width=110)
        st.button(_("Next seed"), key="map_other_seed", icon=":material/casino:", on_click=on_click(_other_seed))
        is_first = st.session_state["map_seed"] == 0
        st.button(_("Seed 0"), key="map_seed_0", on_click=on_click(_seed_0), disabled=is_first)
        return bool(st.button(_("Compute again"), key="map_again", icon=":material/refresh:"))


def _second(names: tuple[str, ...]) -> tuple[str, str, dict[str, Any]]:
    """Show the controls of the second map: of the same points as the first one, and as many dimensions."""
    state = st.session_state
    alike = [name for name in names if kind_of_points(name) == kind_of_points(state["map_space"])]
    if state["map_second_space"] not in alike:
        state["map_second_space"] = alike[0]
    _space(_("Points of the second map"), "map_second_space", tuple(alike))
    _method(_("Second method"), "map_second_method")
    method = state["map_second_method"]
    return state["map_second_space"], method, _options("map_second_option", method)


def _wanted(name: str, method: str, options: dict[str, Any], weights: Weights) -> Wanted:
    state, digits = st.session_state, current_run.mapped_digits()
    of = space(name, digits, weights.network)
    request = request_of(
        of, digits, weights.id, method, dimensions=state["map_dimensions"], seed=int(state["map_seed"]),
        quality=state["map_quality"], options=options,
    )  # fmt: skip
    return Wanted(of, request)


def _space(title: str, key: str, names: tuple[str, ...]) -> None:
    st.selectbox(
        title, names, key=key, persist_state="session",
        format_func=lambda name: str(LONG_TITLES[name]) if name in LONG_TITLES else space_title(name),
    )  # fmt: skip


def _method(title: str, key: str) -> None:
    named = {name: str(method.title) for name, method in METHODS.items()}
    st.selectbox(title, list(named), key=key, persist_state="session", format_func=named.__getitem__)


def _options(prefix: str, method: str) -> dict[str, Any]:
    """Show a method's description and options; return those that differ from the defaults of the quality."""
    rules, quality = METHODS[method], st.session_state["map_quality"]
    chosen: dict[str, Any] = {}
    st.caption(str(rules.description))
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
        named = {name: str(words) for name, words in option.choices.items()}
        return str(st.selectbox(title, list(named), format_func=named.__getitem__, **common))
    if option.integer:
        return int(st.number_input(title, int(option.low), int(option.high), step=1, **common))
    return float(st.number_input(title, float(option.low), float(option.high), format="%g", **common))


def _other_seed() -> None:
    st.session_state["map_seed"] = (int(st.session_state["map_seed"]) + 1) % (MAX_SEED + 1)


def _seed_0() -> None:
    st.session_state["map_seed"] = 0


def _take_address(names: tuple[str, ...]) -> None:
    """Take the choice from the page's address, once a session; what is wrong there is said and changes nothing."""
    state = st.session_state
    if "map_space" not in state:
        values = dict(DEFAULTS)
        try:
            values |= from_address(addresses.own_parameters(), names)
        except WrongAddress as error:
            state["map_address_error"] = explain(error, _("It shows its default map instead."))
        state.update({f"map_{name}": value for name, value in values.items()})
    if "map_address_error" in state:
        with st.container(key="map_address"):
            st.error(state["map_address_error"])
            st.button(
                _("Understood"), key="map_understood",
                on_click=on_click(lambda: st.session_state.pop("map_address_error", None)),
            )  # fmt: skip


def from_address(parameters: Mapping[str, str], spaces: tuple[str, ...]) -> dict[str, Any]:
    """Read a choice from what stands in an address.

    Parameters
    ----------
    parameters : mapping of str to str
    spaces : tuple of str
        Those that the network has.

    Returns
    -------
    dict
        Some of `DEFAULTS`, with other values.

    Raises
    ------
    WrongAddress
        If a value is none that can be chosen; each such is named.
    """
    space, method = Choice(spaces), Choice(tuple(METHODS))
    ranges: dict[str, Choice | Interval] = {
        "space": space, "method": method, "quality": Choice(tuple(QUALITIES)),
        "dimensions": Interval(min(DIMENSIONS), max(DIMENSIONS), integer=True),
        "seed": Interval(0, MAX_SEED, integer=True), "compare": Choice(("yes", "no")),
        "second_space": space, "second_method": method,
    }  # fmt: skip
    values: dict[str, Any] = {}
    wrong = []
    for name, allowed in ranges.items():
        if (text := parameters.get(name)) is None:
            continue
        try:
            values[name] = allowed.read(number(text) if isinstance(allowed, Interval) else text)
        except ValueError:
            wrong.append(Wrong(str(SETTINGS[name]), str(allowed), {name: text}))
    if wrong:
        raise WrongAddress(wrong)
    if "compare" in values:
        values["compare"] = values["compare"] == "yes"
    return values


def _write_address() -> None:
    """Keep what differs from the defaults in the page's address, so that it can be shared."""
    state = st.session_state
    wanted = {}
    for name, default in DEFAULTS.items():
        value = state[f"map_{name}"]
        if value != default and (state["map_compare"] or not name.startswith("second")):
            wanted[name] = "yes" if value is True else str(value)
    addresses.write(wanted)
