"""What is happening during training, next to the pictures. The headline keeps it up to date during training."""

from collections.abc import Mapping

from digitviz.dashboard.components.component import component

_CSS = """
.digitviz-happening {
  display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1.5rem; height: 61px; overflow: auto;
  box-sizing: border-box; margin: 0 -6px -8px; padding: 0 6px 8px; /* for a circle */
}
.digitviz-happening.elsewhere > :not(.st-key-dead-neurons) { opacity: .45; } /* about now */
.digitviz-happening p { margin: 0; line-height: 1.35; font-variant-numeric: tabular-nums; }
.digitviz-happening p:empty { display: none; }
.digitviz-happening p:first-child { flex-basis: 100%; font-size: 1.35rem; font-weight: 600; line-height: 1.2; }
.digitviz-happening .st-key-dead-neurons { font-size: .875rem; opacity: .8; }
.digitviz-happening .st-key-overfitting-gap:empty + .st-key-dead-neurons { display: none; } /* both at once */
@media (max-width: 1170px), (1401px <= width <= 1490px) { .digitviz-happening { height: 80px; } }
@media (max-width: 640px) {
  .digitviz-happening { min-height: 7.5rem; height: auto; }
  .digitviz-happening p { flex-basis: 100%; }
}
"""
_component = component("happening", _CSS)


def happening(news: Mapping[str, str], is_school: bool) -> None:
    """Show what is happening: three texts in places with the keys of `PLACES` in `happening.js`.

    Parameters
    ----------
    news : mapping
        From `digitviz.dashboard.train.happening.now`, until the stream sends something newer.
    is_school : bool
        True for plain words, and none about dead neurons.
    """
    _component(key="happening", data={**news, "isSchool": is_school})
