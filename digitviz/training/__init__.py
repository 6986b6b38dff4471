"""Settings, the engines, a training run, and the pool of workers that advances many runs."""
