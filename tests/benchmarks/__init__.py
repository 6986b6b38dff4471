"""Benchmarks: one script per question. Run one with `python -m tests.benchmarks.NAME`."""
