"""Attack paths of one subscription: a graph of what leads where, and the best paths through it. Pure."""
