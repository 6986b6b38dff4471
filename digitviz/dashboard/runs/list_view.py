"""The list of an owner's runs, with the test digits that each one reads, their names, states and actions."""

import io
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from typing import Any, Literal, NamedTuple

import numpy as np
import streamlit as st

from digitviz.dashboard.runs import actions, windows
from digitviz.dashboard.runs.readings import Reading, readings
from digitviz.dashboard.runtime.outside import as_code
from digitviz.dashboard.runtime.turns import on_click
from digitviz.dashboard.session import current_run, example, run_words as words, training_data
from digitviz.dashboard.session.frame_choices import SCHOOL, level
from digitviz.dashboard.session.open_runs import open_runs
from digitviz.datasets import PIXEL_MAX
from digitviz.language import gettext as _, joined, lazy_gettext, ngettext
from digitviz.numbers import a_digit, in_percent, numeral
from digitviz.store import KeptRun
from digitviz.training.run import RunState


class Ranking(NamedTuple):
    """All rows compared.

    Attributes
    ----------
    best : KeptRun or None
        None unless there are several rows with the same test digits.
    ends : (float, float)
        Interval of the best one.
    tied : tuple of KeptRun
        The other runs whose intervals overlap it.
    names : mapping of str to str
        Names of all rows, which may come from outside, by their ids.
    part : object
        The most frequent test digits, as `run_words.test_part` says.
    read : mapping of str to Reading
        The answers of runs with the same test digits, by their ids.
    hard : int
        Number of these digits that at least one run misreads.
    shown : ndarray of int
        Some of the hard ones. A run misreads about the same share of them as of all hard ones. First come those that
        the run with the fewest mistakes reads.
    """

    best: KeptRun | None
    ends: tuple[float, float]
    tied: tuple[KeptRun, ...]
    names: Mapping[str, str]
    part: object
    read: Mapping[str, Reading]
    hard: int
    shown: np.ndarray


AT_ONCE = 20
"""Number of runs listed at first, and added by "Show more"."""
MAX_COMPARED = 6
COMPARE = ":material/compare_arrows:"
MOST_SHOWN = 9
"""Number of hard digits above the rows."""
UNRANKED = lazy_gettext("Which of your runs reads best?")
IN_DOUBT = lazy_gettext("Would the best also win with other digits?")
_SHOWN = "runs_shown"
_SELECTED = "run_selected_{id}"
ACTIONS = {
    "rename": lazy_gettext("Rename"),
    "pin": lazy_gettext("Pin"),
    "unpin": lazy_gettext("Unpin"),
    "link": lazy_gettext("Link"),
    "delete": lazy_gettext("Delete"),
}


def forget() -> None:
    """Show only the first runs again."""
    st.session_state.pop(_SHOWN, None)


def ranked(runs: Sequence[KeptRun], examples: Sequence[KeptRun]) -> Ranking:
    """Compare all rows, with the answers of those that are shown."""
    shown = runs[: st.session_state.get(_SHOWN, AT_ONCE)]
    return _ranking_of([*runs, *examples], readings([*shown, *examples]))


def question(runs: Sequence[KeptRun], ranking: Ranking) -> str:
    """Return the title of the page, a question that its rows do not answer."""
    if runs:
        return str(UNRANKED if ranking.best is None else IN_DOUBT)
    if ranking.best is None or not (count := words.tested(ranking.best)):
        return _("Can your network read these digits?")
    right = numeral(round((words.accuracy(ranking.best) or 0) * count))
    return _("Can your network beat {right} of {count}?").format(right=right, count=numeral(count))


