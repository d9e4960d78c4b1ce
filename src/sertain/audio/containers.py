"""Looks at a file's container before any decoder does: was it cut off, does its header lie?

Decoders take what they get: libsndfile ends quietly where a cut-off file ends, and stops where a
header says so however much sound lies behind.  What the container promises is therefore read here,
from the published layouts of RIFF and RF64 WAVE, AIFF, AU, CAF, Ogg (RFC 3533), MP4 and MP3.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from sertain.audio.mp3 import is_mp3, promised_by_xing
from sertain.audio.ogg import end_of_ogg
from sertain.audio.source import Opened

_UNKNOWN_FROM = 0x7FFFF000
"""Programs that write WAV into a pipe put 0x7FFFF000, 0x80000000 or 0xFFFFFFFF for "unknown"."""

_HIDDEN_SOUND_BYTES = 2048
"""Less than this behind the last chunk is padding of a disk or a tag, not sound."""


_MOST_CHUNKS = 10_000
"""No honest file has more before its sound; a file made to keep a reader busy has."""


@dataclass(slots=True)
class Examined:
    """A file as it should be decoded.

    Attributes
    ----------
    file: binary, seekable; its header put right where it lied.
    warnings: what the container shows.
    cut_off: whether sound is missing at the end.
    promised_share: how many times the sound that is there the container promises; 1 where it is
        all there or where nothing is known.
    promised_s: the seconds that the container promises, where it says them itself.
    why_unreadable: what a reader should be told if no decoder can read it.
    ffmpeg_only: whether libsndfile should be passed over.
    """

    file: BinaryIO
    warnings: list[str] = field(default_factory=list)
    cut_off: bool = False
    promised_share: float = 1.0
    promised_s: float | None = None
    why_unreadable: str | None = None
    ffmpeg_only: bool = False


@dataclass(frozen=True, slots=True)
class _Extent:
    """Where a header says that the sound lies: bytes; ``size_at`` is where its size stands."""

    start: int
    declared: int
    size_at: int


def examined(found: Opened) -> Examined:
    """What the container of a file shows, with the header put right where it lies."""
    head = _at(found, 0, 16)
    result = Examined(found.file)
    kind = head[:4]
    if kind in (b"RIFF", b"RIFX", b"RF64", b"FORM"):
        order = "big" if kind in (b"RIFX", b"FORM") else "little"
        _examine_extent(found, _chunk_extent(found, kind, order), kind, result)
    elif kind == b"caff":
        _examine_extent(found, _caf_extent(found), kind, result)
    elif kind == b".snd":
        _examine_extent(
            found, _Extent(_int(head[4:8], "big"), _int(head[8:12], "big"), 8), kind, result
        )
    elif kind == b"OggS":
        end = end_of_ogg(found.file, found.size)
        result.cut_off, result.promised_s = end.is_missing, end.promised_s
        if end.is_missing:
            result.why_unreadable = "it ends before its sound begins"
    elif head[4:8] == b"ftyp" and not _has_box(found, b"moov"):
        result.why_unreadable = "its index (moov) is missing, it was cut off before it was finished"
    elif is_mp3(head):
        # libsndfile's MP3 decoder (mpg123) writes its own remarks to stderr.
        result.ffmpeg_only = True
        result.promised_s = promised_by_xing(found.file)
    found.file.seek(0)
    return result


def _examine_extent(found: Opened, extent: _Extent | None, kind: bytes, result: Examined) -> None:
    if extent is None:
        return
    available = found.size - extent.start
    if extent.declared > available:
        if extent.declared < _UNKNOWN_FROM or kind == b"RF64":
            result.promised_share = extent.declared / max(available, 1)
    elif kind == b"RIFF" and _hides_sound(found, extent):
        result.file = cast(BinaryIO, _Corrected(found.file, extent.size_at, available))
        share = available / extent.declared if extent.declared else 0
        result.warnings.append(
            f"the header lies: the file holds {share:.1f} times the sound that it says; all is used"
            if extent.declared
            else "the header was never finished: it says no sound; all that lies behind it is used"
        )


def _chunk_extent(found: Opened, kind: bytes, order: str) -> _Extent | None:
    """The sound's extent in RIFF, RF64 and AIFF."""
    wide_size: int | None = None
    for name, size, at in _chunks(found, 12, 4, order):
        if name == b"ds64":
            wide_size = _int(_at(found, at + 8, 8), "little")
        if name == (b"SSND" if kind == b"FORM" else b"data"):
            is_wide = kind == b"RF64" and size == 0xFFFFFFFF and wide_size is not None
            return _Extent(at, wide_size if is_wide and wide_size else size, at - 4)
    return None


