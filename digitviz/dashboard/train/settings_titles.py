"""What the settings of a training and their options are called on the pages."""

TITLES = {
    "hidden": "Hidden neurons",
    "activation": "Activation",
    "bias": "Bias",
    "initialization": "Initial weights",
    "input_scale": "Pixels",
    "batch_size": "Batch size",
    "batches": "Batches",
    "steps_per_batch": "Steps a batch",
    "sampling": "Sampling",
    "learning_rate": "Learning rate",
    "optimizer": "Optimizer",
    "weight_decay": "Weight decay",
    "gradient": "Gradient",
    "loss": "Loss",
    "train_fraction": "Training share",
    "seed": "Seed",
    "engine": "Engine",
    "precision": "Precision",
}
OPTION_TITLES = {
    "relu": "ReLU", "leaky_relu": "leaky ReLU", "sigmoid": "sigmoid", "tanh": "tanh", "identity": "identity",
    "notebook": "as the notebook", "he": "He", "xavier": "Xavier", "zeros": "zeros", "raw": "0 to 16", "unit": "0 to 1",
    "with_replacement": "with replacement", "shuffled_epochs": "shuffled epochs",
    "gradient_descent": "gradient descent", "momentum": "momentum", "adam": "Adam", "exact": "exact",
    "squared_error": "squared error", "cross_entropy": "cross-entropy",
}  # fmt: skip
