"""The straight line between the weights of two networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from digitviz.explanations.matching import StraightLine
from digitviz.figures.colours import ADDS, SENDS
from digitviz.figures.picture import Picture, Plain, plain_figure
from digitviz.figures.powers import by_powers, heights, ticks
from digitviz.figures.sentence import says
from digitviz.figures.theme import subplot_titles
from digitviz.language import gettext as _
from digitviz.language import lazy_gettext

AS_THEY_ARE, MATCHED = "as they are", "matched"
NAMES = {AS_THEY_ARE: lazy_gettext("neurons as they are"), MATCHED: lazy_gettext("neurons matched")}
LOOKS: dict[str, dict[str, Any]] = {
    AS_THEY_ARE: {"line": {"color": ADDS, "width": 3, "dash": "dash"}, "marker": {"symbol": "diamond", "size": 7}},
    MATCHED: {"line": {"color": SENDS, "width": 3}, "marker": {"symbol": "circle", "size": 7}},
}


@Picture
def straight_line(lines: Mapping[str, StraightLine]) -> Plain:
    """Draw accuracy and loss along straight lines from this network to another.

    Parameters
    ----------
    lines : mapping of str to StraightLine
        By the names in `NAMES`: what the order of the other's neurons is.
    """
    powers = by_powers(*(line.losses for line in lines.values()))
    drawn = np.concatenate([heights(line.losses, powers) for line in lines.values()])
    drawn = drawn[np.isfinite(drawn)]
    lowest, highest = (float(drawn.min()), float(drawn.max())) if drawn.size else (0.0, 1.0)
    traces = []
    for kind, line in lines.items():
        name = str(NAMES[kind])
        look = {"type": "scatter", "x": line.fractions, "mode": "lines+markers", "name": name, "legendgroup": kind}
        of_the_way = _("{share} of the way").format(share="%{x:.0%}")
        accuracy = _("accuracy {share}").format(share="%{y:.1%}")
        loss = _("loss {number}").format(number="%{customdata:.3~g}")
        begin = f"{name}<br>{of_the_way}<br>"
        traces += [
            {**look, **LOOKS[kind], "y": line.accuracies, "hovertemplate": f"{begin}{accuracy}<extra></extra>"},
            {
                **look, **LOOKS[kind], "y": heights(line.losses, powers), "customdata": line.losses,
                "xaxis": "x2", "yaxis": "y2", "showlegend": False, "hovertemplate": f"{begin}{loss}<extra></extra>",
            },
        ]  # fmt: skip
    across = {
        "tickvals": [0, 0.5, 1], "tickformat": ".0%", "range": [-0.06, 1.06], "zeroline": False,
        "title": {"text": _("way to the other network")},
    }  # fmt: skip
    figure = plain_figure(
        *traces,
        xaxis={**across, "domain": [0, 0.46]},
        yaxis={"range": [-0.02, 1.02], "tickformat": ".0%"},
        xaxis2={**across, "domain": [0.56, 1], "anchor": "y2"},
        yaxis2={"anchor": "x2", "zeroline": False, **ticks(lowest, highest, powers)},
        annotations=subplot_titles({"": _("test accuracy"), "2": _("loss per test digit")}),
        legend={"y": 1.1},
        margin={"l": 10, "r": 10, "t": 60, "b": 10},
    )
    worst = [
        _("{order}: {accuracy} at worst").format(order=NAMES[kind], accuracy=f"{line.accuracies.min():.1%}")
        for kind, line in lines.items()
    ]
    sentence = _("Accuracy and loss on the straight line between the weights of two networks; {worst}")
    return says(figure, sentence.format(worst=", ".join(worst)))
