"""Knows an MP3 by its first bytes, and the length that its Xing or Info header promises."""

from __future__ import annotations

from typing import BinaryIO

_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Hz by the version bits of a frame: MPEG 1, 2 and 2.5."""

_SYNC = 0xFFE0
_LAYER_3 = 1
_COUNTS_FRAMES = 1


def is_mp3(head: bytes) -> bool:
    """Whether a file that starts with these bytes is MP3, with an ID3 tag or without."""
    return head[:3] == b"ID3" or _frame(head) is not None


def promised_by_xing(file: BinaryIO) -> float | None:
    """Seconds by the count of frames in the first one, or ``None`` where there is no count."""
    file.seek(0)
    tag = file.read(10)
    start = 0
    if tag[:3] == b"ID3" and len(tag) == 10:
        # ID3v2 writes its size in four bytes of seven bits.
        start = 10 + sum(byte << shift for byte, shift in zip(tag[6:], (21, 14, 7, 0), strict=True))
    file.seek(start)
    first = file.read(256)
    frame = _frame(first)
    if frame is None:
        return None
    version, rate = frame
    for name in (b"Xing", b"Info"):
        at = first.find(name)
        if at >= 0 and len(first) >= at + 12 and first[at + 7] & _COUNTS_FRAMES:
            frame_samples = 1152 if version == 3 else 576
            frames = int.from_bytes(first[at + 8 : at + 12], "big")
            return max(0, frames * frame_samples - _silent_samples(first, at)) / rate
    return None


def _silent_samples(first: bytes, xing_at: int) -> int:
    """What the encoder put before and behind the sound, as its tag in the Xing header says."""
    flags = first[xing_at + 7]
    sizes = ((_COUNTS_FRAMES, 4), (2, 4), (4, 100), (8, 4))
    encoder_at = xing_at + 8 + sum(size for flag, size in sizes if flags & flag)
    gaps = int.from_bytes(first[encoder_at + 21 : encoder_at + 24], "big")
    return (gaps >> 12) + (gaps & 0xFFF)


def _frame(data: bytes) -> tuple[int, int] | None:
    """The version bits and the rate of the frame of layer 3 that starts here, or ``None``."""
    if len(data) < 4 or int.from_bytes(data[:2], "big") & _SYNC != _SYNC:
        return None
    version, layer = data[1] >> 3 & 3, data[1] >> 1 & 3
    bit_rate, rate = data[2] >> 4, data[2] >> 2 & 3
    if version == 1 or layer != _LAYER_3 or bit_rate in (0, 15) or rate == 3:
        return None
    return version, _RATES[version][rate]
