"""Experiments: sweeps and races, many trainings that are compared."""
