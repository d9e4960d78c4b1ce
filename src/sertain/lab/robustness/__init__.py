"""How a model bears sound that is worse than what it was tested on: noise, rooms, codecs, levels.

Nothing in this room needs more than the base install.
"""
