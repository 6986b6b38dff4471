"""`METHODS`, the table of projection methods: titles, options, references and capabilities."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, cast

from digitviz.language import Lazy, lazy_gettext as _
from digitviz.projections.layout import MethodModule
from digitviz.projections.points import MAX_POINTS, MIN_POINTS
from digitviz.ranges import Choice, Interval, Range, in_short

QUALITIES = {"quick": _("Quick"), "best": _("Best")}
"""Titles of the quality levels."""
LARGE = 5000
"""Number of points above which quick maps take fewer iterations, so that 20,000 points take five seconds."""
PANEL_POINTS = ("pixels", "hidden", "labels")
"""Points that a gallery panel can show. "hidden" is the last hidden layer, or the logits if there is none."""


@dataclass(frozen=True)
class Option:
    """One option of a method: a number or a word.

    Parameters
    ----------
    description : Lazy
        One sentence.
    quick, best : int, float or str
        Default of each quality level.
    low, high : int or float
        Inclusive range; unused for words.
    large : int or float, optional
        Quick default for more than `LARGE` points, if it differs.
    choices : mapping of str to Lazy
        Titles of the words to choose from; empty for numbers.
    """

    name: str
    title: Lazy
    description: Lazy
    quick: int | float | str
    best: int | float | str
    low: float = 0
    high: float = 0
    large: int | float | None = None
    choices: Mapping[str, Lazy] = field(default_factory=dict, hash=False)

    @property
    def integer(self) -> bool:
        """True if only whole numbers are allowed."""
        return isinstance(self.quick, int)

    def default(self, quality: str, points: int) -> int | float | str:
        """Return the default value for a quality and a number of points."""
        if quality == "best":
            return self.best
        return self.large if self.large is not None and points > LARGE else self.quick

    def check(self, value: Any) -> int | float | str:
        """Validate `value` and convert it to the type of this option.

        Raises
        ------
        ValueError
            If it has the wrong type or is out of range.
        """
        allowed: Range = Interval(self.low, self.high, self.integer)
        if self.choices:
            allowed = Choice(tuple(self.choices))
        elif self.integer and isinstance(value, float) and value.is_integer():
            value = int(value)
        try:
            return cast(int | float | str, allowed.read(value))
        except ValueError:
            raise ValueError(f"{self.name} must be {allowed}, not {in_short(value)}") from None


@dataclass(frozen=True)
class Method:
    """A method of dimensionality reduction.

    Parameters
    ----------
    name : str
        Name in code and links; `digitviz/projections/<name>.py` is its `MethodModule`.
    title, nickname, description : Lazy
        The nickname names the method without a technical term, the description says in one sentence what it does.
    citation : str
    seed_code : str
        Key in `NOTES` of the effect of the seed, unless the points start at random.
    options : tuple of Option
        Two names have the same meaning for all methods: "start" is the initial position of the points, and "attempts"
        the number of seeds from which `project` returns the most trustworthy map.
    keeps_units : bool
        True if distances in the map are in the units of the data.
    places_exactly : bool
        True if the method has its own rule for new points.
    plane : Lazy, optional
        Name of the map's plane, used after "in".
    film : Lazy, optional
        One sentence about how the frames of an animation are related; None if the method has no animation.
    gallery : mapping of int to str
        Panels in the gallery: position from 1, and one of `PANEL_POINTS`. Positions are unique among all methods.
    points : tuple of int
        Minimum and maximum number of points.
    """

    name: str
    title: Lazy
    nickname: Lazy
    description: Lazy
    citation: str
    seed_code: str
    options: tuple[Option, ...] = ()
    keeps_units: bool = False
    places_exactly: bool = False
    plane: Lazy | None = None
    film: Lazy | None = None
    gallery: Mapping[int, str] = field(default_factory=dict, hash=False)
    points: tuple[int, int] = (MIN_POINTS, MAX_POINTS)

    def load(self) -> MethodModule:
        """Import the method's module. Most of them load numba, which takes a third of a second."""
        return cast(MethodModule, import_module(f"digitviz.projections.{self.name}"))

    def choose(self, quality: str, points: int, given: dict[str, Any]) -> dict[str, int | float | str]:
        """Add defaults to the `given` options.

        Raises
        ------
        ValueError
            If a name is unknown or a value is out of range.
        """
        known = {option.name: option for option in self.options}
        for name in given:
            if name not in known:
                raise ValueError(f"{self.name} has no option {in_short(name)}; it has: {', '.join(known) or 'none'}")
        return {
            name: option.check(given[name]) if name in given else option.default(quality, points)
            for name, option in known.items()
        }


_STARTS = {"pca": _("their PCA"), "random": _("random places")}
_START_SAYS = _("Where the points start: from their PCA, or from random places.")
_START = Option("start", _("Start from"), _START_SAYS, "pca", "pca", choices=_STARTS)
_NEIGHBOURS, _ITERATIONS = _("Neighbours"), _("Iterations")
_LINKED = _("How many neighbours each point is linked to.")
_LINKED_AT_LEAST = _("The smallest number of neighbours each point is linked to.")
_LINKED_WITH_ITSELF = _("How many neighbours each point is linked to, itself included.")


def _attempts(best: int) -> Option:
    says = _("How many maps to lay out, each with a different seed; the most trustworthy one is kept.")
    return Option("attempts", _("Attempts"), says, 1, best, 1, 20)


