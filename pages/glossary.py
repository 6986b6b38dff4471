"""Glossary: the terms of the field, in two languages."""

from digitviz.dashboard.lesson import glossary
from digitviz.dashboard.runtime.turns import fragment

fragment(glossary.view)()
