"""The pages of the lesson, one module each."""