_MDS_OPTIONS = (Option("iterations", _ITERATIONS, _("How many times every point is moved."), 60, 200, 1, 2000), _START)
_LANDMARKS = _("The number of points from which the distances to all others are measured.")
_ISOMAP_OPTIONS = (
    Option("neighbours", _NEIGHBOURS, _LINKED, 6, 6, 2, 100),
    Option("landmarks", _("Landmarks"), _LANDMARKS, 300, 300, 5, 2000),
    _attempts(8),
)
_GRAPHS = _("How many graphs to try, each with more neighbours; the most trustworthy one is kept.")
_SPECTRAL_OPTIONS = (
    Option("neighbours", _NEIGHBOURS, _LINKED_AT_LEAST, 15, 10, 2, 100),
    Option("graphs", _("Graphs"), _GRAPHS, 1, 6, 1, 10),
)
_PERPLEXITY = _("The effective number of neighbours that each point keeps.")
_EARLY = _("The first iterations, in which neighbours attract each other more strongly.")
_EXAGGERATION = _("How many times more strongly they attract each other in the first iterations.")
_TSNE_OPTIONS = (
    Option("perplexity", _("Perplexity"), _PERPLEXITY, 30.0, 30.0, 2, 100),
    Option("iterations", _ITERATIONS, _("Iterations after the early ones."), 200, 500, 10, 2000, large=60),
    Option("early_iterations", _("Early iterations"), _EARLY, 50, 100, 0, 1000),
    Option("exaggeration", _("Exaggeration"), _EXAGGERATION, 4.0, 4.0, 1, 50),
    _START,
    _attempts(4),
)
_MIN_DIST = _("How close together linked points may be drawn.")
_NEGATIVES = _("How many negative samples push for every pull.")
_UMAP_OPTIONS = (
    Option("neighbours", _NEIGHBOURS, _LINKED_WITH_ITSELF, 15, 15, 2, 100),
    Option("min_dist", _("Minimum distance"), _MIN_DIST, 0.1, 0.1, 0, 0.99),
    Option("epochs", _("Epochs"), _("How many times every link pulls."), 200, 500, 10, 2000, large=80),
    Option("negatives", _("Negative samples"), _NEGATIVES, 12, 15, 1, 20, large=5),
    _attempts(2),
)

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "pca",
            _("PCA"),
            _("Shadow"),
            _(
                "The shadow of the data from the side that shows the most of its spread. Distances only shrink: "
                "points that are far apart may land close together."
            ),
            "K. Pearson, On lines and planes of closest fit to systems of points in space, Phil. Mag. 2(11), 1901.",
            "seed_unused",
            keeps_units=True,
            places_exactly=True,
            plane=_("the plane of their first two principal components"),
            film=_("All frames share one pair of axes: the directions in which they vary most, taken together."),
            gallery={1: "pixels", 2: "hidden", 3: "labels"},
        ),
        Method(
            "mds",
            _("MDS"),
            _("All distances"),
            _("Moves the points until all their distances in the map are as close as possible to the real ones."),
            "I. Borg, P. Groenen, Modern Multidimensional Scaling, 2nd ed., Springer, 2005, chapter 8 (SMACOF).",
            "seed_mds",
            _MDS_OPTIONS,
            keeps_units=True,
            gallery={4: "pixels"},
        ),
        Method(
            "isomap",
            _("Isomap"),
            _("Unrolled"),
            _("Measures distances along the manifold, from neighbour to neighbour, and unrolls it into the plane."),
            "J. Tenenbaum, V. de Silva, J. Langford, A global geometric framework for nonlinear dimensionality "
            "reduction, Science 290, 2000; landmarks: V. de Silva, J. Tenenbaum, NIPS 15, 2002.",
            "seed_isomap",
            _ISOMAP_OPTIONS,
            keeps_units=True,
            places_exactly=True,
            gallery={5: "pixels"},
        ),
        Method(
            "spectral",
            _("Spectral"),
            _("Flow of heat"),
            _("Lets heat spread from neighbour to neighbour: points that soon become equally warm lie close together."),
            "M. Belkin, P. Niyogi, Laplacian eigenmaps for dimensionality reduction and data representation, Neural "
            "Computation 15(6), 2003; further points: Y. Bengio et al., NIPS 16, 2004.",
            "seed_unused",
            _SPECTRAL_OPTIONS,
            places_exactly=True,
            gallery={8: "pixels"},
        ),
        Method(
            "tsne",
            _("t-SNE"),
            _("Neighbours first"),
            _("Keeps neighbours together and lets everything else drift apart: trust the groups, not the gaps."),
            "L. van der Maaten, G. Hinton, Visualizing data using t-SNE, JMLR 9, 2008; "
            "learning rate: A. Belkina et al., Nature Communications 10, 2019.",
            "seed_tsne",
            _TSNE_OPTIONS,
            film=_("Each frame starts from the one before, so only what has changed moves."),
            gallery={6: "pixels"},
        ),
        Method(
            "umap",
            _("UMAP"),
            _("Linked neighbours"),
            _(
                "Links each point to its neighbours, and draws linked points close together and all others further "
                "apart."
            ),
            "L. McInnes, J. Healy, J. Melville, UMAP: Uniform Manifold Approximation and Projection, arXiv:1802.03426.",
            "seed_umap",
            _UMAP_OPTIONS,
            places_exactly=True,
            gallery={7: "pixels"},
        ),
    )
}
"""Every method by name, in the order of the menus."""


def method_named(name: object) -> Method:
    """Return the method with a name.

    Raises
    ------
    ValueError
        If there is no such method.
    """
    if not isinstance(name, str) or name not in METHODS:
        raise ValueError(f"method: {in_short(name)} is not one of {', '.join(METHODS)}")
    return METHODS[name]
