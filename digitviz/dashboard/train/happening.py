"""What is happening in a training, in words: a table of observations, the dead neurons, and the gap of overfitting."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from digitviz.dashboard.train import accuracy
from digitviz.language import Lazy, gettext as _, lazy_gettext, listed
from digitviz.numbers import in_percent, numeral, short
from digitviz.training.faults import KNOWN_SHARE, Checkup
from digitviz.training.history import History
from digitviz.training.pool import Job, Progress
from digitviz.training.record import BATCH_CURVES

SLOW_SECONDS = 3.0
"""A training is slow if a batch takes at least this time. Only then is there time to read about a new batch."""
NEW_BATCH_STEPS = 3
"""Steps for which a batch is new."""
JUMP, RISE = 1.2, 1.05
"""Ratio to an earlier loss from which a loss jumps with a new batch, or rises within a batch."""
RISING_STEPS = 100
"""Number of steps whose losses are compared with those of as many steps before, if each batch has one step."""
UNCHANGED_STEPS, SAME_LOSS = 2_000, 1e-4
"""Number of steps in which nothing changes, and the largest relative difference of equal losses."""
MEMORIZES, CLEAR_GAP = 0.95, 0.1
"""Accuracy on the training digits, and its lead over the test digits, from which a network memorizes."""
CHANCE = 1.96
"""Number of standard errors within which 95 of 100 chance differences lie."""
MANY_DEAD, DEAD_SHARE = 3, 0.05
"""Number of dead neurons, and fraction of all hidden neurons, from which they are an observation. A few are dead in
many networks before the first step."""
MAX_NAMED = 8
"""Limit for the dead neurons that are named."""

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Facts:
    """The facts that the observations read. Their cost does not grow with the run or the network.

    Parameters
    ----------
    step, steps_per_batch : int
    running, slow, over, is_random : bool
        True while it trains; while there is time to read about single steps; if it can take no more steps; and if its
        first weights are random.
    losses : ndarray
        Recorded loss of each step, shape (at least `step`,).
    ends : ndarray, shape (2, 4)
        Accuracy on training and test digits, then loss on both, after the batch `UNCHANGED_STEPS` ago and after the
        last one. nan if there is no such batch.
    checkup : Checkup or None
    neurons : int
        Number of hidden neurons.
    """

    step: int
    steps_per_batch: int
    running: bool
    slow: bool
    over: bool
    losses: np.ndarray
    ends: np.ndarray
    checkup: Checkup | None
    neurons: int
    is_random: bool = True

    @property
    def in_batch(self) -> int:
        """Number of steps taken on the current batch, at least 1 after the first step of the run."""
        return (self.step - 1) % self.steps_per_batch + 1 if self.step else 0

    def loss(self, ago: int = 0) -> float:
        """Return the loss some steps before the last one."""
        return float(self.losses[self.step - 1 - ago])


def facts(job: Job, progress: Progress) -> Facts:
    """Return the facts about a run, without computing anything."""
    snapshot, settings = job.run.snapshot, job.run.hyperparameters
    judged, history = accuracy.known(job), snapshot.history
    is_slow = job.speed is not None and settings.steps_per_batch >= SLOW_SECONDS * job.speed
    return Facts(
        snapshot.step,
        settings.steps_per_batch,
        progress.is_running,
        is_slow or not progress.is_running,
        progress.is_over and not accuracy.is_awaited(job),  # the headline has the same accuracy
        history.recorded_losses.reshape(-1),
        _ends(history, settings.steps_per_batch),
        None if judged is None else judged.known_checkup,
        sum(settings.hidden),
        job.run.recipe.start is None and settings.initialization != "zeros",
    )


def _ends(history: History, steps_per_batch: int) -> np.ndarray:
    last = history.finished_batches - 1
    earlier = last - -(-UNCHANGED_STEPS // steps_per_batch)
    none = np.full(len(BATCH_CURVES), np.nan)
    return np.array([history.at_ends(np.array([batch]))[0] if batch >= 0 else none for batch in (earlier, last)])


Holds = Callable[[Facts], Fields | None]
"""Returns the values for the placeholders of an observation's words if it is happening, otherwise None."""
OBSERVATIONS = dict[str, tuple[Holds, Lazy]]()
"""Observations by name, the rarest first, in the order of this file. The page shows the first that holds.

The words are in the present tense, and stay true while the training goes on: in three seconds, it may learn from a
hundred batches.
"""


