"""Parameters, activations, losses, the forward pass and the gradients of a small network."""
