"""Whether an Ogg stream reaches its end, and how long it says it is (RFC 3533, RFC 7845)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_LARGEST_PAGE = 27 + 255 + 255 * 255
_END_OF_STREAM = 4
_OPUS_RATE = 48_000

_LIVE_FROM_S = 10.0
"""A first page that ends later than this belongs to a stream that was joined in its middle, whose
positions count from before the recording began."""


@dataclass(frozen=True, slots=True)
class OggEnd:
    """``is_missing``: the last page is no end, or incomplete. ``promised_s``: as its end says."""

    is_missing: bool
    promised_s: float | None


@dataclass(frozen=True, slots=True)
class _Page:
    at: int
    flags: int
    position: int
    serial: bytes
    length: int


def end_of_ogg(file: BinaryIO, size: int) -> OggEnd:
    """Looks at the first pages and the last one of an Ogg file."""
    file.seek(0)
    head = file.read(4 * _LARGEST_PAGE)
    tail_at = max(0, size - 2 * _LARGEST_PAGE)
    file.seek(tail_at)
    tail = file.read()
    last = max(_pages(tail), key=lambda page: page.at, default=None)
    if last is None or tail_at + last.at + last.length > size or not last.flags & _END_OF_STREAM:
        return OggEnd(is_missing=True, promised_s=None)
    first = next(_pages(head), None)
    clock = _clock(head)
    if first is None or clock is None or first.serial != last.serial:
        return OggEnd(is_missing=False, promised_s=None)
    rate, skip = clock
    early = next((page.position for page in _pages(head) if page.position > 0), last.position)
    if early > _LIVE_FROM_S * rate and early != last.position:
        return OggEnd(is_missing=False, promised_s=None)
    return OggEnd(is_missing=False, promised_s=max(0, last.position - skip) / rate)


def _pages(data: bytes) -> Iterator[_Page]:
    """Every page that starts in ``data``."""
    at = data.find(b"OggS")
    while at >= 0:
        header = data[at : at + 27]
        if len(header) == 27 and header[4] == 0:
            count = header[26]
            lengths = data[at + 27 : at + 27 + count]
            # A table that is cut itself makes the page longer than any file.
            body = sum(lengths) if len(lengths) == count else _LARGEST_PAGE
            yield _Page(
                at=at,
                flags=header[5],
                position=int.from_bytes(header[6:14], "little", signed=True),
                serial=header[14:18],
                length=27 + count + body,
            )
        elif len(header) < 27:
            yield _Page(at, 0, 0, b"", _LARGEST_PAGE)
        at = data.find(b"OggS", at + 4)


def _clock(head: bytes) -> tuple[int, int] | None:
    """Ticks a second of the positions, and ticks to skip; ``None`` for an unknown codec."""
    packet = head[28:60]
    if packet.startswith(b"OpusHead"):
        return _OPUS_RATE, int.from_bytes(packet[10:12], "little")
    if packet.startswith(b"\x01vorbis"):
        rate = int.from_bytes(packet[12:16], "little")
        return (rate, 0) if rate else None
    return None
