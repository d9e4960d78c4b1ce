"""The training wing: everything that needs torch, ending in a bundle."""
