"""What every decoder gives, and how it says that it cannot go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from sertain.audio.recording import AudioInfo, Samples

CHUNK_SAMPLES = 2**16
"""Samples per channel that a decoder hands on at a time: a second or so, small beside a model."""


class RefusedError(Exception):
    """The decoder cannot read this file at all."""


class BrokenError(Exception):
    """The decoder read some of the file and cannot go on; the message says why."""


class Decoder(Protocol):
    """A recording opened by one library.

    ``frames`` is the number of samples per channel that the file promises, or ``None`` where it
    makes no promise that could be held against it (no number, or one estimated from a bit rate).
    """

    info: AudioInfo
    frames: int | None

    def chunks(self) -> Iterator[Samples]:
        """float32 (channels, n) one after the other; raises BrokenError where it must stop,
        and RefusedError at the end if most of it turned out to be no sound."""
        ...

    def close(self) -> None:
        """Lets go of the library's handle; the file itself stays with who opened it."""
        ...
