"""ResNet-34 on a log-mel picture, from random or from pretrained weights.

Vu, DeepEmoNet; the network of He et al. 2016 (arXiv 1512.03385) as `transformers` has it.
"""

from __future__ import annotations

import logging
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from torch import Tensor, nn

from sertain.errors import MissingExtraError, RecipeError
from sertain.lab.checked import Checked
from sertain.lab.models.layers.columns import check_frames
from sertain.lab.quiet import quiet

CHANNELS = 3
"""Pretrained weights take red, green and blue; a single picture goes into all three."""
_REMEDY = (
    "name a folder with config.json and model.safetensors, or leave weights away for random ones"
)


class Config(Checked):
    """Depth and widths of a ResNet, and where its weights come from.

    ``weights`` is a folder that transformers' ``save_pretrained`` wrote, or a name on the Hugging
    Face hub such as ``microsoft/resnet-34`` (trained on ImageNet); its shape has to be the one
    given here.  Without it they are random.  ``pictures``, 1 or 3, lie below each other in the rows
    of the features.
    """

    pictures: Literal[1, 3] = 3
    stem: int = Field(default=64, ge=1)
    depths: tuple[int, ...] = (3, 4, 6, 3)
    widths: tuple[int, ...] = (64, 128, 256, 512)
    block: Literal["basic", "bottleneck"] = "basic"
    weights: str | None = None


class Network(nn.Module):
    """ResNet, mean over the picture, one linear layer."""

    def __init__(self, config: Config, rows: int, labels: int) -> None:  # noqa: ARG002
        super().__init__()
        self.pictures = config.pictures
        self.backbone = _backbone(config)
        self.embedding = config.widths[-1]
        self.head = nn.Linear(self.embedding, labels)

    def forward(self, features: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Give logits (batch, labels) and the mean over the picture (batch, last width).

        Pictures may be of any size; one batch holds one size.

        Raises :class:`RecipeError` for a mask with padding: the front end brings clips to one size.
        """
        check_frames(features, mask, None, "resnet")
        batch, frames = features.shape[0], features.shape[-1]
        pictures = features.reshape(batch, self.pictures, -1, frames)
        if self.pictures != CHANNELS:
            pictures = pictures.expand(-1, CHANNELS, -1, -1)
        embedding = self.backbone(pictures).pooler_output.flatten(1)
        return self.head(embedding), embedding


def _backbone(config: Config) -> nn.Module:
    try:
        transformers: Any = import_module("transformers")
    except ImportError:
        raise MissingExtraError("the network resnet", "pretrained", "transformers") from None
    shape: dict[str, Any] = {
        "num_channels": CHANNELS,
        "embedding_size": config.stem,
        "hidden_sizes": list(config.widths),
        "depths": list(config.depths),
        "layer_type": config.block,
    }
    if config.weights is None:
        return _plain(transformers.ResNetModel(transformers.ResNetConfig(**shape)))
    folder = Path(config.weights)
    place = f"the folder {folder}" if folder.is_dir() else f"the hub's {config.weights}"
    if folder.is_dir() and not (folder / "config.json").is_file():
        raise RecipeError(f"{place} holds no config.json", _REMEDY)
    try:
        with quiet("huggingface_hub", logging.CRITICAL):
            found = transformers.ResNetConfig.from_pretrained(config.weights)
            model, told = transformers.ResNetModel.from_pretrained(
                config.weights, output_loading_info=True
            )
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).strip().split("\n", 1)[0]
        raise RecipeError(f"the weights of {place} cannot be read ({reason})", _REMEDY) from None
    for key, value in shape.items():
        if getattr(found, key) != value:
            raise RecipeError(
                f"the weights of {place} have {key} {getattr(found, key)}, the recipe says {value}",
                "make both alike",
            )
    if told["missing_keys"]:
        raise RecipeError(
            f"the weights of {place} lack {min(told['missing_keys'])}", "name those of a ResNet"
        )
    return _plain(model)


def _plain(model: Any) -> nn.Module:
    """Give the model in the room of this package's modules: trained whole, in float32."""
    network: nn.Module = model.float().train()
    return network
