"""Features of a clip as one column, and the check of a length that a network is built for."""

from __future__ import annotations

import torch
from torch import Tensor

from sertain.errors import RecipeError


def column(features: Tensor, mask: Tensor | None) -> Tensor:
    """Average (batch, rows, frames) over the frames of each clip, to (batch, rows).

    Features that a front end has averaged already have one frame and stay as they are.
    """
    if mask is None:
        return features.mean(2)
    return (features * mask[:, None]).sum(2) / mask.sum(1, keepdim=True).clamp(min=1)


def check_frames(features: Tensor, mask: Tensor | None, frames: int | None, name: str) -> None:
    """Refuse clips of unlike lengths, and a length other than ``frames``, if that is given.

    Some networks flatten a picture or know no padding; their front end has to bring every clip to
    one length.

    Raises
    ------
    RecipeError
        The features have another number of frames, or the mask holds padding.
    """
    if torch.compiler.is_compiling():  # a graph cannot raise; its front end fixes the length
        return
    if frames is not None and features.shape[-1] != frames:
        raise RecipeError(
            f"the network {name} is built for {frames} frames, the front end gives "
            f"{features.shape[-1]}",
            "give both the same number of frames",
        )
    if mask is not None and bool((mask == 0).any()):
        raise RecipeError(
            f"the network {name} needs clips of one length, but a batch holds padding",
            "choose a front end that gives a fixed number of frames",
        )
