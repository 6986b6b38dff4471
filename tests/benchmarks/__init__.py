"""Benchmarks: one script a question, each runnable by itself with `python -m tests.benchmarks.NAME`."""
