"""Encoders that hear the waveform by convolutions: wav2vec 2.0, XLSR, HuBERT, data2vec.

Baevski et al. 2020 (arXiv 2006.11477), Conneau et al. 2020 (XLSR, arXiv 2006.13979), Hsu et al.
2021 (HuBERT, arXiv 2106.07447), Baevski et al. 2022 (data2vec, arXiv 2202.03555).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from sertain.lab.encoders.encoder import Encoder
from sertain.lab.frontends.framing import at_least, own_frames


class Wav2Vec2(Encoder):
    """Any encoder built as wav2vec 2.0, made of transformers' model.

    Parameters
    ----------
    model:
        ``Wav2Vec2Model``, ``HubertModel`` or ``Data2VecAudioModel``.
    normalised:
        Whether each clip is brought to mean 0 and variance 1 first, as its feature extractor says.
    """

    def __init__(self, model: Any, normalised: bool) -> None:
        config, inside = model.config, model.encoder
        super().__init__(inside.layers, config.hidden_size)
        self.normalised = normalised
        self.convolutions = model.feature_extractor.conv_layers
        self.projection = model.feature_projection
        self.shape = list(zip(config.conv_kernel, config.conv_stride, strict=True))
        # Where the norm stands before each block's parts, the first block gets none.
        stable = getattr(config, "do_stable_layer_norm", False)
        self.norm = nn.Identity() if stable else inside.layer_norm
        self.places = inside.pos_conv_embed
        for module in self.places.modules():
            if parametrize.is_parametrized(module):
                parametrize.remove_parametrizations(module, "weight")
        self.shortest = 1
        for kernel, stride in reversed(self.shape):
            self.shortest = (self.shortest - 1) * stride + kernel

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Give the number of frames, about 50 a second, at least 1."""
        return self._frames(lengths, len(self.shape))

    def _frames(self, lengths: Tensor, depth: int) -> Tensor:
        frames = lengths.clamp(min=self.shortest)
        for kernel, stride in self.shape[:depth]:
            frames = (frames - kernel) // stride + 1
        return frames

    def enter(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Normalise, convolve, project and add what tells the blocks where a frame stands."""
        if self.normalised:
            waveform = _standardised(waveform, lengths)
        hidden = at_least(waveform, self.shortest)[:, None]
        for depth, layer in enumerate(self.convolutions):
            norm = getattr(layer, "layer_norm", None)
            if isinstance(norm, nn.GroupNorm):
                hidden = layer.conv(hidden)
                own = own_frames(self._frames(lengths, depth + 1), hidden.shape[2])
                hidden = layer.activation(_own_norm(norm, hidden, own))
            else:
                hidden = layer(hidden)
        projected = self.projection(hidden.transpose(1, 2))
        projected = projected[0] if isinstance(projected, tuple) else projected
        own = own_frames(self.frames_of(lengths), projected.shape[1])
        still = projected * own[:, :, None]
        return self.norm(still + self._placed(still.transpose(1, 2), own[:, None])), own

    def _placed(self, x: Tensor, own: Tensor) -> Tensor:
        """Convolve (batch, width, frames) to positions (batch, frames, width).

        Whatever makes padding other than 0 before a convolution is undone by ``own``.
        """
        places: Any = self.places
        if getattr(places, "batch_norm", None) is not None:
            x = places.batch_norm(x) * own
        if hasattr(places, "layers"):  # data2vec has several, one behind the other
            for layer in places.layers:
                x = layer(x) * own
        else:
            x = places.activation(places.padding(places.conv(x)))
        return x.transpose(1, 2)

    def through(
        self,
        block: nn.Module,
        states: Tensor,
        heard: Tensor,
        distances: Tensor | None,  # noqa: ARG002
    ) -> Tensor:
        """Run one block."""
        out: Tensor = block(states, attention_mask=heard)
        return out


def _standardised(waveform: Tensor, lengths: Tensor) -> Tensor:
    """Bring each clip to mean 0 and variance 1, as ``Wav2Vec2FeatureExtractor`` does."""
    own = own_frames(lengths, waveform.shape[1])
    count = lengths.clamp(min=1)[:, None].to(waveform.dtype)
    apart = (waveform - waveform.sum(1, keepdim=True) / count) * own
    return apart / (apart.square().sum(1, keepdim=True) / count + 1e-7).sqrt()


def _own_norm(norm: nn.GroupNorm, x: Tensor, own: Tensor) -> Tensor:
    """Standardise each channel of (batch, channels, frames) over the clip's own frames."""
    count = own.sum(1)[:, None, None].to(x.dtype)
    mask = own[:, None]
    apart = x - (x * mask).sum(2, keepdim=True) / count
    variance = (apart.square() * mask).sum(2, keepdim=True) / count
    scaled = apart / (variance + norm.eps).sqrt()
    return torch.addcmul(norm.bias[:, None], scaled, norm.weight[:, None])