def show(runs: Sequence[KeptRun], examples: Sequence[KeptRun], ranking: Ranking) -> None:
    """Show the runs in the given order, one per row, or a place for the first one. Examples without actions follow."""
    deletions = actions.deletions()
    known = _names([*runs, *(each.only for each in deletions if each.only)]) if deletions else {}
    shown = runs[: st.session_state.get(_SHOWN, AT_ONCE)]
    for number, deletion in reversed(list(enumerate(deletions))[1:]):
        _deleted(number, deletion, known)
    with st.container(key="run_tree"):
        if runs:
            _verdict(ranking, is_title=True)
        if ranking.hard or not runs:
            st.container(key="hard_digits").html(_hard_digits(ranking))
        if shown:
            with st.container(key="run_list"):
                for run in shown:
                    _row(run, _html(run, ranking), ranking.names[run.id] if len(runs) > 1 else None)
        else:
            _place_for_the_first()
        if examples:
            st.container(key="run_examples").html("".join(_html(each, ranking) for each in examples))
        if not runs:
            _verdict(ranking, is_title=False)
        selected = [run for run in shown if st.session_state.get(_SELECTED.format(id=run.id))]
        with st.container(gap="xsmall", key="stays_in_sight" if selected or deletions else "what_next"):
            if runs:
                _bar(runs, selected, examples)
            for deletion in deletions[:1]:
                _deleted(0, deletion, known)
    if left := len(runs) - len(shown):
        title = ngettext("Show more ({count} run)", "Show more ({count} runs)", left).format(count=numeral(left))
        st.button(title, key="more_runs", on_click=on_click(_show_more), args=(len(shown),))


def _ranking_of(rows: Sequence[KeptRun], read: dict[str, Reading]) -> Ranking:
    known = [
        (accuracy, words.accuracy_interval(run), run) for run in rows if (accuracy := words.accuracy(run)) is not None
    ]
    bars = [interval or (accuracy,) * 2 for accuracy, interval, _run in known]
    parts = Counter(map(words.test_part, rows)).most_common() or [(None, 0)]
    is_fair = len(parts) == 1 and len(known) > 1
    leader = max(range(len(known)), key=lambda place: known[place][0]) if is_fair else None
    best, ends = (None, (1.0, 1.0)) if leader is None else (known[leader][2], bars[leader])
    near = [run for (_low, high), (*_known, run) in zip(bars, known, strict=True) if high >= ends[0]]
    tied = tuple(run for run in near if best is not None and run.id != best.id)
    wrong = np.array(sorted((each.digits.labels != each.answers for each in read.values()), key=np.sum))
    hard = np.flatnonzero(wrong.any(axis=0)) if read else np.zeros(0, int)
    ordered, count = hard[np.lexsort(wrong[::-1, hard])] if read else hard, min(len(hard), MOST_SHOWN)
    shown = ordered[((np.arange(count) + 0.5) * len(hard) / max(count, 1)).astype(int)]
    return Ranking(best, ends, tied, _names(rows), parts[0][0], read, len(hard), shown)


def _names(rows: Sequence[KeptRun]) -> dict[str, str]:
    """Return the names of runs by their ids. Those of the same name are numbered by age."""
    by_age = sorted(rows, key=lambda run: run.created)
    plain, called = str(words.AS_IN_THE_NOTEBOOK), [words.name(run) for run in by_age]
    called = [_("Your network") if name == plain else name for name in called]
    numbered = [f"{name} {numeral(called[:at].count(name) + 1)}" for at, name in enumerate(called)]
    shown = [each if called.count(name) > 1 else name for each, name in zip(numbered, called, strict=True)]
    return {run.id: name for run, name in zip(by_age, shown, strict=True)}


