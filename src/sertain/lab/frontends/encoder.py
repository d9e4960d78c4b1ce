"""A pretrained encoder of speech as a front end: its states, or their statistics over a clip."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional

from sertain.lab import encoders
from sertain.lab.checked import Checked
from sertain.lab.encoders.tuning import Tuning, begin_epoch, parameter_groups, prepare
from sertain.lab.frontends.framing import valid_lengths
from sertain.lab.frontends.normalise import frame_mask

KEPT: Final = "encoder"
"""The folder of a run in which the shape of its encoder lies."""


class Config(Checked):
    """Which encoder, which of its states, and what is made of them.

    ``encoder`` is a folder inside ``$SERTAIN_ENCODERS``, the path of a folder or a hub name;
    ``blocks`` how many of its blocks are run (all without it).  ``layers`` are the states that are
    given: 0 is what goes into the first block, k what comes out of block k (all without it).
    ``stride`` neighbouring frames of a clip become one, their mean, the last ones what is left.
    ``pooling: statistics`` gives mean and standard deviation of each state over the clip.
    ``longest_s`` is the longest clip that will ever be heard, in seconds: a graph of Whisper need
    not carry the positions of 30 s.  ``tuning`` says what of it is trained; by default nothing.
    """

    encoder: str = Field(min_length=1)
    blocks: int | None = Field(default=None, ge=1)
    layers: tuple[int, ...] | None = Field(default=None, min_length=1)
    stride: int = Field(default=1, ge=1, le=50)
    pooling: Literal["none", "statistics"] = "none"
    longest_s: float | None = Field(default=None, gt=0)
    tuning: Tuning = Tuning()

    @model_validator(mode="after")
    def _there(self) -> Self:
        if self.layers is not None and self.blocks is not None:
            for layer in self.layers:
                if not 0 <= layer <= self.blocks:
                    raise ValueError(
                        f"layers names {layer}, {self.blocks} blocks give 0 to {self.blocks}"
                    )
        if self.stride > 1 and self.pooling != "none":
            raise ValueError("stride is of frames, and pooling leaves none")
        return self


class FrontEnd(nn.Module):
    """The states of an encoder, one layer below the other.

    With ``pooling: statistics`` each layer gives its means and below them its deviations, as one
    frame.
    """

    def __init__(self, config: Config, kept_in: Path | None = None) -> None:
        """With ``kept_in`` the encoder's shape is read there and its weights come afterwards."""
        super().__init__()
        self.pooled = config.pooling == "statistics"
        self.stride = config.stride
        self.tuning = config.tuning
        # Blocks above the last state that is given would be run for nothing.
        kept = config.blocks if config.layers is None else max(1, *config.layers)
        self.name = config.encoder
        if kept_in is None:
            self.encoder = encoders.load(config.encoder, kept)
        else:
            self.encoder = encoders.load(str(kept_in), kept, blank=True)
        if config.longest_s is not None:
            self.encoder.shorten(config.longest_s)
        prepare(self.encoder, config.tuning)
        given = range(len(self.encoder.blocks) + 1) if config.layers is None else config.layers
        self.layers = tuple(given)
        self.rows = len(self.layers) * self.encoder.width * (2 if self.pooled else 1)

    @classmethod
    def blank(cls, config: Config, run: Path) -> Self:
        """Give a front end for weights that are loaded afterwards, from the folder of a run.

        The encoder need not be at hand, unless the run kept nothing of it.
        """
        place = run / KEPT
        return cls(config, place if (place / "config.json").is_file() else None)

    def keep(self, run: Path) -> None:
        """Write the encoder's shape into the folder of a run; the run's weights hold its own."""
        encoders.keep(self.name, run / KEPT)

    @property
    def trains(self) -> bool:
        """Whether its weights change while the network is trained; then nothing may be stored."""
        return self.tuning.upper_blocks > 0

    @property
    def coarse(self) -> bool:
        """Whether it gives so many numbers that 8 bits have to do for storing them."""
        return not self.pooled

    def begin_epoch(self, epoch: int) -> None:
        """Let those blocks be trained that are due in this epoch, the first of which is 0."""
        begin_epoch(self.encoder, self.tuning, epoch)

    def parameter_groups(self, network: nn.Module, base_rate: float) -> list[dict[str, Any]]:
        """Give an optimiser's groups of the whole network, with the rates that ``tuning`` says."""
        tuning = self.tuning
        return parameter_groups(network, base_rate, tuning.decay_per_layer, tuning.top_share)

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames of waveforms of these lengths; 1 for statistics."""
        if self.pooled:
            return torch.ones_like(lengths)
        return (self.encoder.frames_of(lengths) + self.stride - 1) // self.stride

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform 16 kHz ``waveform`` (batch, n) to float32 (batch, rows, frames)."""
        lengths = valid_lengths(waveform, lengths)
        states, frames = self.encoder(waveform, lengths)
        if self.layers != tuple(range(states.shape[1])):
            states = torch.stack([states[:, layer] for layer in self.layers], 1)
        rows: Tensor = states.flatten(1, 2)
        if not self.pooled:
            return rows if self.stride == 1 else self._neighbours(rows, frames)
        # What lies behind a clip is finite, so a weight of 0 is enough, and faster than masking.
        weight = frame_mask(frames, rows.shape[2])[:, :, None] / frames[:, None, None]
        mean = torch.matmul(rows, weight)
        variance = torch.matmul((rows - mean).square(), weight)
        # The root of 0, in a clip of one frame, has no gradient.
        deviation = variance.clamp(min=1e-12).sqrt()
        parts = (-1, len(self.layers), self.encoder.width)
        return torch.stack([mean.view(parts), deviation.view(parts)], 2).flatten(1)[:, :, None]

    def _neighbours(self, rows: Tensor, frames: Tensor) -> Tensor:
        """Average (batch, rows, frames) over each ``stride`` frames that are a clip's own."""
        own = frame_mask(frames, rows.shape[2])[:, None]
        more = -rows.shape[2] % self.stride
        weight, kept = (
            functional.pad(part, (0, more)).reshape(*part.shape[:2], -1, self.stride)
            for part in (own, rows * own)
        )
        return kept.sum(3) / weight.sum(3).clamp(min=1)
