"""Imported files: untrusted bytes become values that can be trusted.

No file is unpickled, and none takes more memory than the limits in `unreadable.py` allow. A file that cannot be used is
refused as a whole: `Unreadable` says why.
"""

from digitviz.imports.drawings import Drawings, read_drawings
from digitviz.imports.file import read_file
from digitviz.imports.settings import read_settings
from digitviz.imports.unreadable import Unreadable
from digitviz.imports.weights import Weights, read_weights
