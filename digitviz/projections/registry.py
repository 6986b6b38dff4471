"""The five methods, as data: names, words, options with their ranges, and who wrote them down first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

QUALITIES = ("quick", "best")


@dataclass(frozen=True)
class Option:
    """One number or word that a method lets its caller choose.

    Parameters
    ----------
    name : str
    description : str
        One sentence.
    quick, best : int, float or str
        The default for each quality.
    low, high : int or float
        The range, both ends included; not used for words.
    choices : tuple of str
        The words to choose from; empty for numbers.
    large : int or float, optional
        The quick default for more than `LARGE` points, where it differs.
    """

    name: str
    description: str
    quick: int | float | str
    best: int | float | str
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    large: int | float | None = None

    @property
    def integer(self) -> bool:
        """Whether only whole numbers are allowed."""
        return isinstance(self.quick, int)

    def default(self, quality: str, points: int) -> int | float | str:
        """Return the value used when the caller gives none."""
        if quality == "best":
            return self.best
        return self.large if self.large is not None and points > LARGE else self.quick

    def check(self, value: Any) -> int | float | str:
        """Return `value` as the number or word it stands for.

        Raises
        ------
        ValueError
            If it is of another kind or out of range.
        """
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                raise ValueError(f"{self.name}: {value!r} is not one of {', '.join(self.choices)}")
            return str(value)
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"{self.name}: {value!r:.40} is not a number") from None
        if not self.low <= number <= self.high:
            raise ValueError(f"{self.name}: {value} is not between {self.low:g} and {self.high:g}")
        if self.integer and number != int(number):
            raise ValueError(f"{self.name}: {value} is not a whole number")
        return int(number) if self.integer else number


@dataclass(frozen=True)
class Method:
    """A way to put points of many dimensions in the plane.

    Parameters
    ----------
    name, title, description : str
        The description is one sentence.
    citation : str
    options : tuple of Option
    keeps_units : bool
        Whether distances in the map are in the unit of the data.
    places_exactly : bool
        Whether the method itself says where a point belongs that was not there.
    shows_progress : bool
        Whether intermediate maps are reported.
    """

    name: str
    title: str
    description: str
    citation: str
    options: tuple[Option, ...] = ()
    keeps_units: bool = False
    places_exactly: bool = False
    shows_progress: bool = False

    def choose(self, quality: str, points: int, given: dict[str, Any]) -> dict[str, int | float | str]:
        """Complete the options that were `given` by the defaults of the quality.

        Raises
        ------
        ValueError
            For a name the method does not know or a value out of range.
        """
        known = {option.name: option for option in self.options}
        for name in given:
            if name not in known:
                raise ValueError(f"{self.name} has no option {name!r}; it has: {', '.join(known) or 'none'}")
        return {
            name: option.check(given[name]) if name in given else option.default(quality, points)
            for name, option in known.items()
        }

    def restore(self, stored: dict[str, Any]) -> dict[str, int | float | str]:
        """Return options as they were used and stored; reduced for few points, they may lie below their range.

        Raises
        ------
        ValueError, TypeError
            If they are not those of this method.
        """
        if set(stored) != {option.name for option in self.options}:
            raise ValueError(f"{sorted(stored)} are not the options of {self.name}")
        kinds = {option.name: str if option.choices else int if option.integer else float for option in self.options}
        return {name: kind(stored[name]) for name, kind in kinds.items()}


LARGE = 5000
"""Points from which quick maps take fewer iterations, to stay within five seconds at 20,000."""

_START = ("pca", "random")
_ATTEMPTS = "How many maps to lay out, each from another seed; the most trustworthy is kept."

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "pca",
            "PCA",
            "Looks at the cloud of points from the side where it is widest: a plain shadow, nothing is bent.",
            "K. Pearson, On lines and planes of closest fit to systems of points in space, Phil. Mag. 2(11), 1901.",
            keeps_units=True,
            places_exactly=True,
        ),
        Method(
            "mds",
            "MDS",
            "Moves the points until all their distances in the map are as close as they can be to the real ones.",
            "I. Borg, P. Groenen, Modern Multidimensional Scaling, 2nd ed., Springer, 2005, chapter 8 (SMACOF).",
            (
                Option("iterations", "How many times every point is moved.", 60, 200, 1, 2000),
                Option("start", "Where the points start: at their PCA, or at random.", "pca", "pca", choices=_START),
            ),
            keeps_units=True,
            shows_progress=True,
        ),
        Method(
            "isomap",
            "Isomap",
            "Measures distances along the cloud, from neighbour to neighbour, and lays that sheet out flat.",
            "J. Tenenbaum, V. de Silva, J. Langford, A global geometric framework for nonlinear dimensionality "
            "reduction, Science 290, 2000; landmarks: V. de Silva, J. Tenenbaum, NIPS 15, 2002.",
            (
                Option("neighbours", "How many neighbours each point is linked to.", 6, 6, 2, 100),
                Option("landmarks", "From how many points the ways to all others are measured.", 300, 300, 5, 2000),
                Option("attempts", _ATTEMPTS, 1, 8, 1, 20),
            ),
            keeps_units=True,
            places_exactly=True,
        ),
        Method(
            "tsne",
            "t-SNE",
            "Keeps neighbours together and lets everything else drift apart: trust the groups, not the gaps.",
            "L. van der Maaten, G. Hinton, Visualizing data using t-SNE, JMLR 9, 2008; "
            "learning rate: A. Belkina et al., Nature Communications 10, 2019.",
            (
                Option(
                    "perplexity", "How many neighbours, softly counted, each point holds on to.", 30.0, 30.0, 2, 100
                ),
                Option("iterations", "Steps after the early ones.", 200, 500, 10, 2000, large=60),
                Option("early_iterations", "First steps, in which neighbours attract more.", 50, 100, 0, 1000),
                Option("exaggeration", "How many times more they attract in the first steps.", 4.0, 4.0, 1, 50),
                Option("start", "Where the points start: at their PCA, or at random.", "pca", "pca", choices=_START),
                Option("attempts", _ATTEMPTS, 1, 4, 1, 20),
            ),
            shows_progress=True,
        ),
        Method(
            "umap",
            "UMAP",
            "Links each point to its neighbours and draws that net so that links are short and strangers apart.",
            "L. McInnes, J. Healy, J. Melville, UMAP: Uniform Manifold Approximation and Projection, arXiv:1802.03426.",
            (
                Option("neighbours", "How many neighbours each point is linked to, itself included.", 15, 15, 2, 100),
                Option("min_dist", "How close together linked points may be drawn.", 0.1, 0.1, 0, 0.99),
                Option("epochs", "How many times every link may pull.", 200, 500, 10, 2000, large=80),
                Option("negatives", "How many strangers push back at each pull.", 12, 15, 1, 20, large=5),
                Option("attempts", _ATTEMPTS, 1, 2, 1, 20),
            ),
            places_exactly=True,
            shows_progress=True,
        ),
    )
}
"""Every method by its name, in the order of what a reader meets first."""