def _observation(words: Lazy) -> Callable[[Holds], Holds]:
    """Add the decorated function to `OBSERVATIONS` under its name."""

    def add(holds: Holds) -> Holds:
        OBSERVATIONS[holds.__name__.removeprefix("_")] = holds, words
        return holds

    return add


@_observation(lazy_gettext("It knows nothing yet: the weights are random, so it guesses. Press Train."))
def _before(facts: Facts) -> Fields | None:
    return None if facts.step or facts.running or not facts.is_random else {}


@_observation(lazy_gettext("Nothing yet: the network has not taken a step here."))
def _not_random(facts: Facts) -> Fields | None:
    return None if facts.step or facts.running else {}


@_observation(lazy_gettext("It knows its first digit, the {digit}: it finds at least {share}, with few mix-ups."))
def _first_digit(facts: Facts) -> Fields | None:
    known = () if facts.checkup is None else facts.checkup.known
    return {"digit": str(known[0]), "share": in_percent(KNOWN_SHARE, 0)} if facts.step and len(known) == 1 else None


def _course(facts: Facts, least: int) -> tuple[int, float, float]:
    """Return a number of steps, and the loss before and after them: nan if there are fewer than `least`."""
    steps = facts.in_batch
    if facts.steps_per_batch > 1:
        return (steps, facts.loss(steps - 1), facts.loss()) if steps >= least else (steps, np.nan, np.nan)
    both = 2 * RISING_STEPS
    last = facts.losses[facts.step - both : facts.step] if facts.step >= both else np.full(both, np.nan)
    return (RISING_STEPS, *last.reshape(2, RISING_STEPS).mean(axis=1).tolist())  # of the means of both halves


@_observation(lazy_gettext("The loss rises from {first} to {now} in {steps} steps: the steps are too long."))
def _rises(facts: Facts) -> Fields | None:
    steps, first, now = _course(facts, NEW_BATCH_STEPS + 1)
    rises = now > RISE * first and not facts.over
    return {"steps": numeral(steps), "first": short(first), "now": short(now)} if rises else None


@_observation(lazy_gettext("New batch, so the loss jumps from {before} to {now}: these are other digits."))
def _new_batch(facts: Facts) -> Fields | None:
    if not facts.slow or facts.steps_per_batch == 1 or facts.step <= facts.in_batch or facts.in_batch > NEW_BATCH_STEPS:
        return None
    before, now = facts.loss(facts.in_batch), facts.loss(facts.in_batch - 1)
    return {"before": short(before), "now": short(now)} if now > JUMP * before else None


@_observation(lazy_gettext("Nothing has changed for at least {steps} steps."))
def _unchanged(facts: Facts) -> Fields | None:
    earlier, last = facts.ends
    same = abs(last[2] - earlier[2]) <= SAME_LOSS * abs(earlier[2]) and (last[:2] == earlier[:2]).all()
    return {"steps": numeral(UNCHANGED_STEPS)} if same else None


@_observation(lazy_gettext("{train} of its own digits are right, but only {test} of new ones: it learned by heart."))
def _memorizes(facts: Facts) -> Fields | None:
    train, test = facts.ends[1, :2]
    memorizes = train >= MEMORIZES and train - test >= CLEAR_GAP
    return {"train": in_percent(train, 0), "test": in_percent(test, 0)} if memorizes else None


@_observation(lazy_gettext("{count} neurons do nothing: whatever the digit, their output stays the same."))
def _dead(facts: Facts) -> Fields | None:
    count = 0 if facts.checkup is None else sum(map(len, facts.checkup.dead))
    return {"count": numeral(count)} if count >= max(MANY_DEAD, DEAD_SHARE * facts.neurons) else None


@_observation(lazy_gettext("The loss falls from {first} to {now} in {steps} steps: the answers get better."))
def _falls(facts: Facts) -> Fields | None:
    steps, first, now = _course(facts, 2)
    least = 1 if facts.steps_per_batch > 1 else RISE  # other digits give other losses
    falls = now * least < first and short(now) != short(first) and not facts.over
    return {"steps": numeral(steps), "first": short(first), "now": short(now)} if falls else None


