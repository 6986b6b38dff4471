"""Computations for the lesson pages that come before training."""
