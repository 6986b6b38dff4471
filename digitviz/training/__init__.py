"""Training: settings, engines, runs, and the pool of workers that advances many runs."""
