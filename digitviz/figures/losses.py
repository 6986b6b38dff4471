"""Figures of training progress: losses and accuracies. The run that a branch came from is grey in the background."""

from collections.abc import Iterable
from functools import cache

import numpy as np

from digitviz.explanations.evaluation import wilson_interval
from digitviz.figures import draw
from digitviz.figures.colours import (
    ALONG_SCALE,
    FIRST_TO_LAST,
    INVISIBLE,
    MUTED_COLOUR,
    PAIRS,
    PAPER_COLOUR,
    TEST_COLOUR,
    TRAIN_COLOUR,
    channels,
    see_through,
)
from digitviz.figures.draw import by_doubling, denser_at_the_start, evenly
from digitviz.figures.picture import Picture, Plain, follows, says
from digitviz.language import gettext as _, ngettext
from digitviz.numbers import in_percent, numeral, short
from digitviz.training.history import History
from digitviz.training.sweep import GUESSING

MAX_CURVES, MAX_PARENT_CURVES = 200, 40
MAX_POINTS = 5_000
"""Maximum number of points in all loss curves together, which is about 55 kB for the browser."""
MAX_POINTS_PER_CURVE = 120
GUESSES = tuple(range(10, 101, 5))
"""Test accuracies that a visitor can expect, in percent."""
MAX_PROGRESS_POINTS = 400
MAX_PARENT_POINTS = 1_000
"""Maximum number of points in the parent's loss if each batch has one step."""
CURVES_PER_COLOUR = len(FIRST_TO_LAST) * 3
RIGHT = 52
"""Right margin of a low picture, in pixels: room for "100%", so that pictures one above the other share their axis."""
ON_THE_RIGHT = {"side": "right", "ticklabelstandoff": 8}
"""The axis of a low picture, whose left edge is that of its heading."""


