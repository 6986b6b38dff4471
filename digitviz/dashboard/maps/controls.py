"""What is mapped and how: the controls of the large map, and its address."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from digitviz.dashboard.components.choice import choice
from digitviz.dashboard.maps.gallery import recorded, space_title
from digitviz.dashboard.runtime.clicks import on_click
from digitviz.dashboard.runtime.outside import Wrong, WrongAddress, explain, number
from digitviz.dashboard.session import current_run
from digitviz.dashboard.session.map_requests import Request
from digitviz.networks.network import Network
from digitviz.projections import METHODS, Option
from digitviz.projections.options import QUALITIES
from digitviz.projections.spaces import LABELS, PIXELS, W1_ROWS, Space, kind_of_points, space, space_names
from digitviz.ranges import Choice, Interval
from digitviz.training.run import TrainingRun

MOST_SEED = 999
SHORT_TITLES = {W1_ROWS: "pixels through w1 (its rows)", LABELS: "labels through the last w (its columns)"}
DIMENSIONS = {2: "2D", 3: "3D"}
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
        return f"{METHODS[self.request.method].title} of {space_title(self.of.name)}"

    @property
    def family(self) -> str:
        """Return a text that is the same for maps that differ only in the seed."""
        return replace(self.request, seed=0).key()


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
    """

    run: weakref.ref[TrainingRun]
    step: int
    network: Network


def weights() -> Weights:
    """Return the network as it is; while it trains, as it was when first asked for, so that the map stays."""
    run = current_run.job().run
    now = run.snapshot
    kept: Weights | None = st.session_state.get("map_weights")
    is_training = current_run.progress().is_running
    if kept is None or kept.run() is not run or not is_training or now.step < kept.step:
        kept = st.session_state["map_weights"] = Weights(weakref.ref(run), now.step, now.network)
    return kept


def which_network(shown: Weights) -> None:
    """Say which network is shown, with a button for its current weights if it has trained on since."""
    words = f"Your network after {shown.step:,} steps" if shown.step else "Your network is not trained yet"
    st.caption(words, width="content")
    if current_run.job().run.snapshot.step > shown.step:
        st.button("Use the current weights", key="map_up_to_now", on_click=on_click(_use_current_weights))


def _use_current_weights() -> None:
    st.session_state.pop("map_weights", None)


def controls(network: Network) -> tuple[list[Wanted], bool]:
    """Show the controls; return the one or two maps that are chosen, and whether they are to be drawn again.

    Parameters
    ----------
    network : Network
    """
    names = space_names(len(network.parameters.weights))
    _take_address(names)
    state = st.session_state
    for name in ("space", "second_space"):  # another network may have fewer layers
        if state[f"map_{name}"] not in names:
            state[f"map_{name}"] = DEFAULTS[name]
    with st.container(horizontal=True, vertical_alignment="bottom", key="map_first"):
        _space("Points", "map_space", names)
        _method("Method", "map_method")
        choice("Quality", QUALITIES, key="map_quality", format_func=str.capitalize)
        choice("Dimensions", list(DIMENSIONS), key="map_dimensions", format_func=DIMENSIONS.__getitem__)
    options = _options("map_option", state["map_method"])
    with st.container(horizontal=True, vertical_alignment="bottom", key="map_buttons"):
        st.number_input("Seed", 0, MOST_SEED, key="map_seed", persist_state="session", width=130)
        st.button("Next seed", key="map_other_seed", icon=":material/casino:", on_click=on_click(_other_seed))
        st.button(
            "Seed 0", key="map_seed_0", on_click=on_click(_seed_0), disabled=state["map_seed"] == 0,
        )  # fmt: skip
        again = st.button("Compute again", key="map_again", icon=":material/refresh:")
        st.toggle("Compare with a second map", key="map_compare", persist_state="session")
    chosen = [(state["map_space"], state["map_method"], options)]
    if state["map_compare"]:
        alike = [name for name in names if kind_of_points(name) == kind_of_points(state["map_space"])]
        if state["map_second_space"] not in alike:
            state["map_second_space"] = alike[0]
        with st.container(horizontal=True, vertical_alignment="bottom", key="map_second"):
            _space("Points of the second map", "map_second_space", tuple(alike))
            _method("Second method", "map_second_method")
        options = _options("map_second_option", state["map_second_method"])
        chosen.append((state["map_second_space"], state["map_second_method"], options))
    _write_address()
    return [_wanted(name, method, options, network) for name, method, options in chosen], again


