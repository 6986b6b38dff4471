"""Validation of imported files, which are untrusted bytes.

Nothing is unpickled, and the limits in `unreadable.py` bound the memory of a file. A file is accepted or refused as a
whole; `Unreadable` says why.
"""

from digitviz.imports.drawings import Drawings, read_drawings
from digitviz.imports.file import read_file
from digitviz.imports.settings import Settings, read_settings
from digitviz.imports.unreadable import Unreadable
from digitviz.imports.weights import Weights, read_weights
