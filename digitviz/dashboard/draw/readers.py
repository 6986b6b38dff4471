"""The networks that can read a drawing: the visitor's own, trained or untrained, and the pretrained one."""

from typing import Any

import streamlit as st

from digitviz.dashboard.components.choice import choice, held
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session import current_run
from digitviz.datasets import DigitDataset
from digitviz.language import Lazy, gettext as _, lazy_gettext
from digitviz.networks.network import Network
from digitviz.pretrained import load_pretrained

READERS = {
    "yours": lazy_gettext("Yours"),
    "reader": lazy_gettext("Ready-made"),
    "untrained": lazy_gettext("Untrained"),
    "all": lazy_gettext("All three"),
}
"""Names of the networks on the page, see `titles`."""
_CHOSEN = "who_chosen"
"""Key of a flag: True once the visitor has chosen. Until then, `usual` decides."""


def titles() -> dict[str, Lazy]:
    """Return the names of the networks on the page. A run that the visitor only watches is not called theirs."""
    return READERS if current_run.is_owners() else READERS | {"yours": lazy_gettext("This run's")}


def control() -> None:
    """Show the control that chooses the network."""
    state = st.session_state
    if st.query_params.pop("who", None) == "yours":  # a link from Train
        state[_CHOSEN] = False
    if not state.get(_CHOSEN) and state.get("who") != usual():
        state["who"] = usual()
    about = _(
        "“Yours” is the network you train. “Untrained” is the same network with its initial weights. “Ready-made” "
        "comes with this dashboard."
    )
    if not current_run.is_owners():
        about = _("“This run's” is the network you are watching. “Untrained” is the same with its initial weights.")
    said: dict[str, Any] = {"on_change": lambda: state.update({_CHOSEN: True}), "help": about}
    choice(_("Which network?"), titles(), default=usual(), key="who", wrap=True, **said)


def who() -> str:
    """Return the chosen entry of `READERS`."""
    return held("who", list(READERS), usual())


def networks() -> dict[str, Network]:
    """Return the visitor's network, the pretrained one, and the visitor's with initial weights, by name."""
    run = current_run.job().run
    settings = run.hyperparameters
    drawn = run.initial_parameters if run.recipe.start is None else settings.initial_parameters()
    untrained = Network(drawn, settings.activation, settings.input_scale)
    return {"yours": run.snapshot.network, "reader": shared().get(load_pretrained), "untrained": untrained}


def main() -> str:
    """Return the chosen network, or the first of several."""
    chosen = who()
    return usual() if chosen == "all" else chosen


def learnt_from(name: str) -> DigitDataset:
    """Return the training data of a network."""
    return current_run.job().run.train if name == "yours" else shared().get(_first_digits)


def usual() -> str:
    """Return the default network: the visitor's own if it is trained and has not diverged, else the pretrained one."""
    run = current_run.job().run
    return "yours" if current_run.is_trained(run) and not run.diverged else "reader"


def _first_digits() -> DigitDataset:
    return current_run.shipped_digits().split()[0]
