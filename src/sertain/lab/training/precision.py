"""Whether numbers of half length save time on this machine."""

from __future__ import annotations

import torch

from sertain.lab.recipes import Recipe


def half(recipe: Recipe) -> bool:
    """Say whether a recipe is trained in bfloat16: where it wants that and the machine has it.

    A processor without instructions for it computes it bit by bit, ten times as slowly as float32
    (measured, one linear layer and one convolution on a Zen 3).
    """
    return recipe.training.precision == "bf16" and multiplies_halves()


def multiplies_halves() -> bool:
    """Say whether the graphics card, or without one the processor, multiplies bfloat16 itself."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
