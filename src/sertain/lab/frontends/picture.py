"""A log-mel spectrogram as a picture in three colours, of the size that a ResNet knows."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from sertain.lab.frontends import log_mel
from sertain.lab.frontends.framing import valid_lengths

MEANS, DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of red, green and blue over ImageNet, as its pretrained networks expect them (torchvision)."""


class Config(log_mel.Config):
    """Parameters of the log-mel spectrogram; ``height`` and ``width`` are of the picture."""

    sample_rate: int = Field(default=22050, ge=8000, le=48000)
    n_fft: int = Field(default=2048, ge=32, le=8192)
    hop_length: int = Field(default=512, ge=8)
    n_mels: int = Field(default=128, ge=4, le=512)
    height: int = Field(default=224, ge=8, le=1024)
    width: int = Field(default=224, ge=8, le=1024)


class FrontEnd(nn.Module):
    """The whole clip stretched to one size, 0…1 between its quietest and its loudest cell.

    The three colours, all alike before they are standardised, lie below each other in the rows.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.log_mel = log_mel.FrontEnd(config)
        self.height, self.width = config.height, config.width
        self.rows = 3 * config.height

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the width of the picture for each waveform."""
        return torch.full_like(lengths, self.width)

    def forward(self, waveform: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Transform ``waveform`` (batch, n) to float32 (batch, 3 · height, width)."""
        db = self.log_mel.precise(waveform, lengths)
        own = self.log_mel.own(waveform, lengths, db.shape[2])[:, None]
        high = torch.where(own, db, -torch.inf).amax(dim=(1, 2), keepdim=True)
        low = torch.where(own, db, torch.inf).amin(dim=(1, 2), keepdim=True)
        grey = torch.where(own, (db - low) / (high - low).clamp(min=1e-6), 0.0)
        frames = self.log_mel.frames_of(valid_lengths(waveform, lengths))
        rows = torch.full_like(frames[:1], db.shape[1])
        grey = torch.matmul(grey, resizing(frames, db.shape[2], self.width, grey.dtype))
        grey = torch.matmul(resizing(rows, db.shape[1], self.height, grey.dtype).mT, grey)
        colours = zip(MEANS, DEVIATIONS, strict=True)
        return torch.cat([(grey - mean) / deviation for mean, deviation in colours], dim=1).float()


def resizing(own: Tensor, cells: int, size: int, dtype: torch.dtype) -> Tensor:
    """Give the weights (batch, cells, size) that resize the first ``own`` (batch,) of ``cells``.

    Linear between cells where it enlarges; where it shrinks, each new cell is a mean of all that
    it covers (a triangle, as Pillow's and ``interpolate(…, antialias=True)``).
    """
    scale = own[:, None, None].to(dtype) / size
    centre = (torch.arange(size, device=own.device) + 0.5) * scale
    at = torch.arange(cells, device=own.device)[None, :, None]
    weight = (1 - (at + 0.5 - centre).abs() / scale.clamp(min=1.0)).clamp(min=0)
    weight = weight * (at < own[:, None, None])
    return weight / weight.sum(1, keepdim=True)
