"""The pages of questions by their addresses, which are also the names of their files."""

from __future__ import annotations

from digitviz.dashboard.session.steps import SteppedPage

QUESTIONS: dict[str, SteppedPage] = {}