@Picture
def loss_curves(
    losses: np.ndarray,
    logarithmic: bool = False,
    loss_name: str = "loss",
    taken: int | None = None,
    batches: int | None = None,
    parent: History | None = None,
    begins_at: float | None = None,
    grows: bool = False,
    test_loss: np.ndarray | None = None,
    digits: int = 1,
) -> Plain:
    """Draw one loss curve per batch: over one another and coloured from first to last, or from left to right.

    It draws at most 201 curves, evenly chosen, and about 5,000 points in total. Each curve includes its first and last
    step, and is densest at its start.

    Parameters
    ----------
    losses : ndarray, shape (batches, steps_per_batch)
        nan for steps that are not recorded yet, and for the first batches if their losses were dropped.
    logarithmic : bool
        True for a logarithmic loss axis.
    loss_name : str
        Title of the loss axis. "" for none.
    taken : int, optional
        Number of steps to draw. All recorded steps by default.
    batches : int, optional
        Number of batches in the whole run. As many as `losses` has by default.
    parent : History, optional
        History of the run that this one branched off. Its later losses are in the background.
    begins_at : float, optional
        Loss before the first step. A figure that grows shows it until a step is taken. The axis leaves
        room above it, so that it fits from the start.
    grows : bool
        True if the browser extends the curves. The figure then has traces for all future curves.
    test_loss : ndarray, shape (batches,), optional
        Mean loss per test digit after each batch. The curves then follow one another in a low picture, all in one
        colour, and this is a thick line over them, scaled to their unit. A heading replaces the title of the loss axis.
    digits : int
        Number of digits in a batch.

    Returns
    -------
    Figure
        One pale trace per colour, whose curves are separated by gaps. The first and the last curve stand out. Curves
        that follow one another, also those of batches with a single step, are one line.
    """
    is_low = test_loss is not None
    steps, batches = losses.shape[1], batches or len(losses)
    taken = _last_recorded(losses) if taken is None else taken
    lost = int(np.isnan(losses[: (begun := -(-taken // steps)), 0]).sum())
    _every, shown = curves_shown(begun, lost, steps)
    points = points_of_a_curve(steps, batches)
    in_a_row = is_low or steps == 1  # a curve of one step is a single point
    is_empty = not len(shown) and not grows
    title = "" if is_low else _("batch (one step each)") if in_a_row else _("step within the batch")
    look: draw.Part = {"type": "log" if logarithmic else "linear", "rangemode": "tozero", "ticklabelstandoff": 4}
    if begins_at is not None and not logarithmic:
        empty = {"range": [0, 1.2 * begins_at], "uirevision": "empty"}  # a fixed range that does not outlast a reset
        look |= empty if is_empty else {"autorangeoptions": {"include": [1.2 * begins_at]}}
    of_digits = ngettext("loss of {count} digit: how wrong it is", "loss of {count} digits: how wrong it is", digits)
    question = _("How low will it fall?") if is_low else _("Press Train<br>and watch")
    notes = [draw.note(0.5, 0.5, question, 22, xref="paper", yref="paper")] if is_empty else []
    look, length = look | ({**ON_THE_RIGHT, "nticks": 4} if is_low else {}), batches if in_a_row else steps
    figure = draw.figure(
        xaxis=_in_steps(batches, steps) if is_low else draw.axis(title, range=[0, length], showgrid=not is_empty),
        yaxis=draw.axis(loss_name, showgrid=not is_empty, showticklabels=not is_empty or "range" in look, **look),
        annotations=notes,
        **(_low(of_digits.format(count=numeral(digits))) if is_low else {}),
    )
    says(follows(figure, "curves" if in_a_row else "losses"), loss_in_words(losses, taken, lost))
    if is_low and not is_empty:
        loss = np.nan if grows or test_loss is None or taken < steps else test_loss[taken // steps - 1]
        each = _("test: {loss} ({each} per digit)") if digits > 1 else _("test: {loss}")
        each = each.format(loss=short(digits * loss), each=short(loss)) if np.isfinite(loss) else _("test: new digits")
        names = [_("training: each batch"), each, *([] if parent is None else [_("unchanged")])]
        notes.append(_names(names, batches, 1, yref="paper"))
    colours = [FIRST_TO_LAST[0], *_colours_from_first_to_last(CURVES_PER_COLOUR)]  # the first is that of batch 1
    colour_of = 1 + np.minimum(shown * CURVES_PER_COLOUR // batches, CURVES_PER_COLOUR - 1)
    colour_of[shown == 0] = 0
    if in_a_row:
        colours, colour_of = [TRAIN_COLOUR], np.zeros_like(shown)
    elif not (lost or is_empty):
        notes += _named(1, 0, losses[0, 0] if taken else begins_at, logarithmic, colours[0])
    along = steps if in_a_row else 0
    values = _values(losses, shown, points, along)
    if len(shown):
        values[-1, : len(points)][shown[-1] * steps + points >= taken] = np.nan  # `losses` may include later steps
    said = _("batch {batch}<br>loss {loss}") if in_a_row else _("batch {batch}<br>step {step}<br>loss {loss}")
    figure["data"] += [] if parent is None else _losses_behind(parent, losses, points, along)
    if grows:
        needed = {"colours": len(colours) - 1, "notes": notes, "along": in_a_row, "digits": is_low and digits}
        figure["layout"]["meta"]["grows"] = {"kind": "losses", "first": len(figure["data"]), **needed}
    for colour in range(len(colours)) if grows else np.unique(colour_of).tolist():
        mine, (opacity, width) = colour_of == colour, (0.35, 1.2) if colour else (0.6, 1.2) if in_a_row else (1, 3.5)
        look = {"line": (colours[colour], width), "opacity": opacity}
        figure["data"].append(_curves(points, shown[mine], values[mine], said, along, **look))
    if len(shown):
        last, colour = (taken - 1) % steps, colours[colour_of[-1]]
        now = np.union1d(points, last)
        y = np.where((begun - 1) * steps + now < taken, losses[begun - 1, now], np.nan).astype(np.float32)
        is_over = in_a_row or taken == batches * steps
        figure["data"] += _growing(_across(begun - 1, now, along), begun, y, colour, along, is_over)
        if begun > 1 and not (grows or in_a_row) and 2 * last + 2 > steps:  # further left, it would cover the first
            notes += _named(begun, last + 1, losses[begun - 1, last], logarithmic, colour)
    elif grows:
        known = np.array([] if begins_at is None else [begins_at], np.float32)
        figure["data"] += _growing(_across(0, points[: len(known)], along), 1, known, colours[0], along)
    bar = _colour_bar(batches, not (in_a_row or is_empty))
    figure["data"].append(bar if test_loss is None else _of_test_digits(test_loss, digits, taken // steps, lost))
    return figure


def curves_shown(begun: int, lost: int, steps: int) -> tuple[int, np.ndarray]:
    """Choose the begun batches whose losses are drawn, see `by_doubling`. The first `lost` are unknown."""
    return by_doubling(begun, MAX_CURVES if steps > 1 else MAX_POINTS // 2, lost)


@cache
def points_of_a_curve(steps: int, batches: int) -> np.ndarray:
    """Choose the steps of a batch, from 0, at which its loss is drawn, in a run of `batches` batches."""
    return denser_at_the_start(steps, min(MAX_POINTS_PER_CURVE, max(4, MAX_POINTS // min(batches, MAX_CURVES))))


def course_shown(finished: int, lost: int) -> tuple[int, np.ndarray]:
    """Choose the finished batches with a point in the curves of accuracy and loss, see `by_doubling`."""
    return by_doubling(finished, MAX_PROGRESS_POINTS, lost)


def _values(losses: np.ndarray, shown: np.ndarray, points: np.ndarray, along: int) -> np.ndarray:
    """Return the losses of some batches at some steps, one row per batch. Unless `along`, the last column is a gap."""
    values = np.full((len(shown), len(points) + (not along)), np.nan, np.float32)
    values[:, : len(points)] = losses[np.ix_(shown, points)]
    return values


def _last_recorded(losses: np.ndarray) -> int:
    """Return the number of steps taken. Later losses are nan, and so are dropped early ones."""
    recorded = np.flatnonzero(~np.isnan(losses))
    return int(recorded[-1]) + 1 if len(recorded) else 0


def _on_hover(sentence: str, batch: str, digits: str = "") -> str:
    """Return the hover text for a point of a loss curve. plotly.js fills in the numbers."""
    return sentence.format(batch=batch, step="%{x:,}", loss="%{y:.3r}", digits=digits)


def _across(batch: int | np.ndarray, points: np.ndarray, along: int) -> np.ndarray:
    """Return where steps lie on the axis: within their batch, or if batches follow one another, in units of batches."""
    if along:
        return (batch + (points + 1) / along).astype(np.float32)
    return (points + 1).astype(np.uint32 if len(points) and points.max() >= 65_535 else np.uint16)


def _curves(points: np.ndarray, members: np.ndarray, y: np.ndarray, said: str, along: int, **look: object) -> draw.Part:
    """Return the curves of some batches as one trace. `y` is the result of `_values`."""
    x = np.broadcast_to(_across(members[:, None], np.append(points, -1)[: y.shape[1]], along), y.shape)  # 0 at the gap
    batches = np.repeat(members + 1, y.shape[1]).astype(np.uint16)
    return draw.scatter(x.ravel(), y.ravel(), "lines", _on_hover(said, "%{customdata:,}"), customdata=batches, **look)


def _of_test_digits(test_loss: np.ndarray, digits: int, finished: int, lost: int) -> draw.Part:
    """Return the thick line of the test loss after each batch, scaled to the `digits` of a batch."""
    _every, shown = course_shown(finished, lost)
    hover = _on_hover(_("after batch {batch}<br>loss of {digits} test digits: {loss}"), "%{x:,}", numeral(digits))
    y = test_loss[shown].astype(np.float32) * np.float32(digits)
    mode, dot = "markers" if len(shown) == 1 else "lines", draw.dot(9, TEST_COLOUR)
    return draw.scatter(shown + 1, y, mode, hover, line=(TEST_COLOUR, 3.5), marker=dot)


def _growing(
    x: np.ndarray, batch: int, y: np.ndarray, colour: str, along: int, is_over: bool = False
) -> list[draw.Part]:
    """Return the curve of the current batch, counted from 1, and a dot at its end, which shows even the first step.

    It stands out among curves that lie over one another, and is thinner than the test line over curves in a row.

    After the training, its values repeat those of the curve below, which has the hover texts. The same holds for curves
    that follow one another.
    """
    last = np.flatnonzero(np.isfinite(y))[-1:]
    hover = _on_hover(_("batch {batch} (now)<br>step {step}<br>loss {loss}"), numeral(batch))
    dot = draw.scatter(x[last], y[last], "markers", marker=draw.dot(9, colour), cliponaxis=False)
    line = draw.stroke(colour, 1.8 if along else 3.5)
    return [dot, draw.scatter(x, y, "lines", None if is_over else hover, line=line)]


def loss_in_words(losses: np.ndarray, taken: int, lost: int) -> str:
    """Describe the change of the loss over the steps taken. The first `lost` batches are unknown."""
    if not taken:
        return _("Loss of each batch: no batch has started")
    batches = -(-taken // losses.shape[1]) - lost
    if not batches:
        return _("Loss of each batch: the records so far are lost")
    sentence = _("Loss of each batch, {batches} so far: from {first} to {last}")
    first, last = short(losses[lost, 0]), short(losses[np.unravel_index(taken - 1, losses.shape)])
    return sentence.format(batches=numeral(batches), first=first, last=last)


def _low(heading: str) -> draw.Part:
    """Return the layout of a low picture: a heading instead of a title along its axis and a legend."""
    title = {"text": f"<b>{heading}</b>", "x": 0, "y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 4}}
    layout = {"title": title | {"font": draw.font(17)}, "margin": (6, RIGHT, 28, 0), "showlegend": False}
    return layout | {"meta": {"phone_layout": {"font": draw.font(14)}}}


def _in_steps(batches: int, steps: int) -> draw.Part:
    """Return the axis of a low picture: its numbers are batches, and the page, which counts steps, reads steps."""
    total = batches * steps
    marks = [0, total // 2, total] if total % 2 == 0 else [0, total]
    words = [numeral(mark) for mark in marks]
    words[1] = ngettext("{count} step", "{count} steps", marks[1]).format(count=words[1])
    look = {"showgrid": False, "ticklabelstandoff": 8}  # below the numbers of the other axis
    return {"range": [0, batches], "tickvals": [mark / steps for mark in marks], "ticktext": words, **look}


def _named(batch: int, x: int, loss: float | None, logarithmic: bool, colour: str) -> list[draw.Part]:
    """Return the name of a batch, counted from 1, above a point of its curve, if the axis has its loss."""
    if loss is None or not np.isfinite(loss) or (logarithmic and loss <= 0):
        return []
    words = _("batch {batch}").format(batch=numeral(batch))
    y, side = float(np.log10(loss) if logarithmic else loss), "right" if x else "left"
    look = draw.font(None, colour) | {"shadow": ", ".join([f"0 0 3px {PAPER_COLOUR}"] * 4)}  # over the other curves
    return [draw.note(x, y, f"<b>{words}</b>", font=look, xanchor=side, yanchor="bottom", yshift=2, name="label")]


def _colour_bar(batches: int, is_shown: bool) -> draw.Part:
    """Return a trace that shows only its colour bar."""
    bar = draw.axis(_("batch"), thickness=14, outlinewidth=0)
    scale = {"cmin": 1, "cmax": max(batches, 2), "colorscale": ALONG_SCALE, "colorbar": bar, "showscale": is_shown}
    return draw.scatter([None], [None], marker={"color": [1], **scale})


@cache
def _colours_from_first_to_last(count: int) -> list[str]:
    """Interpolate `count` colours along `FIRST_TO_LAST`."""
    known = np.array([channels(colour) for colour in FIRST_TO_LAST])
    places = np.linspace(0, len(known) - 1, count)
    mixed = [np.interp(places, np.arange(len(known)), channel) for channel in known.T]
    return [f"#{round(r):02x}{round(g):02x}{round(b):02x}" for r, g, b in zip(*mixed, strict=True)]


def _losses_behind(parent: History, losses: np.ndarray, points: np.ndarray, along: int) -> list[draw.Part]:
    """Return the parent's loss curves from the batch at which the branch left it. The result has at most one trace.

    Parameters
    ----------
    parent : History
    losses : ndarray, shape (batches, steps_per_batch)
        Losses of the branch.
    points : ndarray of int
        Indices of the drawn steps in a batch.
    along : int
        See `_across`.
    """
    theirs, finished = parent.recorded_losses, parent.finished_batches
    common = min(finished, len(losses))
    recorded = np.flatnonzero(~np.isnan(losses[:common, 0]))
    first = max(parent.known_from, int(recorded[0]) if len(recorded) else 0)  # either run may have dropped its start
    parted = np.flatnonzero(theirs[first:common, -1] != losses[first:common, -1])
    left_at = first + int(parted[0]) if len(parted) else max(first, common)
    shown = evenly(finished, MAX_PARENT_POINTS if len(points) == 1 else MAX_PARENT_CURVES, left_at)
    if not len(shown):
        return []
    said = _("without the change<br>batch {batch}<br>loss {loss}")
    y = _values(theirs, shown, points, along)
    return [_curves(points, shown, y, said, along, opacity=0.5, line=(MUTED_COLOUR, 1))]


@Picture
def progress_curves(
    history: History,
    batches: int,
    parent: History | None = None,
    begins_at: float | None = None,
    is_low: bool = False,
    test_digits: int = 0,
    grows: bool = False,
    guess: float | None = None,
) -> Plain:
    """Draw accuracy above and mean loss per digit below, for training and test digits, against batches.

    Parameters
    ----------
    history : History
    batches : int
        Number of finished batches.
    parent : History, optional
        History of the run that this one branched off. Its test accuracy and loss are dotted in the background.
    begins_at : float, optional
        Loss per digit before any step. It makes the axis fit from the start.
    is_low : bool
        True for a low picture, which shows only the accuracy.
    test_digits : int
        Number of test digits. The figure then shows the range in which the accuracy on other test digits may be by
        chance, see `wilson_interval`. 0 for no band.
    grows : bool
        True if the browser extends the lines. The names in a low picture then have no numbers.
    guess : float, optional
        Test accuracy that the visitor expects, 0 to 1, as a line in a low picture. Before the first batch, the picture
        asks for it, and a click reports it as a percentage.
    """
    total, rows = len(history.test_accuracy), 1 if is_low else 2
    _every, shown = course_shown(batches, history.known_from)
    traces = list[draw.Part]()
    if parent is not None:
        theirs = evenly(parent.finished_batches, MAX_PROGRESS_POINTS, parent.known_from)
        said, line = _("test digits, without the change<br>after batch {batch}"), draw.stroke(MUTED_COLOUR, 2, "dot")
        behind = _progress(_("unchanged"), said, (parent.test_accuracy, parent.test_loss)[:rows], theirs, line)
        traces += [trace | {"legendrank": 1001} for trace in behind]  # last in the legend
    meta = {"kind": "course", "first": len(traces), "digits": test_digits, "is_low": is_low}
    said, line = _("training digits<br>after batch {batch}"), draw.stroke(TRAIN_COLOUR, 2.5)
    traces += _progress(_("training"), said, (history.train_accuracy, history.train_loss)[:rows], shown, line)
    said, line = _("test digits<br>after batch {batch}"), draw.stroke(TEST_COLOUR, 2.5)
    traces += _progress(_("test"), said, (history.test_accuracy, history.test_loss)[:rows], shown, line)
    if test_digits:
        traces += _band(history.test_accuracy[shown], shown, test_digits, not is_low)
    words = _("guessing {share}").format(share=in_percent(GUESSING, 0))
    line = draw.note(total, GUESSING, words, None, MUTED_COLOUR, xanchor="right", yanchor="bottom")
    band = test_digits if len(shown) or grows else 0
    shapes = [draw.rule(0, total, GUESSING, GUESSING, draw.stroke(MUTED_COLOUR, dash="dot"))]
    notes, accuracy = [line], draw.percent_axis(None if is_low else _("accuracy"), ticklabelstandoff=6)
    if is_low:
        asked, press = _("How high will it climb?"), _("Press your guess.")
        words = f"{asked}<br><span style='font-size:17px'>{press}</span>"
        question = draw.note(total / 2, 0.97, words, 22, TRAIN_COLOUR, yanchor="top")
        if batches or grows:
            notes.append(_names_of_lines(history, batches, parent, grows, band))
        else:
            notes += [question] * (guess is None)
            offers = [_("guess {share}").format(share=in_percent(share / 100, 0)) for share in GUESSES]
            look = {
                "hovertext": offers,
                "hoverinfo": "text" if guess is None else "none",
                "marker": draw.dot(12, INVISIBLE),
                "customdata": GUESSES,
            }
            traces.append(draw.scatter([total / 2] * len(GUESSES), [share / 100 for share in GUESSES], **look))
        if guess is not None:
            words = _("your guess {share}").format(share=f"<b>{in_percent(guess, 0)}</b>")
            notes.append(draw.note(0, guess, words, 14, PAIRS["number"][0], xanchor="left", yanchor="bottom", xshift=2))
            shapes.append(draw.rule(0, total, guess, guess, draw.stroke(PAIRS["number"][0], 2, "dash")))
        batch = _in_steps(total, history.recorded_losses.shape[1])
        axes = {"xaxis": batch, "yaxis": accuracy | ON_THE_RIGHT | {"tickvals": [0, 0.5, 1]}}
    else:
        batch = draw.axis(_("batches"), range=[0, total])
        loss = draw.axis(_("loss per<br>digit"), rangemode="tozero", domain=[0, 0.45])
        axes = {"xaxis": batch | {"anchor": "y2"}, "yaxis": accuracy | {"domain": [0.55, 1]}, "yaxis2": loss}
        if not len(shown) and begins_at is not None:
            loss["range"] = [0, 1.05 * begins_at]
    figure = draw.figure(
        *traces,
        **axes,
        shapes=shapes,
        annotations=notes,
        **(_low(_("accuracy: how many it reads")) if is_low else {}),
    )
    if is_low and not batches and not grows:
        figure["layout"]["hoverdistance"] = -1  # a click anywhere is a guess
    figure = says(follows(figure, "curves"), accuracy_in_words(history, batches))
    figure["layout"]["meta"]["grows"] = meta | {"notes": notes}
    return figure


def _names_of_lines(history: History, batches: int, parent: History | None, grows: bool, band: int) -> draw.Part:
    """Return the names of a low picture's lines, with their last values, near their ends, and below them the band's."""
    known = not grows and batches > history.known_from
    ends = history.at_ends(np.array([batches - 1]))[0, :2].tolist() if known else [1.0, 1.0]
    names = [_("training"), _("test"), *([] if parent is None else [_("unchanged")])]
    told = [*(f" {in_percent(end)}" if known else "" for end in ends), ""]
    high = sorted(end for end in ends if end > 0.56)
    y = min(0.82, high[0] - 0.06) if high else max(ends) + 0.4
    words = _("shaded: could be luck ({count} digits)").format(count=numeral(band)) if band else ""
    return _names(map(str.__add__, names, told), len(history.test_accuracy), y, "&nbsp; ", words)


def _names(names: Iterable[str], x: float, y: float, gap: str = "<br>", of_band: str = "", **more: object) -> draw.Part:
    """Return the names of the lines of training, test and an unchanged run, and of a band, in their colours."""
    named = zip(names, (TRAIN_COLOUR, TEST_COLOUR, MUTED_COLOUR), strict=False)
    words = gap.join(f'<b style="color:{colour}">{name}</b>' for name, colour in named)
    words += of_band and f'<br><span style="color:{TEST_COLOUR}">{of_band}</span>'
    return draw.note(x, y, words, xanchor="right", yanchor="top", align="right", **more)


def _progress(
    name: str, after: str, curves: tuple[np.ndarray, ...], shown: np.ndarray, line: draw.Part
) -> list[draw.Part]:
    """Return one run's accuracy and its loss for some batches, or its accuracy alone."""
    x, moment, look = shown + 1, after.format(batch="%{x:,}"), {"name": name, "line": line, "legendgroup": name}
    found, mode = [], "lines" if len(shown) > 1 else "markers"
    for side, values, form in zip(("y", "y2"), curves, (".1%", ".3r"), strict=False):
        y, hover = values[shown].astype(np.float32), f"{moment}<br>%{{y:{form}}}"
        found.append(draw.scatter(x, y, mode, hover, yaxis=side, showlegend=side == "y", **look))
    return found


def _band(accuracies: np.ndarray, batches: np.ndarray, digits: int, is_named: bool) -> list[draw.Part]:
    """Return the lower and the upper end of the band around the accuracy on some test digits, after some batches."""
    ends = [wilson_interval(round(accuracy * digits), digits) for accuracy in accuracies.tolist()]
    name = _("chance ({count} digits)").format(count=numeral(digits))
    said = _("By chance, {count} other test digits<br>may give %{{y:.1%}} as well").format(count=numeral(digits))
    look = {"line": draw.stroke(TEST_COLOUR, 0), "name": name, "legendgroup": name}
    low, high = np.array(ends, np.float32).reshape(-1, 2).T
    fill = {"fill": "tonexty", "fillcolor": see_through(TEST_COLOUR, 0.2)}
    return [
        draw.scatter(batches + 1, low, "lines", said, showlegend=False, **look),
        draw.scatter(batches + 1, high, "lines", said, showlegend=is_named, **look, **fill),
    ]


def accuracy_in_words(history: History, batches: int) -> str:
    """Describe the accuracy after `batches` batches."""
    if not batches:
        return _("Accuracy and loss after each batch: no batch is finished")
    if batches <= history.known_from:
        return _("Accuracy and loss after each batch: the records so far are lost")
    sentence = _("After batch {batches}, {test} of the test digits and {training} of the training digits are correct")
    training, test, *_losses = history.at_ends(np.array([batches - 1]))[0].tolist()
    return sentence.format(batches=numeral(batches), test=in_percent(test), training=in_percent(training))
