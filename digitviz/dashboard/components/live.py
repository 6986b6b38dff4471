"""The headline of a training, which the browser keeps up to date by asking the feed, and the pictures with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from digitviz.dashboard.components.component import component
from digitviz.dashboard.components.training_slider import CSS
from digitviz.language import gettext as _

_CSS = """
.digitviz-live {
  display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 2rem;
  color: var(--st-text-color); font-family: var(--st-font);
}
.digitviz-live .label { font-size: .875rem; }
.digitviz-live .value {
  font-size: var(--st-metric-value-font-size); font-weight: var(--st-metric-value-font-weight); line-height: 1.2;
  font-variant-numeric: tabular-nums; min-width: 3.6em; /* of "100.0%": what stands beside it stays where it is */
}
.digitviz-live .progress { flex: 1; min-width: min(100%, 18rem); }
.digitviz-live .words, .digitviz-live .notice { min-height: 3em; line-height: 1.5; margin-top: .4rem; }
.digitviz-live .words { font-variant-numeric: tabular-nums; }
@media (max-width: 640px) { /* of three lines, for a word more must not move the page */
  .digitviz-live .words, .digitviz-live .notice { min-height: 4.5em; }
}
.digitviz-live .notice {
  display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1rem;
  border-left: .25rem solid var(--st-orange-color); padding-left: .6rem;
}
.digitviz-live .sentence { flex: 1 1 16rem; }
.digitviz-live .notice:empty, .digitviz-live.unheard .words { display: none; }
.digitviz-live .notice button {
  font: inherit; color: inherit; background: none; cursor: pointer; padding: .25rem .75rem;
  border: 1px solid currentColor; border-radius: var(--st-button-radius);
}
.digitviz-live .notice button:hover { color: var(--st-primary-color); }
.digitviz-live .notice button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
.digitviz-live.unheard .value, .digitviz-live.unheard .bar { opacity: .45; } /* true when last heard of */
/* Streamlit's own word on a server that is away tells the reader to start it, and covers what is said here. */
body:has(.digitviz-live.silent) [data-testid="stDialog"] { display: none; }
.digitviz-live .bar { height: .5rem; border-radius: .25rem; overflow: hidden; background: var(--st-border-color); }
.digitviz-live.standing > .progress > .bar { display: none; }
@media (max-width: 640px) { .digitviz-live .progress { min-height: 7.4rem; } } /* the buttons of the slider have room */
.digitviz-live .done { height: 100%; background: var(--st-primary-color); }
"""
_component = component("live", _CSS + CSS)

_SAVING_CSS = """
div.st-key-saving:has(.digitviz-saving:empty), div.st-key-saving:not(:has(.digitviz-saving)) {
  position: absolute; /* takes no room, not even that of a gap */
}
div.st-key-saving { position: sticky; bottom: 0; z-index: 2; } /* nothing moves for it: it lies over what is long */
@media (max-width: 640px) { /* where the place of the messages is as high as they are, it lies over the page's end */
  div.st-key-saving { position: fixed; inset: auto 0 0; width: auto; }
  [data-testid=stMainBlockContainer]:has(.digitviz-saving:not(:empty)) { padding-bottom: 9rem; }
}
.digitviz-saving:not(:empty) {
  padding: .4rem .6rem; font-family: var(--st-font); font-size: .84rem; line-height: 1.35; overflow-wrap: anywhere;
  color: var(--st-text-color); background: var(--st-background-color);
  border-left: .25rem solid var(--st-orange-color);
}
@media (max-width: 640px) {
  .digitviz-saving:not(:empty) { padding: .6rem 1rem; border-left: 0; border-top: .25rem solid var(--st-orange-color); }
}
"""
_saving = component("saving", _SAVING_CSS)


def live_headline(
    key: str,
    headline: Mapping[str, object],
    feed: str | None,
    moves: bool,
    slider: Mapping[str, object] | None = None,
    on_release: Callable[[], None] = lambda: None,
) -> None:
    """Show how far a training has come; when it ends, the browser runs what shows this once more.

    Parameters
    ----------
    headline : mapping
        What is shown until something newer is heard, see `digitviz.dashboard.train.live.headline`.
    feed : str or None
        The address at which the browser asks; None if nothing more will come.
    moves : bool
        Whether the training goes on. If it stands, the browser asks until all is saved, and no page is run for that.
    slider : mapping, optional
        Of `training_slider.slider_data`: then the slider through the training takes the place of the bar.
    on_release : callable, optional
        Called once the reader has let go of that slider at another point; which one says `training_slider.released`.
    """
    through_data = None if slider is None else {**slider, "sends": True}
    data = {"headline": headline, "feed": feed, "moves": moves, "through": through_data, "said": _said()}
    _component(key=key, data=data, on_ended_change=lambda: None, on_batch_change=on_release)


def saving_notice(words: str | None) -> None:
    """Make the place where the page says that the run is not being saved, which the headline keeps up to date.

    Parameters
    ----------
    words : str or None
        Plain text that is said until something newer is heard; None if all is saved.
    """
    _saving(key="saving", data={"words": words})


def _said() -> dict[str, str]:
    """Return what the browser itself says; it fills in "{step}"."""
    return {
        "accuracy": _("Test accuracy"),
        "meaning": _("Share of the test digits that the network classifies correctly. Random guessing gives 10%."),
        "progress": _("Training progress"),
        "silence": _(
            "No response from the server since {step}. The page continues automatically as soon as it responds."
        ),
        "loss": _("This page has lost its run: the server was restarted, or the page was disconnected for too long."),
        "reload": _("Reload the page"),
    }
