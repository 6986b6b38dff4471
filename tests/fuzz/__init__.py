"""Input of every odd kind: each module names its `KINDS`, a strategy that makes values and a check of what it does.

A check raises whatever should never happen: anything but a result, or a ValueError with a short, clear sentence.
"""
