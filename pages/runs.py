"""My runs: all runs of the visitor, and the saved drawings."""

from digitviz.dashboard.runs import overview

overview.show()
