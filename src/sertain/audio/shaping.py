"""From the samples as they stand to the samples as they are wanted: channels, rate, no offset."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sertain.audio.decoding import Decoding
from sertain.audio.recording import Channels, Samples
from sertain.errors import AudioError

DC_SECTION_S = 60.0
"""The constant offset is estimated and removed a minute at a time: a recorder's offset is
constant, and a whole long file need not be held for it."""

DC_LEAST_S = 10.0
"""A last section shorter than this takes the offset of the one before, because the mean of a few
periods of a low voice is not yet an offset."""


def shaped(
    decoding: Decoding, *, sample_rate: int | None, channels: Channels, remove_dc: bool
) -> Iterator[Samples]:
    """float32 (channels, n) one after the other at ``sample_rate`` (``None``: the source's).

    Every step gives the same whatever the size of the pieces that come in.
    """
    rate = sample_rate or decoding.info.sample_rate
    chunks = _resampled(_chosen(decoding, channels), decoding.info.sample_rate, rate)
    return _without_offset(chunks, rate) if remove_dc else chunks


def _chosen(decoding: Decoding, channels: Channels) -> Iterator[Samples]:
    if channels == "keep":
        return decoding.chunks()
    if channels == "mix":
        return (_mixed(chunk) for chunk in decoding.chunks())
    if 0 <= channels < decoding.info.channels:
        return (chunk[channels : channels + 1] for chunk in decoding.chunks())
    raise AudioError(
        f"'{decoding.name}' has {decoding.info.channels} channel(s), not channel {channels!r}",
        f"choose 'mix', 'keep' or a number from 0 to {decoding.info.channels - 1}",
    )


def _mixed(chunk: Samples) -> Samples:
    """The mean over the channels, (1, n); channel by channel, which for samples that lie side by
    side is many times as fast as numpy's mean over so short an axis."""
    total = chunk[:1].copy()
    for channel in chunk[1:]:
        total += channel
    total /= len(chunk)
    return total


def _resampled(chunks: Iterator[Samples], rate: int, wanted_rate: int) -> Iterator[Samples]:
    if rate == wanted_rate:
        yield from chunks
        return
    import soxr  # noqa: PLC0415

    resampler: soxr.ResampleStream | None = None
    held: Samples | None = None
    for chunk in chunks:
        if held is not None:
            resampler = resampler or soxr.ResampleStream(rate, wanted_rate, held.shape[0])
            piece = resampler.resample_chunk(np.ascontiguousarray(held.T))
            if len(piece):
                yield piece.T
        held = chunk
    if held is not None:
        resampler = resampler or soxr.ResampleStream(rate, wanted_rate, held.shape[0])
        last = resampler.resample_chunk(np.ascontiguousarray(held.T), last=True)
        if len(last):
            yield last.T


def _without_offset(chunks: Iterator[Samples], rate: int) -> Iterator[Samples]:
    offset: Samples | None = None
    for section in repacked(chunks, round(DC_SECTION_S * rate)):
        if offset is None or section.shape[1] >= DC_LEAST_S * rate:
            offset = section.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
        yield section - offset


def repacked(chunks: Iterator[Samples], size: int) -> Iterator[Samples]:
    """The same samples in pieces of ``size``; the last one may be shorter."""
    held: list[Samples] = []
    count = 0
    for chunk in chunks:
        held.append(chunk)
        count += chunk.shape[1]
        if count >= size:
            joined = np.concatenate(held, axis=1)
            whole = count - count % size
            for start in range(0, whole, size):
                yield joined[:, start : start + size]
            held, count = [joined[:, whole:]], count - whole
    if count:
        yield np.concatenate(held, axis=1)
