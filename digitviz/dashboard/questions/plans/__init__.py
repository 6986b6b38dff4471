"""What the pages of questions are, as data."""
