"""WavLM: wav2vec 2.0 whose attention knows how far two frames lie apart.

Chen et al. 2021 (arXiv 2110.13900).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from sertain.lab.encoders.wav2vec2 import Wav2Vec2


class WavLM(Wav2Vec2):
    """WavLM, made of transformers' ``WavLMModel``.

    The attention is written out here: transformers' own hands bare weights to torch, past any
    adapter of low rank that stands in a projection's place.
    """

    def __init__(self, model: Any, normalised: bool) -> None:
        super().__init__(model, normalised)
        self.stable = model.config.do_stable_layer_norm

    def distances(self, states: Tensor) -> Tensor:
        """Give what the distance of two frames is worth to each head: (heads, frames, frames)."""
        first: Any = self.blocks[0]
        frames: Tensor = first.attention.compute_bias(states.shape[1], states.shape[1])
        return frames

    def through(
        self, block: nn.Module, states: Tensor, heard: Tensor, distances: Tensor | None
    ) -> Tensor:
        """Run one block."""
        part: Any = block
        inside = part.layer_norm(states) if self.stable else states
        hidden: Tensor = states + part.dropout(_attend(part.attention, inside, heard, distances))
        if self.stable:
            out: Tensor = hidden + part.feed_forward(part.final_layer_norm(hidden))
            return out
        hidden = part.layer_norm(hidden)
        out = part.final_layer_norm(hidden + part.feed_forward(hidden))
        return out


def _attend(attention: Any, x: Tensor, heard: Tensor, distances: Tensor | None) -> Tensor:
    batch, frames, width = x.shape
    split = (batch, frames, attention.num_heads, attention.head_dim)
    query, key, value = (
        project(x).view(split).transpose(1, 2)
        for project in (attention.q_proj, attention.k_proj, attention.v_proj)
    )
    # A gate of each frame says how much the distance counts.
    parts = attention.gru_rel_pos_linear(x.view(split).transpose(1, 2))
    one, other = torch.sigmoid(parts.view(*parts.shape[:-1], 2, 4).sum(-1)).chunk(2, dim=-1)
    gate = one * (other * attention.gru_rel_pos_const - 1.0) + 2.0
    bias = gate * distances + heard
    out = functional.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=bias.to(query.dtype),
        dropout_p=attention.dropout if attention.training else 0.0,
    )
    mixed: Tensor = attention.out_proj(out.transpose(1, 2).reshape(batch, frames, width))
    return mixed
