"""The animation: the map of a layer while the network learns."""

from digitviz.dashboard.components.term import terms
from digitviz.dashboard.maps import film, gallery
from digitviz.dashboard.session import current_run, example
from digitviz.language import gettext as _

current_run.attach()
gallery.title(_("How does it separate the digits?"), (3, 8))  # mixed at first, and apart at the end
film.film()
example.introduce()
terms("hidden_layer", "activation", "dimensionality_reduction", "batch", "accuracy")
