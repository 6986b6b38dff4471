"""Odd input of every kind. Each module defines `KINDS`: a strategy that creates values, and a check for them.

A check raises an error unless it gets a result, or a ValueError with a short, clear sentence.
"""
