"""Labels that may be wrong: what a model that never heard a clip thinks of its label."""
