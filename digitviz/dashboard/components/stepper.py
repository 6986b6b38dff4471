"""Back and Next through the steps of a lesson: two buttons, and the keys of a keyboard or a presenter's remote."""

from collections.abc import Callable, Sequence

from digitviz.dashboard.components.component import component
from digitviz.dashboard.components.plot import sent

_CSS = """
.digitviz-stepper { display: flex; gap: .5rem; }
.digitviz-stepper button { padding: .35rem .8rem; min-height: 2.5rem; white-space: nowrap; }
.digitviz-stepper .next {
  background: var(--next, var(--st-primary-color)); border-color: var(--st-primary-color);
  color: var(--on-next, var(--st-background-color));
}
.digitviz-stepper button:disabled { opacity: .4; cursor: default; }
"""
_component = component("stepper", _CSS)


def stepper(
    page: str, first: bool, last: bool, steps: Sequence[str], spoken: str, went_back: Callable[[], None]
) -> None:
    """Show the buttons next to the control with the key "lesson_step".

    Parameters
    ----------
    page : str
        URL of the page.
    first : bool
        True for the first step, which has no previous step.
    last : bool
        True for the last step, if no link leads on from it.
    steps : sequence of str
        Titles of the steps.
    spoken : str
        Plain text of the shown step, announced when it changes.
    went_back : callable
        Called when the browser's back or forward button leads to another URL: see `address_gone_to`.
    """
    data: dict[str, object] = {"page": page, "steps": steps, "spoken": spoken}
    data |= {"first": first, "last": last}
    _component(key="stepper", data=data, width="content", on_address_change=went_back)


def address_gone_to() -> str:
    """Return the untrusted step in the URL after the browser went back or forward. "1" if the URL has no step."""
    return str(sent("stepper", "address") or "1")
