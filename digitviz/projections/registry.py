"""The methods, as data: all that other code needs to know about one is in its entry of `METHODS`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from digitviz.language import Lazy, lazy_gettext
from digitviz.projections.layout import MethodModule
from digitviz.projections.notes import NOTES
from digitviz.projections.options import Option
from digitviz.projections.points import MAX_POINTS, MIN_POINTS
from digitviz.ranges import in_short

PANEL_POINTS = ("pixels", "hidden", "labels")
"""What a panel of the gallery can map; "hidden" are the activations of the first hidden layer, else the logits."""


@dataclass(frozen=True)
class GalleryPanel:
    """One of a method's pictures in the gallery.

    Parameters
    ----------
    place : int
        Its position, from 1; each is taken once.
    points : str
        What is mapped, one of `PANEL_POINTS`.
    """

    place: int
    points: str = "pixels"


@dataclass(frozen=True)
class Method:
    """A method of dimensionality reduction.

    Parameters
    ----------
    name : str
        In code and addresses.
    title : Lazy
        On the screen.
    description : Lazy
        One sentence that begins with what the method does: "PCA: looks at ...".
    citation : str
    module : str
        Where `layout` and `placer` are (`digitviz.projections.layout.MethodModule`).
    seed_code : str
        Of the sentence, in `digitviz.projections.notes`, that says what a different seed changes when the points do not
        start at random.
    options : tuple of Option
        Two names mean the same for all methods: "start" says where the points start, and of several "attempts", each
        from a different seed, the most trustworthy map is kept.
    keeps_units : bool
        Whether distances in the map are in the units of the data.
    places_exactly : bool
        Whether the method itself says where a new point belongs.
    plane : Lazy, optional
        The name of the map's plane, as it follows "in"; None if it has none.
    film : Lazy, optional
        One sentence: what holds the frames of a film together; None if there are no films by this method.
    gallery : tuple of GalleryPanel
        Empty if the gallery does not show it.
    points : tuple of int
        The fewest and the most points that it can map.
    """

    name: str
    title: Lazy
    description: Lazy
    citation: str
    module: str
    seed_code: str
    options: tuple[Option, ...] = ()
    keeps_units: bool = False
    places_exactly: bool = False
    plane: Lazy | None = None
    film: Lazy | None = None
    gallery: tuple[GalleryPanel, ...] = ()
    points: tuple[int, int] = (MIN_POINTS, MAX_POINTS)

    @property
    def seed_note(self) -> Lazy:
        """What a different seed changes, in one sentence."""
        return NOTES[self.seed_code]

    def load(self) -> MethodModule:
        """Import the module that lays points out; the compiler that most need takes a third of a second to load."""
        return cast(MethodModule, import_module(self.module))

    def choose(self, quality: str, points: int, given: dict[str, Any]) -> dict[str, int | float | str]:
        """Complete the options that were `given` with the defaults of the quality.

        Raises
        ------
        ValueError
            For a name the method does not know or a value out of range.
        """
        known = {option.name: option for option in self.options}
        for name in given:
            if name not in known:
                raise ValueError(f"{self.name} has no option {in_short(name)}; it has: {', '.join(known) or 'none'}")
        return {
            name: option.check(given[name]) if name in given else option.default(quality, points)
            for name, option in known.items()
        }

    def restore(self, stored: dict[str, Any]) -> dict[str, int | float | str]:
        """Return options as they were used and stored; those reduced for few points may lie below their range.

        Raises
        ------
        ValueError, TypeError
            If they are not the options of this method.
        """
        if set(stored) != {option.name for option in self.options}:
            raise ValueError(f"{in_short(sorted(stored))} are not the options of {self.name}")
        kinds = {option.name: str if option.choices else int if option.integer else float for option in self.options}
        return {name: kind(stored[name]) for name, kind in kinds.items()}


_START = Option(
    "start", lazy_gettext("From"), lazy_gettext("Where the points start: at their PCA, or at random."), "pca", "pca",
    choices={"pca": lazy_gettext("at their PCA"), "random": lazy_gettext("at random")},
)  # fmt: skip
_NEIGHBOURS = lazy_gettext("Neighbours")
_ITERATIONS = lazy_gettext("Iterations")


def _attempts(quick: int, best: int) -> Option:
    says = lazy_gettext("How many maps to lay out, each from a different seed; the most trustworthy is kept.")
    return Option("attempts", lazy_gettext("Attempts"), says, quick, best, 1, 20)


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "pca",
            lazy_gettext("PCA"),
            lazy_gettext(
                "The shadow of the data from the side that shows the most of its spread. Distances only shrink: "
                "points that are far apart may land close together."
            ),
            "K. Pearson, On lines and planes of closest fit to systems of points in space, Phil. Mag. 2(11), 1901.",
            "digitviz.projections.pca",
            "seed_unused",
            keeps_units=True,
            places_exactly=True,
            plane=lazy_gettext("the plane of their two principal components"),
            film=lazy_gettext("One pair of axes for all frames: those along which all of them together vary most."),
            gallery=(GalleryPanel(1), GalleryPanel(2, "hidden"), GalleryPanel(3, "labels")),
        ),
        Method(
            "mds",
            lazy_gettext("MDS"),
            lazy_gettext(
                "Moves the points until all their distances in the map are as close as possible to the real ones."
            ),
            "I. Borg, P. Groenen, Modern Multidimensional Scaling, 2nd ed., Springer, 2005, chapter 8 (SMACOF).",
            "digitviz.projections.mds",
            "seed_mds",
            (
                Option(
                    "iterations", _ITERATIONS, lazy_gettext("How often every point is moved."), 60, 200, 1, 2000
                ),
                _START,
            ),
            keeps_units=True,
            gallery=(GalleryPanel(4),),
        ),
        Method(
            "isomap",
            lazy_gettext("Isomap"),
            lazy_gettext(
                "Measures distances along the manifold, from neighbour to neighbour, and unrolls it into the plane."
            ),
            "J. Tenenbaum, V. de Silva, J. Langford, A global geometric framework for nonlinear dimensionality "
            "reduction, Science 290, 2000; landmarks: V. de Silva, J. Tenenbaum, NIPS 15, 2002.",
            "digitviz.projections.isomap",
            "seed_isomap",
            (
                Option(
                    "neighbours", _NEIGHBOURS, lazy_gettext("How many neighbours each point is linked to."),
                    6, 6, 2, 100,
                ),
                Option(
                    "landmarks", lazy_gettext("Landmarks"),
                    lazy_gettext("From how many points the distances to all others are measured."), 300, 300, 5, 2000,
                ),
                _attempts(1, 8),
            ),
            keeps_units=True,
            places_exactly=True,
            gallery=(GalleryPanel(5),),
        ),
        Method(
            "spectral",
            lazy_gettext("Spectral"),
            lazy_gettext(
                "Lets heat spread from neighbour to neighbour: points that soon become equally warm lie close together."
            ),
            "M. Belkin, P. Niyogi, Laplacian eigenmaps for dimensionality reduction and data representation, Neural "
            "Computation 15(6), 2003; further points: Y. Bengio et al., NIPS 16, 2004.",
            "digitviz.projections.spectral",
            "seed_unused",
            (
                Option(
                    "neighbours", _NEIGHBOURS, lazy_gettext("How many neighbours each point is linked to, at least."),
                    15, 10, 2, 100,
                ),
                Option(
                    "graphs", lazy_gettext("Graphs"),
                    lazy_gettext("How many graphs to try, each with more neighbours; the most trustworthy is kept."),
                    1, 6, 1, 10,
                ),
            ),
            places_exactly=True,
            gallery=(GalleryPanel(8),),
        ),
        Method(
            "tsne",
            lazy_gettext("t-SNE"),
            lazy_gettext(
                "Keeps neighbours together and lets everything else drift apart: trust the groups, not the gaps."
            ),
            "L. van der Maaten, G. Hinton, Visualizing data using t-SNE, JMLR 9, 2008; "
            "learning rate: A. Belkina et al., Nature Communications 10, 2019.",
            "digitviz.projections.tsne",
            "seed_tsne",
            (
                Option(
                    "perplexity", lazy_gettext("Perplexity"),
                    lazy_gettext("The effective number of neighbours that each point keeps."), 30.0, 30.0, 2, 100,
                ),
                Option(
                    "iterations", _ITERATIONS, lazy_gettext("Steps after the early ones."), 200, 500, 10, 2000,
                    large=60,
                ),
                Option(
                    "early_iterations", lazy_gettext("Early iterations"),
                    lazy_gettext("First steps, in which neighbours attract more."), 50, 100, 0, 1000,
                ),
                Option(
                    "exaggeration", lazy_gettext("Exaggeration"),
                    lazy_gettext("How many times more they attract in the first steps."), 4.0, 4.0, 1, 50,
                ),
                _START,
                _attempts(1, 4),
            ),
            film=lazy_gettext("Each frame starts from the one before, so that only what has changed moves."),
            gallery=(GalleryPanel(6),),
        ),
        Method(
            "umap",
            lazy_gettext("UMAP"),
            lazy_gettext("Links each point to its neighbours and draws short links, all other points further apart."),
            "L. McInnes, J. Healy, J. Melville, UMAP: Uniform Manifold Approximation and Projection, arXiv:1802.03426.",
            "digitviz.projections.umap",
            "seed_umap",
            (
                Option(
                    "neighbours", _NEIGHBOURS,
                    lazy_gettext("How many neighbours each point is linked to, itself included."), 15, 15, 2, 100,
                ),
                Option(
                    "min_dist", lazy_gettext("Min dist"),
                    lazy_gettext("How close together linked points may be drawn."), 0.1, 0.1, 0, 0.99,
                ),
                Option(
                    "epochs", lazy_gettext("Epochs"), lazy_gettext("How often every link may pull."),
                    200, 500, 10, 2000, large=80,
                ),
                Option(
                    "negatives", lazy_gettext("Negatives"),
                    lazy_gettext("How many negative samples push at each pull."), 12, 15, 1, 20, large=5,
                ),
                _attempts(1, 2),
            ),
            places_exactly=True,
            gallery=(GalleryPanel(7),),
        ),
    )
}  # fmt: skip
"""Every method by its name, in the order in which a reader meets them."""


def method_named(name: object) -> Method:
    """Return a method of the table.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if not isinstance(name, str) or name not in METHODS:
        raise ValueError(f"method: {in_short(name)} is not one of {', '.join(METHODS)}")
    return METHODS[name]
