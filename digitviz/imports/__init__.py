"""What was taken home and is brought back: files from outside, read into values that can be trusted.

No file is unpickled, and none takes more memory than `limits` allows. What cannot be used is refused as a whole, by an
`Unreadable` whose sentence says why.
"""

from digitviz.imports.drawings import Drawings, read_drawings
from digitviz.imports.file import read_file
from digitviz.imports.settings import read_settings
from digitviz.imports.unreadable import Unreadable
from digitviz.imports.weights import Weights, read_weights

__all__ = ["Drawings", "Unreadable", "Weights", "read_drawings", "read_file", "read_settings", "read_weights"]
