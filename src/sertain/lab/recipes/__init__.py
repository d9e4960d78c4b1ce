"""Recipes: a YAML file says which corpora, front end, network and training make a model."""

from sertain.lab.recipes.recipe import Recipe, load, names

__all__ = ["Recipe", "load", "names"]
