"""What the pages before training compute."""
