"""Explanations of what a trained network does, and why."""
