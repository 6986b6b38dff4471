"""What a trained network does, and why."""
