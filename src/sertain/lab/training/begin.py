"""The weights that a pretrained network begins with."""

from __future__ import annotations

from pathlib import Path

import torch

from sertain.errors import RecipeError
from sertain.lab.recipes import Recipe
from sertain.lab.training.network import SpeechNetwork

_LAST_LAYER = "head."


def take(network: SpeechNetwork, recipe: Recipe) -> None:
    """Load what the recipe's pretraining learnt into the network, but for the last layer.

    Raises
    ------
    RecipeError
        Nothing says where the weights lie, they cannot be read, or are of another network.
    """
    if recipe.pretraining is None:
        return
    place = recipe.pretraining.weights
    if place is None or not Path(place).is_file():
        raise RecipeError(
            f"the weights on which {recipe.name} is pretrained are not at hand ({place})",
            "train it with `sertain train` or `sertain evaluate`, which make them",
        )
    learnt = torch.load(place, map_location="cpu", weights_only=True)["state_dict"]
    own = network.model.state_dict()
    for name, values in own.items():
        if name.startswith(_LAST_LAYER):
            continue
        found = learnt.get(f"network.model.{name}")
        if found is None or found.shape != values.shape:
            raise RecipeError(
                f"the pretrained weights {place} have no {name} of the shape {tuple(values.shape)}",
                "remove their folder: they are of another network",
            )
        own[name] = found
    network.model.load_state_dict(own)
