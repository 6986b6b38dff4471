"""Validation of imported files, which are untrusted bytes.

Nothing is unpickled, and the limits in `unreadable.py` bound the memory of a file. A file is accepted or refused as a
whole; `Unreadable` says why.
"""

from digitviz.imports.file import Drawings, read_file
from digitviz.imports.settings import Settings, read_settings
from digitviz.imports.unreadable import Unreadable
from digitviz.imports.weights import Weights
