"""What a page of the lesson is, as data."""

from __future__ import annotations

from dataclasses import dataclass

from digitviz.dashboard.session.steps import Step, SteppedPage
from digitviz.language import Lazy

__all__ = ["LessonPage", "Step"]


@dataclass(frozen=True)
class LessonPage(SteppedPage):
    """A page of the lesson.

    Parameters
    ----------
    in_train : Lazy
        Where in Train its subject is found, in words.
    place : str
        The same, as one of `spotlight.PLACES`.
    """

    in_train: Lazy
    place: str
