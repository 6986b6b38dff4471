"""What the lesson pages before training compute."""
