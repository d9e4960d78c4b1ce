"""Padding of clips to batches, and clips of like length side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

_MOST_CLIPS = 256


def pad(clips: Sequence[NDArray[np.float32]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Give (batch, …, longest), zeros at the right, and the lengths (batch,).

    Waveforms are (samples,), features (rows, frames).
    """
    lengths = [clip.shape[-1] for clip in clips]
    if clips[0].ndim == 2 and clips[0].flags.f_contiguous:  # frame after frame, and left so
        padded = np.zeros((len(clips), max(lengths), len(clips[0])), dtype=np.float32)
        padded = padded.transpose(0, 2, 1)
    else:
        padded = np.zeros((len(clips), *clips[0].shape[:-1], max(lengths)), dtype=np.float32)
    for row, clip in enumerate(clips):
        padded[row, ..., : clip.shape[-1]] = clip
    return torch.from_numpy(padded), torch.tensor(lengths)


def by_length(sizes: Sequence[int], most: int) -> list[list[int]]:
    """Group clips of similar ``sizes`` into batches of at most ``most`` with their padding."""
    order = sorted(range(len(sizes)), key=sizes.__getitem__)
    batches: list[list[int]] = []
    for number in order:
        full = not batches or len(batches[-1]) == _MOST_CLIPS
        if full or (len(batches[-1]) + 1) * sizes[number] > most:
            batches.append([])
        batches[-1].append(number)
    return batches
