"""What of a padded row is the clip's own: its samples, its frames, and what follows its end."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

CACHED = 250_000
"""Samples that are worked on at once on a processor, of which frames hold four copies."""

KEPT = 16 << 20
"""Bytes of the largest block that is kept when it is freed."""

PadMode = Literal["constant", "reflect", "replicate"]


def valid_lengths(waveform: Tensor, lengths: Tensor | None) -> Tensor:
    """Give ``lengths`` (batch,), or the whole of each row (batch, n) where there are none."""
    if lengths is not None:
        return lengths
    return torch.full((waveform.shape[0],), waveform.shape[1], device=waveform.device)


def masked(waveform: Tensor, lengths: Tensor) -> Tensor:
    """Set what lies behind the end of each row (batch, n) to 0."""
    if eager_on_cpu(waveform) and bool((lengths >= waveform.shape[1]).all()):
        return waveform
    at = torch.arange(waveform.shape[1], device=waveform.device)
    return torch.where(at[None] < lengths[:, None], waveform, torch.zeros_like(waveform))


def extended(waveform: Tensor, lengths: Tensor | None, pad: int, mode: PadMode) -> Tensor:
    """Pad each row (batch, n) before its start and behind its own end, as ``numpy.pad`` does.

    The end of a row of ``lengths`` samples lies inside the padding of its batch; what follows it
    is overwritten.  Reflection repeats in clips shorter than ``pad``.
    """
    if mode == "constant":
        own = waveform if lengths is None else masked(waveform, lengths)
        return functional.pad(own, (pad, pad))
    last = (valid_lengths(waveform, lengths)[:, None] - 1).clamp(min=0)
    at = torch.arange(waveform.shape[1] + 2 * pad, device=waveform.device)[None] - pad
    if mode == "replicate":
        at = torch.minimum(at.clamp(min=0), last)
    else:
        at = torch.remainder(at, (2 * last).clamp(min=1))
        at = torch.minimum(at, 2 * last - at).clamp(min=0)
    return waveform.gather(1, at)


def at_least(waveform: Tensor, samples: int) -> Tensor:
    """Append zeros to rows (batch, n) until they have this many samples."""
    return functional.pad(waveform, (0, torch.sym_max(samples - waveform.shape[1], 0)))  # type: ignore[no-untyped-call]


def frames_of(lengths: Tensor, frame_length: int, hop_length: int, center: bool) -> Tensor:
    """Give the number of frames of clips of these lengths, at least 1."""
    pad = frame_length // 2 if center else 0
    return (lengths + 2 * pad - frame_length).clamp(min=0) // hop_length + 1


def frames(waveform: Tensor, frame_length: int, hop_length: int) -> Tensor:
    """Cut rows (batch, n) into overlapping frames (batch, frames, frame_length)."""
    if torch.onnx.is_in_onnx_export():
        count = (waveform.shape[1] - frame_length) // hop_length + 1
        start = torch.arange(count, device=waveform.device) * hop_length
        inside = torch.arange(frame_length, device=waveform.device)
        return waveform[:, start[:, None] + inside[None]]
    return waveform.unfold(-1, frame_length, hop_length)


def frame_sums(waveform: Tensor, frame_length: int, hop_length: int) -> Tensor:
    """Sum each frame of rows (batch, n): (batch, frames).

    Outside a graph what overlapping frames share is summed once.
    """
    shared = math.gcd(frame_length, hop_length)
    if shared == 1 or torch.onnx.is_in_onnx_export():
        return frames(waveform, frame_length, hop_length).sum(-1)
    used = waveform.shape[1] // shared * shared
    blocks = waveform[:, :used].reshape(waveform.shape[0], -1, shared).sum(-1)
    return frames(blocks, frame_length // shared, hop_length // shared).sum(-1)


def keep_freed_memory() -> None:
    """Have the C library keep what is freed from now on, instead of giving it back at once.

    Tables of a few megabytes that come and go cost more in fresh pages than in arithmetic.  The
    GNU library maps no block on its own that is smaller than the largest that it has freed, up to
    32 MB (mallopt(3)); this one is never written to.
    """
    torch.empty(KEPT, dtype=torch.uint8)


def each(function: Callable[..., Tensor], *rows: Tensor) -> Tensor:
    """Apply ``function`` to a batch, on a processor a few rows at a time that fit its cache.

    Several tensors (batch, …) in, one (batch, …) out; the first has the cells that are counted.
    """
    if not eager_on_cpu(rows[0]):
        return function(*rows)
    few = max(1, CACHED // max(1, rows[0][0].numel()))
    groups = [torch.split(row, few) for row in rows]
    return torch.cat([function(*group) for group in zip(*groups, strict=True)])


def eager_on_cpu(rows: Tensor) -> bool:
    """Say whether values can be looked at, and memory be kept, without a cost."""
    return rows.is_cpu and not torch.onnx.is_in_onnx_export()


def own_frames(frames: Tensor, longest: int) -> Tensor:
    """Say of each of ``longest`` frames whether it belongs to its clip: bool (batch, longest)."""
    at = torch.arange(longest, device=frames.device)
    return at[None] < frames[:, None]


def own_mean(features: Tensor, mask: Tensor) -> Tensor:
    """Average ``features`` (batch, rows, frames) over the clip's own frames: (batch, rows)."""
    own = torch.where(mask[:, None], features, torch.zeros_like(features))
    return own.sum(-1) / mask.sum(1, keepdim=True).clamp(min=1).to(features.dtype)


def fixed_frames(features: Tensor, frames: Tensor, count: int) -> Tensor:
    """Cut (batch, rows, frames) to ``count`` frames, or repeat the clip's last one up to them.

    Equal to ``librosa.util.fix_length(…, mode="edge")``.
    """
    at = torch.arange(count, device=features.device)[None]
    at = torch.minimum(at, frames[:, None] - 1)
    return features.gather(2, at[:, None].expand(-1, features.shape[1], -1))
