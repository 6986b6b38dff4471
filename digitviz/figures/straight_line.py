"""The figure of the straight line between the weights of two networks."""

from collections.abc import Mapping

import numpy as np

from digitviz.explanations.matching import StraightLine
from digitviz.figures import draw
from digitviz.figures.colours import ADDS, SENDS
from digitviz.figures.loss_landscape import by_powers
from digitviz.figures.picture import Picture, Plain, says
from digitviz.language import gettext as _, lazy_gettext, listed
from digitviz.numbers import in_percent

AS_THEY_ARE, MATCHED = "as they are", "matched"
NAMES = {AS_THEY_ARE: lazy_gettext("neurons as they are"), MATCHED: lazy_gettext("neurons matched")}
LOOKS: dict[str, draw.Part] = {
    AS_THEY_ARE: {"line": draw.stroke(ADDS, 3, "dash"), "marker": {"symbol": "diamond", "size": 7}},
    MATCHED: {"line": draw.stroke(SENDS, 3), "marker": {"symbol": "circle", "size": 7}},
}


@Picture
def straight_line(lines: Mapping[str, StraightLine]) -> Plain:
    """Draw accuracy and loss along straight lines from this network to another.

    Parameters
    ----------
    lines : mapping of str to StraightLine
        Keys are names in `NAMES` for the order of the other network's neurons.
    """
    powers = by_powers(*(line.losses for line in lines.values()))
    of_the_way = _("{share} of the way").format(share="%{x:.0%}")
    accuracy, loss = _("accuracy {share}").format(share="%{y:.1%}"), _("loss {number}").format(number="%{y:.3~g}")
    traces = []
    for kind, line in lines.items():
        look = {**LOOKS[kind], "name": str(NAMES[kind]), "legendgroup": kind}
        begin, mode = f"{NAMES[kind]}<br>{of_the_way}<br>", "lines+markers"
        known = np.where(np.isfinite(line.losses), line.losses, np.nan)
        traces += [
            draw.scatter(line.fractions, line.accuracies, mode, begin + accuracy, **look),
            draw.scatter(line.fractions, known, mode, begin + loss, "2", **look, showlegend=False),
        ]
    title = _("share of the way to the other network")
    across = draw.percent_axis(title, tickvals=[0, 0.5, 1], range=[-0.06, 1.06], zeroline=False)
    figure = draw.figure(
        *traces,
        xaxis={**across, "domain": [0, 0.46]},
        yaxis=draw.percent_axis(range=[-0.02, 1.02]),
        xaxis2={**across, "domain": [0.56, 1], "anchor": "y2"},
        yaxis2=draw.axis(anchor="x2", zeroline=False, type="log" if powers else "linear"),
        annotations=draw.panel_titles([_("test accuracy"), _("loss per test digit")]),
        legend={"y": 1.1},
        margin=(10, 10, 60, 10),
    )
    lowest = _("{order}: lowest accuracy {accuracy}")
    worst = [lowest.format(order=NAMES[kind], accuracy=in_percent(x.accuracies.min())) for kind, x in lines.items()]
    sentence = _("Accuracy and loss on the straight line between the weights of two networks; {worst}")
    return says(figure, sentence, worst=listed(worst))