def _verdict(ranking: Ranking, is_title: bool) -> None:
    """Ask whether the best run was lucky, unless the title does. The answer is below each guess, and in the rows."""
    if ranking.best is None:
        return
    rows, count = (ranking.best, *ranking.tied), words.tested(ranking.best)
    best, *others = (f"<strong><bdi>{escape(ranking.names[run.id])}</bdi></strong>" for run in rows)
    if len(others) > 1:
        many = ngettext("{count} other", "{count} others", len(others)).format(count=numeral(len(others)))
        others = [escape(many)]
    if others:
        sentence, more = _("{run} and {others}: too close to call."), 0
        if len(rows) == 2 and count:
            first, second = (round((run.accuracy or 0) * count) for run in rows)
            if more := first - second:
                sentence = ngettext(
                    "{run} reads {more} digit more than {others}: it could be luck.",
                    "{run} reads {more} digits more than {others}: it could be luck.",
                    more,
                )
        said = escape(sentence).format(run=best, others=others[0], more=numeral(more))
    else:
        sentence = _("{run} reads best: {accuracy} of new digits. Its lead is clear.")
        if ranking.best.owner == example.NOBODY:
            sentence = _("{run} reads best: {accuracy} of new digits. Can you beat it?")
        accuracy = escape(words.accuracy_in_words(ranking.best))
        said = '<em aria-hidden="true">★</em> ' + escape(sentence).format(run=best, accuracy=accuracy)
    said += " " + escape(_("Each line on a bar shows where the bar may end with other digits."))
    guesses = {_("Surely"): not others, _("Maybe not"): bool(others)}
    right = escape(_("Right!"))
    folds = "".join(
        f'<details name="luck"><summary>{escape(guess)}</summary>{right * is_right} {said}</details>'
        for guess, is_right in guesses.items()
    )
    asked = "" if is_title else f"<strong>{escape(str(IN_DOUBT))}</strong>"
    st.html(f'<div class="digitviz-run-verdict">{asked}{folds}</div>')


def _place_for_the_first() -> None:
    with st.container(key="no_runs"):
        if st.button(_("Train your own"), key="first_run", type="primary", icon=":material/play_arrow:"):
            st.switch_page("pages/train.py")
        yours = escape(_("Yours"))
        st.html(
            f'<div class="digitviz-run"><div class="digitviz-run-words"><strong>{yours}</strong></div>'
            f'<div class="digitviz-read"><s></s>{"<q>?</q>" * MOST_SHOWN}</div></div>'
        )


def _show_more(shown: int) -> None:
    st.session_state[_SHOWN] = shown + AT_ONCE


def _deleted(number: int, deletion: actions.Deletion, known: Mapping[str, str]) -> None:
    """Show a deletion with its undo button; the latest has number 0. `known` names the runs."""
    count = len(deletion.ids)
    said = ngettext("Deleted: {count} run.", "Deleted: {count} runs.", count).format(count=numeral(count))
    if deletion.only:
        said = _("Deleted: {run}.").format(run=as_code(known[deletion.only.id], limit=words.MAX_CHARACTERS))
    if deletion.was_open and current_run.opened() is None:
        one = _("It was open here, so Train now starts a new run.")
        said = joined([said, one if count == 1 else _("One of them was open here, so Train now starts a new run.")])
    offer_undo(said, f"deletion_{number}", f"undo_run_{number}", deletion)


def offer_undo(said: str, key: str, button: str, *undone: object) -> None:
    """Show a text about a deletion, and a button that calls `actions.undo` with these arguments."""
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        st.markdown(said, width="content")
        st.button(_("Undo"), key=button, icon=":material/undo:", on_click=on_click(actions.undo), args=undone)


def _bar(runs: Sequence[KeptRun], selected: Sequence[KeptRun], examples: Sequence[KeptRun]) -> None:
    """Show what to do next: train another run, compare the only one with the example, or act on the selected ones."""
    count, ids = len(selected), tuple(run.id for run in selected)
    with st.container(horizontal=True, vertical_alignment="center", key="selected_runs"):
        kind: Literal["primary", "secondary"] = "secondary" if ids else "primary"
        if st.button(_("Train another"), key="train_another", type=kind, icon=":material/play_arrow:"):
            st.switch_page("pages/train.py")
        look: dict[str, Any] = {"icon": COMPARE, "on_click": on_click(windows.open_window)}
        if len(runs) == 1:
            if examples:
                look["args"], said = ("compare", (runs[0].id, examples[0].id)), _("Compare with {run}")
                st.button(said.format(run=words.name(examples[0])), key="compare_with_example", **look)
            return
        comparable = 2 <= count <= MAX_COMPARED
        look |= {"args": ("compare", ids), "disabled": not comparable, "type": "primary" if comparable else "secondary"}
        st.button(_("Compare"), key="compare_runs", **look)
        if ids:
            look = {"icon": ":material/delete:", "on_click": on_click(actions.delete), "args": (ids,)}
            st.button(_("Delete"), key="delete_runs", **look)
        told = ngettext("{count} run selected.", "{count} runs selected.", count).format(count=count) if count else ""
        select = "" if comparable else _("Select 2 to {most} runs to compare them.").format(most=MAX_COMPARED)
        st.caption(joined([told, select]), width="content")


