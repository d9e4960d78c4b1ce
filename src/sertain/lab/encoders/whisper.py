"""Whisper's encoder on clips of any length.

Radford et al. 2022, "Robust speech recognition via large-scale weak supervision" (arXiv
2212.04356).  It was trained on 30 s with silence behind the speech.  Here half a second of silence
follows each clip, attention reaches to its end, and the positions are cut to the frames at hand.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from sertain.errors import RecipeError
from sertain.lab.encoders.encoder import Encoder
from sertain.lab.frontends.mel import mel_filters
from sertain.lab.frontends.stft import PowerSpectrum

RATE, N_FFT, HOP = 16000, 400, 160
FRAME = 2 * HOP
"""Samples of a frame: the second convolution has stride 2."""
SILENCE = 25
"""Frames of silence behind each clip, half a second."""


class LogMel(nn.Module):
    """Whisper's log-mel picture, equal to ``transformers.WhisperFeatureExtractor``."""

    filters: Tensor

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.spectrum = PowerSpectrum(N_FFT, HOP, center=False)
        filters = torch.from_numpy(mel_filters(RATE, N_FFT, bands))
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Transform (batch, k · 160), silent in its last 200, to (batch, bands, k)."""
        # A centred transform reflects; behind the end it would reflect silence.
        before = waveform[:, 1 : N_FFT // 2 + 1].flip(1)
        framed = functional.pad(torch.cat([before, waveform], 1), (0, N_FFT // 2 - HOP))
        power: Tensor = self.spectrum(framed)
        log = torch.matmul(self.filters.to(power.dtype), power).clamp(min=1e-10).log10()
        log = torch.maximum(log, log.amax((1, 2), keepdim=True) - 8.0)
        return ((log + 4.0) / 4.0).float()


class Whisper(Encoder):
    """The encoder of a Whisper model, made of transformers' ``WhisperEncoder``."""

    appended = SILENCE
    positions: Tensor

    def __init__(self, model: Any) -> None:
        super().__init__(model.layers, model.config.d_model)
        self.log_mel = LogMel(model.config.num_mel_bins)
        self.first, self.second = model.conv1, model.conv2
        self.scale = model.embed_scale
        self.register_buffer("positions", model.embed_positions.weight.detach())

    def shorten(self, longest_s: float) -> None:
        """Keep positions for clips of this many seconds; the table is a large part of a graph."""
        kept = -(-round(longest_s * RATE) // FRAME) + SILENCE
        self.positions = self.positions[:kept].clone()

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames, 50 a second, at least 1."""
        return ((lengths + FRAME - 1) // FRAME).clamp(min=1)

    def enter(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Make the log-mel picture, its two convolutions and the positions.

        Raises
        ------
        RecipeError
            A clip is longer than the positions reach (29.5 s).
        """
        waveform = functional.pad(waveform, (0, -waveform.shape[1] % FRAME + SILENCE * FRAME))
        count, known = waveform.shape[1] // FRAME, len(self.positions)
        # A graph cannot raise; there the last position repeats.
        if not torch.compiler.is_compiling() and count > known:
            raise RecipeError(
                f"a clip has {(count - SILENCE) * FRAME / RATE:.2f} s, the encoder hears at most"
                f" {(known - SILENCE) * FRAME / RATE:.2f} s",
                "cut clips shorter, by clip.duration_s or training.clip_s",
            )
        seen = self.frames_of(lengths) + SILENCE
        at = torch.arange(2 * count, device=waveform.device)
        picture = self.log_mel(waveform)
        # Behind a clip's silence lies what a convolution puts there when the clip is alone.
        picture = picture * (at[None] < 2 * seen[:, None])[:, None]
        hidden = _gelu(self.first(picture))
        hidden = _gelu(self.second(hidden)).transpose(1, 2) * self.scale
        places = self.positions[at[:count].clamp(max=known - 1)]
        return hidden + places, at[None, :count] < seen[:, None]

    def through(
        self,
        block: nn.Module,
        states: Tensor,
        heard: Tensor,
        distances: Tensor | None,  # noqa: ARG002
    ) -> Tensor:
        """Run one block."""
        part: Any = block
        dropped = partial(functional.dropout, p=part.dropout, training=part.training)
        hidden = states + dropped(_attend(part.self_attn, part.self_attn_layer_norm(states), heard))
        inside = _gelu(part.fc1(part.final_layer_norm(hidden)))
        inside = functional.dropout(inside, part.activation_dropout, part.training)
        return hidden + dropped(part.fc2(inside))


def _attend(attention: Any, x: Tensor, heard: Tensor) -> Tensor:
    batch, frames, width = x.shape
    query, key, value = (
        project(x).view(batch, frames, attention.num_heads, attention.head_dim).transpose(1, 2)
        for project in (attention.q_proj, attention.k_proj, attention.v_proj)
    )
    out = functional.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=heard.to(query.dtype),
        dropout_p=attention.dropout if attention.training else 0.0,
    )
    mixed: Tensor = attention.out_proj(out.transpose(1, 2).reshape(batch, frames, width))
    return mixed


def _gelu(x: Tensor) -> Tensor:
    """GELU, in a graph written as ONNX Runtime knows it and runs it in one step."""
    if torch.onnx.is_in_onnx_export():
        return 0.5 * x * (1.0 + torch.erf(x / math.sqrt(2.0)))
    return functional.gelu(x)