@_observation(lazy_gettext("Training is over after {step} steps."))
def _over(facts: Facts) -> Fields | None:
    return {"step": numeral(facts.step)} if facts.over and np.isfinite(facts.ends[1, 1]) else None


@_observation(lazy_gettext("The first step is being computed."))
def _begins(facts: Facts) -> Fields | None:
    return None if facts.step else {}


@_observation(lazy_gettext("Step by step, it is looking for better weights."))
def _looks(_facts: Facts) -> Fields:
    return {}


def observed(facts: Facts) -> tuple[str, str]:
    """Return the name and the words of the rarest observation that holds."""
    found = ((name, words, holds(facts)) for name, (holds, words) in OBSERVATIONS.items())
    return next((name, words.format(**fields)) for name, words, fields in found if fields is not None)


def now(job: Job, progress: Progress) -> dict[str, str]:
    """Return what is happening in a run, without computing anything.

    Returns
    -------
    dict
        "kind", the name of an observation; "words", its sentence; "dead", how many neurons are dead and which; and
        "gap", the difference between training and test digits, "plain" the same for School. They may be empty.
    """
    known = facts(job, progress)
    kind, words = observed(known)
    train, test = known.ends[1, :2].tolist()
    counts = len(job.run.train), len(job.run.test)
    gap, plain = (gap_in_words(train, test, *counts, job.run.dataset.wrong_labels, plain) for plain in (False, True))
    return {
        "kind": kind,
        "words": words,
        "dead": dead_in_words(known.checkup, known.neurons) if known.neurons else "",
        "gap": gap,
        "plain": plain,
    }


def dead_in_words(checkup: Checkup | None, count: int) -> str:
    """Return how many of `count` hidden neurons are dead, and which."""
    if checkup is None:
        return _("Dead neurons, which do nothing: not counted yet")
    named = [(layer, neuron) for layer, dead in enumerate(checkup.dead, 1) for neuron in (dead + 1).tolist()]
    if not named:
        return _("Dead neurons, which do nothing: none of {count}").format(count=numeral(count))
    many, words = len(checkup.dead) > 1, _("Dead neurons, which do nothing: {dead} of {count} ({which})")
    if many:
        words = _("Dead neurons, which do nothing: {dead} of {count} (layer.neuron: {which})")
    first = [f"{layer}.{neuron}" if many else str(neuron) for layer, neuron in named[:MAX_NAMED]]
    which = listed([*first, "…"] if len(named) > MAX_NAMED else first)
    return words.format(dead=numeral(len(named)), count=numeral(count), which=which)


def gap_in_words(
    train: float, test: float, trained: int, tested: int, wrong: float = 0.0, is_plain: bool = False
) -> str:
    """Return the gap between the accuracy on `trained` digits and on `tested` others, and what it means.

    Parameters
    ----------
    train, test, wrong : float
        Accuracies from 0 to 1, nan if no batch is finished, and the fraction of wrong training labels.
    is_plain : bool
        True for words for School.
    """
    if np.isnan(train) or np.isnan(test):
        return ""
    mean = (trained * train + tested * test) / (trained + tested)
    standard_error = np.sqrt(mean * (1 - mean) * (1 / trained + 1 / tested))  # of the difference, if both are the same
    if wrong:
        words = _(
            "It reads {train} of 100 digits it practised on, {test} of 100 new ones, but {wrong} of its own labels are "
            "wrong."
        )
    elif abs(train - test) <= CHANCE * standard_error:
        words = _("It reads {train} of 100 digits it practised on, {test} of 100 new ones, which can be chance.")
    elif train < test:
        words = _("It reads {train} of 100 digits it practised on, {test} of 100 new ones: its own are harder to read.")
    elif is_plain:
        words = _("It reads {train} of 100 digits it practised on, {test} of 100 new ones: those are harder for it.")
    elif train - test < CLEAR_GAP:
        words = _("It reads {train} of 100 digits it practised on, {test} of 100 new ones: it overfits a little.")
    else:
        words = _("It reads {train} of 100 digits it practised on, {test} of 100 new ones: it overfits.")
    fine = max(train % 1, test % 1) >= 0.995 or (train != test and f"{train:.0%}" == f"{test:.0%}")
    told = [numeral(min(100 * one, 99.9), ".1f") if fine and one < 1 else f"{100 * one:.0f}" for one in (train, test)]
    return words.format(train=told[0], test=told[1], wrong=in_percent(wrong, 0))