def _row(run: KeptRun, content: str, called: str | None) -> None:
    """Show a run with its actions, and a box to select it if it has a name."""
    with st.container(horizontal=True, gap=None, key=f"run_{run.id}"):
        if called is not None:
            said = called.translate(dict.fromkeys(map(ord, "$`*_{}[]<>:\\")))  # for screen readers
            label, key = _("Select {run}").format(run=said), _SELECTED.format(id=run.id)
            st.checkbox(label, key=key, label_visibility="collapsed", width="content")
        st.html(content)
        with st.container(horizontal=True, width="content", gap="xsmall"):
            if st.button(_("Open"), key=f"open_{run.id}"):
                open_on_train(run.id)
            act = on_click(partial(_act, run.id))
            options = ["rename", "unpin" if run.pinned else "pin", "link", "delete"]
            titles = {action: str(ACTIONS[action]) for action in options}
            st.menu_button(_("More"), options, key=f"act_{run.id}", format_func=titles.__getitem__, on_click=act)


def open_on_train(id: str) -> None:
    """Go to Train with a run; ends this run of the page."""
    st.switch_page("pages/train.py", query_params={"run": id})


def _act(id: str) -> None:
    match st.session_state.get(f"act_{id}"):  # the browser's value is untrusted
        case "pin" | "unpin" as action:
            actions.pin(id, action == "pin")
        case "delete":
            actions.delete((id,))
        case "rename" | "link" as window:
            windows.open_window(window, (id,))


def _hard_digits(ranking: Ranking) -> str:
    """Return the HTML of the hard digits, the head of the columns of all rows. Before any run, of the first ones."""
    from PIL import Image

    said, run = _("{hard} of {count} new digits fool at least one of the networks, such as these:"), ""
    digits, shown = next((read.digits for read in ranking.read.values()), None), ranking.shown
    if digits is None:
        digits = training_data.pixels("digits").split(example.SETTINGS.train_fraction)[1]
        said, shown = _("Some of {count} new digits."), np.arange(MOST_SHOWN)
    elif len(ranking.read) == 1:
        said = _("{run} misreads {hard} of {count} new digits, such as these:")
        run = f"<bdi>{escape(ranking.names[next(iter(ranking.read))])}</bdi>"
    said, cells = escape(said).format(count=numeral(len(digits)), hard=numeral(ranking.hard), run=run), ""
    for label, ink in zip(digits.labels[shown], digits.images[shown], strict=True):  # opaque ink
        picture, file = Image.new("L", ink.shape), io.BytesIO()
        picture.putalpha(Image.fromarray((ink * (255 / PIXEL_MAX)).astype(np.uint8)))
        picture.save(file, "PNG")
        address = f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
        cells += f'<u style="--digit:url({address})">{label}</u>'
    return (
        f'<div class="digitviz-hard" data-main-picture="true"><div class="digitviz-run-words">{said}</div>'
        f'<div class="digitviz-read"><s></s>{cells}</div></div>'
    )


def _field(run: KeptRun, ranking: Ranking) -> str:
    """Return the HTML of a bar of the digits that a run reads, and its answers to the hard ones if they are at hand."""
    accuracy = words.accuracy(run)
    if accuracy is None:
        return '<div class="digitviz-read"></div>'
    said, marks = _("{accuracy} of the test digits read correctly").format(accuracy=in_percent(accuracy)), ""
    low, high = words.accuracy_interval(run) or (accuracy, accuracy)
    if (read := ranking.read.get(run.id)) is not None:
        for label, answer in zip(read.digits.labels[ranking.shown], read.answers[ranking.shown], strict=True):
            title = _("{a_label}, read as {answer}").format(a_label=a_digit(int(label)), answer=answer)
            mark = escape(_("as {answer}")).format(answer=f"<span>{answer}</span>")
            marks += f'<i title="{title}">✓</i>' if answer == label else f'<b title="{title}">{mark}</b>'
    elif words.tested(run) and words.test_part(run) != ranking.part:
        other = _("Tested on other digits, so the counts cannot be compared.")
        marks = f"<p>{escape(other)}</p>"
    style = f"--share:{accuracy:.2%};--low:{low:.2%};--high:{high:.2%}"
    return f'<div class="digitviz-read" style="{style}"><s role="img" aria-label="{said}"></s>{marks}</div>'