def _caf_extent(found: Opened) -> _Extent | None:
    """The sound's extent in CAF, whose size of −1 means that nobody knew."""
    for name, size, at in _chunks(found, 8, 8, "big"):
        if name == b"data":
            return _Extent(at, size if size < 2**63 else found.size - at, at - 8)
    return None


def _chunks(
    found: Opened, at: int, size_bytes: int, order: str
) -> Iterator[tuple[bytes, int, int]]:
    """Name, size and place of the content of each chunk from ``at`` on."""
    for _ in range(_MOST_CHUNKS):
        head = _at(found, at, 4 + size_bytes)
        if len(head) < 4 + size_bytes:
            return
        size = _int(head[4:], order)
        yield head[:4], size, at + len(head)
        # Chunks of RIFF and AIFF start at even places.
        at += len(head) + size + (size % 2 if size_bytes == 4 else 0)


def _hides_sound(found: Opened, extent: _Extent) -> bool:
    """Whether what lies behind the declared sound is neither chunks nor a tag nor padding."""
    end = extent.start + extent.declared
    if found.size - end < _HIDDEN_SOUND_BYTES:
        return False
    if _is_chunks(found, end) or _is_chunks(found, end + end % 2):
        return False
    tail = _at(found, end, 2**16)
    return any(tail) and not tail.startswith((b"ID3", b"<?xml", b"<x:xmp"))


def _is_chunks(found: Opened, at: int) -> bool:
    end = at
    for name, size, content_at in _chunks(found, at, 4, "little"):
        if not all(0x20 <= byte < 0x7F for byte in name):
            return False
        end = content_at + size
    return end <= found.size


def _has_box(found: Opened, name: bytes) -> bool:
    """Whether an MP4 has a box of this name at its top level."""
    at = 0
    for _ in range(_MOST_CHUNKS):
        head = _at(found, at, 16)
        if len(head) < 8:
            return False
        if head[4:8] == name:
            return True
        size = _int(head[:4], "big")
        size = _int(head[8:16], "big") if size == 1 else size
        if size < 8:
            return False
        at += size
    return False


def _at(found: Opened, position: int, count: int) -> bytes:
    if position >= found.size:
        return b""
    found.file.seek(position)
    return found.file.read(count)


def _int(data: bytes, order: str) -> int:
    return int.from_bytes(data, "big" if order == "big" else "little")


class _Corrected(io.RawIOBase):
    """A WAV with the size of its sound put right, and that of the whole; nothing is copied."""

    def __init__(self, file: BinaryIO, size_at: int, size: int) -> None:
        self._file = file
        limit = 0xFFFFFFFF
        whole = min(size_at + 4 + size - 8, limit)
        self._patches = {
            4: whole.to_bytes(4, "little"),
            size_at: min(size, limit).to_bytes(4, "little"),
        }

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of the file beneath."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As of the file beneath."""
        return self._file.tell()

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]
        """The file's bytes, the two sizes replaced."""
        start = self._file.tell()
        data = bytearray(self._file.read(len(buffer)))
        for at, patch in self._patches.items():
            for i, byte in enumerate(patch, at - start):
                if 0 <= i < len(data):
                    data[i] = byte
        buffer[: len(data)] = data
        return len(data)