def _wanted(name: str, method: str, options: dict[str, Any], network: Network) -> Wanted:
    state = st.session_state
    of = space(name, current_run.mapped_digits(), network)
    request = Request(
        of.points, method, of.labels, state["map_dimensions"], int(state["map_seed"]), state["map_quality"], options,
        recorded=recorded(of),
    )  # fmt: skip
    return Wanted(of, request)


def _space(title: str, key: str, names: tuple[str, ...]) -> None:
    st.selectbox(
        title, names, key=key, persist_state="session", width=310,
        format_func=lambda name: SHORT_TITLES.get(name, space_title(name)),
    )  # fmt: skip


def _method(title: str, key: str) -> None:
    st.selectbox(
        title, list(METHODS), key=key, persist_state="session", width=140,
        format_func=lambda name: METHODS[name].title,
    )  # fmt: skip


def _options(prefix: str, method: str) -> dict[str, Any]:
    """Show a method's description and options; return those that differ from the defaults of the quality."""
    rules, quality = METHODS[method], st.session_state["map_quality"]
    chosen: dict[str, Any] = {}
    with st.expander(f"**{rules.title}** {rules.description[0].lower()}{rules.description[1:]}"):
        if not rules.options:
            st.caption("This method has no options.")
        columns = st.columns(min(3, max(1, len(rules.options))))
        for number, option in enumerate(rules.options):
            with columns[number % len(columns)]:
                value = _widget(option, f"{prefix}_{method}_{quality}_{option.name}", quality)
            if value != option.default(quality, 0):
                chosen[option.name] = value
        st.caption(rules.citation)
    return chosen


def _widget(option: Option, key: str, quality: str) -> int | float | str:
    title = option.name.replace("_", " ").capitalize()
    st.session_state.setdefault(key, option.default(quality, 0))
    common: dict[str, Any] = {"key": key, "help": option.description, "persist_state": "session"}
    if option.choices:
        return str(st.selectbox(title, option.choices, **common))
    if option.integer:
        return int(st.number_input(title, int(option.low), int(option.high), step=1, **common))
    return float(st.number_input(title, float(option.low), float(option.high), format="%g", **common))


def _other_seed() -> None:
    st.session_state["map_seed"] = (int(st.session_state["map_seed"]) + 1) % (MOST_SEED + 1)


def _seed_0() -> None:
    st.session_state["map_seed"] = 0


def _take_address(names: tuple[str, ...]) -> None:
    """Take the choice from the page's address, once a session; what is wrong there is said and changes nothing."""
    state = st.session_state
    if "map_space" not in state:
        values = dict(DEFAULTS)
        try:
            values |= from_address(st.query_params, names)
        except WrongAddress as error:
            state["map_address_error"] = explain(error, "It shows its default map instead.")
        state.update({f"map_{name}": value for name, value in values.items()})
    with st.container(key="map_address"):
        if "map_address_error" in state:
            st.error(state["map_address_error"])
            st.button(
                "Understood", key="map_understood",
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
        "space": space, "method": method, "quality": Choice(QUALITIES),
        "dimensions": Interval(min(DIMENSIONS), max(DIMENSIONS), integer=True),
        "seed": Interval(0, MOST_SEED, integer=True), "compare": Choice(("yes", "no")),
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
            wrong.append(Wrong(name.replace("_", " ").capitalize(), str(allowed), {name: text}))
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
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)