def _html(run: KeptRun, ranking: Ranking) -> str:
    """Return the HTML of a row, which has a verdict if it is one of several. The title is untrusted text."""
    called, otherwise, chosen = ranking.names[run.id], words.settings_in_words(run), words.settings(run)
    if otherwise == str(words.AS_IN_THE_NOTEBOOK) and chosen is not None:
        sizes = {"neurons": numeral(sum(chosen.hidden)), "batches": numeral(chosen.batches)}
        otherwise = _("{neurons} hidden neurons, {batches} batches").format(**sizes)
    parent, branched = ranking.names.get(run.parent or "", _("another run")), ""
    if run.parent is not None and run.left_at is not None:
        branched = _("branched off {run} after batch {batch}").format(run=parent, batch=numeral(run.left_at))
    is_over = run.step >= run.total_steps and run.state != RunState.DIVERGED
    notes = [
        _("pinned") if run.pinned else "",
        _("open here") if is_open_here(run) else "",
        "" if called.startswith(otherwise) else otherwise,
        "" if is_over else words.state(run, is_moving(run)),
        branched,
        words.when(run.changed).replace(" ", "\u00a0"),
    ]
    about = "" if run.owner == example.NOBODY else " · ".join(escape(note) for note in notes if note)
    accuracy, count, interval = words.accuracy(run), words.tested(run), words.accuracy_interval(run)
    judged = [f"<small>{escape(words.accuracy_in_words(run))}</small>"]
    if accuracy is not None and interval and count:
        right = round(accuracy * count)
        said = escape(_("{right} of {count} right"))
        said = said.format(right=f"<b>{numeral(right)}</b>", count=numeral(count))
        wrong = escape(_("{count} misread").format(count=numeral(count - right)))
        low, high = (numeral(round(end * count)) for end in interval)
        other = _("{accuracy}; on {count} other digits, perhaps {low} to {high}")
        other = escape(other if level() != SCHOOL else "{accuracy}")
        other = other.format(accuracy=in_percent(accuracy), count=numeral(count), low=low, high=high)
        judged = [said, f"<em>{wrong}</em>", f"<small>{other}</small>"]
        if ranking.best is not None:
            verdict = _("maybe as good") if interval[1] >= ranking.ends[0] else _("clearly worse")
            fewer = round((ranking.best.accuracy or 0) * count) - right
            place = ngettext("{count} digit fewer", "{count} digits fewer", fewer).format(count=numeral(fewer))
            if not fewer:
                place = _("the one to beat")
                verdict = _("too close to call") if ranking.tied else _("{star} best so far")
            judged.insert(2, f"<i>{escape(place)}</i>" if fewer else f"<mark>{escape(place)}</mark>")
            judged.append(f"<span>{escape(verdict).format(star='<em>★</em>')}</span>")
    return (
        '<div class="digitviz-run"><div class="digitviz-run-words">'
        f'<strong><bdi>{escape(called)}</bdi></strong><div class="digitviz-run-accuracy">{" ".join(judged)}</div>'
        f"<div>{about}</div></div>{_field(run, ranking)}</div>"
    )


def is_open_here(run: KeptRun) -> bool:
    """Return whether this session has the run open."""
    opened = current_run.opened()
    return opened is not None and opened.id == run.id


def is_moving(run: KeptRun) -> bool:
    """Return whether a run is training: it wants steps, and is open in a tab."""
    opened = open_runs().find(run.id)
    return opened is not None and opened.job.wants_steps and bool(opened.tabs)
