"""A bundle on labelled clips that it was not made for: heard as `predict` does, then scored.

Nothing in this room needs more than the base install.
"""
