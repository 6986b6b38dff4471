"""The headline of a run, which the browser updates from the stream together with the pictures."""

from collections.abc import Callable, Mapping

from digitviz.dashboard.components.component import component
from digitviz.dashboard.components.training_slider import CSS

_CSS = """
.digitviz-live { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.25rem; }
.digitviz-live .label { line-height: 1.2; min-width: 12rem; font-variant-numeric: tabular-nums; }
.digitviz-live .value {
  font-size: var(--st-metric-value-font-size); font-weight: var(--st-metric-value-font-weight); line-height: 1.1;
  font-variant-numeric: tabular-nums; min-width: 3.6em; /* room for "100.0%" and for a step, so that nothing moves */
}
.digitviz-live .progress { /* as high as the slider with its words, whatever it shows */
  flex: 1; min-width: min(100%, 18rem); height: 4.1rem; font-variant-numeric: tabular-nums; container-type: inline-size;
}
.digitviz-live.unheard .progress { height: auto; }
.digitviz-live .words, .digitviz-live .notice { line-height: 1.5; margin-top: .4rem; }
.digitviz-live .notice {
  display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1rem;
  border-left: .25rem solid var(--st-orange-color); padding-left: .6rem;
}
.digitviz-live .sentence { flex: 1 1 16rem; }
.digitviz-live .notice button { padding: .25rem .75rem; }
.digitviz-live .notice:empty, .digitviz-live.unheard .words { display: none; }
.digitviz-live.unheard :is(.value, .bar) { opacity: .45; } /* possibly outdated */
/* Streamlit's dialog for a lost server tells the visitor to start it, and covers our message. */
body:has(.digitviz-live.silent) [data-testid="stDialog"] { display: none; }
.digitviz-live .bar { height: .5rem; border-radius: .25rem; overflow: hidden; background: var(--st-border-color); }
.digitviz-live.standing > .progress > .bar { display: none; }
.digitviz-live .bar[aria-valuenow="0"] { visibility: hidden; }
.digitviz-live .digitviz-through input { width: max(3rem, var(--trained)); } /* up to where the bar stood */
.digitviz-live .digitviz-through { /* one row, and the words below it */
  display: grid; grid-template-columns: max-content 1fr repeat(3, max-content); align-items: center; gap: .25rem .5rem;
  .foot { display: contents; } .play { grid-area: 1 / 1; } input { grid-area: 1 / 2; margin: 0; }
  .back { grid-area: 1 / 3; } .speed { grid-area: 1 / 4; } .best { grid-area: 1 / 5; }
  :is(.moment, .words) { grid-area: 2 / 1 / auto / -1; margin: 0; min-height: 1.5em; } button { height: 2.25rem; }
}
@media (hover: hover) and (min-width: 641px) { @container (width < 24rem) { /* without room, they lie over the words */
  .digitviz-live .digitviz-through input { grid-column: 2 / -1; }
  .digitviz-live .digitviz-through :is(.speed, .best) { grid-row: 2; z-index: 1; background: var(--paper); }
  .digitviz-live:not(:hover, :focus-within) .digitviz-through :is(.speed, .best) { opacity: 0; } } }
@media (max-width: 1700px) { /* a sign */
  .digitviz-live .digitviz-through .back { font-size: 0; &::before { content: "↩"; font-size: 1.2rem; } }
}
.digitviz-live .digitviz-through .best { padding: 0 .4rem; }
@container (width < 40rem) { .digitviz-live .digitviz-through .moment { font-size: .9rem; line-height: 1.2; } }
@media (641px <= width) and (height < 680px) { /* in one line */
  .digitviz-live .accuracy { display: flex; align-items: baseline; gap: .5rem; } .digitviz-live .label { min-width: 0; }
}
@media (max-width: 640px) {
  .digitviz-live .accuracy { flex: 1 0 100%; display: flex; align-items: baseline; gap: 0 .5rem; }
  .digitviz-live :is(.label, .words) { font-size: .9rem; } /* "step 100,000 of 100,000 · batch 200 of 200" in a line */
  .digitviz-live .label { flex: 1; min-width: 0; white-space: nowrap; } .digitviz-live .value { text-align: right; }
  .digitviz-live .progress { height: 4.4rem; } /* two lines of words, and a third before the picture */
  .digitviz-live .digitviz-through { column-gap: .25rem; }
  .digitviz-live .digitviz-through :is(.play, .speed, .best, .back) { height: 2.75rem; min-width: 0; padding: 0 .4rem; }
}
.digitviz-live .done { height: 100%; background: var(--st-primary-color); }
.digitviz-live .saving:empty { display: none; }
.digitviz-live .saving { /* covers long content instead of moving it */
  position: fixed; inset: auto 0 0 auto; z-index: 3; max-width: 44rem; padding: .6rem 1rem; font-size: .84rem;
  line-height: 1.35; overflow-wrap: anywhere; background: var(--st-background-color);
  border: solid var(--st-orange-color); border-width: .25rem 0 0 .25rem;
}
@media (max-width: 640px) {
  [data-testid=stMainBlockContainer]:has(.digitviz-live .saving:not(:empty)) { padding-bottom: 9rem; }
}
"""
_EXPERIMENT_CSS = """
.digitviz-live .digitviz-experiment { height: auto; }
.digitviz-experiment p { margin: 0 0 .4rem; line-height: 1.4; font-size: .9rem; }
.digitviz-experiment .news { font-size: 1.25rem; }
.digitviz-experiment [aria-valuenow="100"] { visibility: hidden; } /* the words say that it is finished */
.digitviz-experiment .words { margin: 0; }
"""
_component, _experiment = component("live", _CSS + CSS), component("experiment", _CSS + _EXPERIMENT_CSS)


def live_headline(
    key: str,
    headline: Mapping[str, object],
    stream: str | None,
    moves: bool,
    resumes: bool,
    unsaved: str | None,
    slider: Mapping[str, object] | None = None,
    on_release: Callable[[], None] = lambda: None,
) -> None:
    """Show the progress of a run. When training ends, the browser reruns the fragment that shows this once.

    Parameters
    ----------
    headline : mapping
        Shown until the stream sends something newer, see `digitviz.dashboard.train.live.headline`.
    stream : str or None
        URL of the stream, or None if the headline will not change.
    moves : bool
        True while training runs. If it is paused, the browser listens until everything is saved, without a rerun.
    resumes : bool
        True if the button Pause is called "Resume".
    unsaved : str or None
        Plain text on what is not being saved, until the stream sends something newer, or None if everything is saved.
    slider : mapping, optional
        From `training_slider.slider_data`. The training slider then replaces the progress bar.
    on_release : callable, optional
        Called when the visitor releases the slider at another point. `training_slider.released` returns that point.
    """
    through_data = None if slider is None else {**slider, "sends": True}
    data = {"headline": headline, "stream": stream, "moves": moves, "resumes": resumes}
    data |= {"unsaved": unsaved, "through": through_data}
    _component(key=key, data=data, on_ended_change=lambda: None, on_batch_change=on_release)


def experiment_progress(key: str, state: Mapping[str, object], stream: str | None) -> None:
    """Show the progress of an experiment. When its state changes, the browser reruns the page once.

    Parameters
    ----------
    state : mapping
        Shown until the stream sends something newer, see `open_sweeps.Shown`.
    stream : str or None
        URL of the stream, or None if the state will not change.
    """
    _experiment(key=key, data={"state": state, "stream": stream}, on_ended_change=lambda: None)
