"""Whisper's encoder on clips of any length.

Radford et al. 2022, "Robust speech recognition via large-scale weak supervision" (arXiv
2212.04356).  It was trained on 30 s with silence behind the speech.  Here half a second of silence
follows each clip, attention reaches to its end, and the positions are cut to the frames at hand.
"""

from __future__ import annotations

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
        count, known = waveform.shape[1] // FRAME, self.positions.shape[0]
        # A graph cannot raise; there the last position repeats.
        if not torch.compiler.is_compiling() and count > known:
            raise RecipeError(
                f"a clip has {(count - SILENCE) * FRAME / RATE:.1f} s, the encoder hears at most"
                f" {(known - SILENCE) * FRAME / RATE:.1f} s",
                "cut clips shorter, by clip.duration_s or training.clip_s",
            )
        seen = self.frames_of(lengths) + SILENCE
        at = torch.arange(2 * count, device=waveform.device)
        picture = self.log_mel(waveform)
        # Behind a clip's silence lies what a convolution puts there when the clip is alone.
        picture = picture * (at[None] < 2 * seen[:, None])[:, None]
        hidden = functional.gelu(self.first(picture))
        hidden = functional.gelu(self.second(hidden)).transpose(1, 2) * self.scale
        places = self.positions[at[:count].clamp(max=known - 1)]
        return hidden + places, at[None, :count] < seen[:, None]

    def through(
        self,
        block: nn.Module,
        states: Tensor,
        heard: Tensor,
        context: Tensor | None,  # noqa: ARG002
    ) -> Tensor:
        """Run one block."""
        out: Tensor = block(states, heard[:, None, None])
        return out
