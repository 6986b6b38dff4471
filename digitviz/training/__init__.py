"""Settings, engines, the run that they move, and the pool of workers that moves many."""
