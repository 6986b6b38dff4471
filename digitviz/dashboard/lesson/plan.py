"""What a page of the lesson is made of, as data: its steps, what each opens, points at and asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from digitviz.language import Lazy


@dataclass(frozen=True)
class Step:
    """One idea, on one screen.

    Parameters
    ----------
    title : Lazy
        The idea.
    task : Lazy
        One thing to predict or to do, in a sentence; Markdown.
    question, solution : Lazy
        To check what was understood; the solution unfolds; Markdown.
    opens : mapping of str to object, optional
        What the page's controls are set to when a class is led here, by their keys.
    points_at : tuple of str, optional
        Keys of the elements that the step speaks of.
    """

    title: Lazy
    task: Lazy
    question: Lazy
    solution: Lazy
    opens: Mapping[str, object] = field(default_factory=dict)
    points_at: tuple[str, ...] = ()


@dataclass(frozen=True)
class LessonPage:
    """A page of the lesson.

    Parameters
    ----------
    title : Lazy
        In the navigation.
    icon : str
        The name of a Material symbol.
    question : Lazy
        What the page answers: its heading.
    minutes : int
        How long it takes in class.
    in_train : Lazy
        Where in Train its subject is found, in words.
    place : str
        The same, as one of `spotlight.PLACES`.
    words : tuple of str
        That the page uses, by their codes in the glossary.
    steps : tuple of Step
        Two to six.
    """

    title: Lazy
    icon: str
    question: Lazy
    minutes: int
    in_train: Lazy
    place: str
    words: tuple[str, ...]
    steps: tuple[Step, ...]
