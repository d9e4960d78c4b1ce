"""Paper of pixels: shapes, lines and letters on it, and the PNG that is made of it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
Align = Literal["left", "middle", "right"]
FontName = Literal["text", "title"]

INK: Final[Colour] = (31, 41, 51)
PAPER: Final[Colour] = (255, 255, 255)

_UNKNOWN: Final = ord("□")


@dataclass(frozen=True, slots=True, eq=False)
class Font:
    """Letters side by side: ``ink`` uint8 (height, width), and by code where each lies in it."""

    ink: NDArray[np.uint8]
    places: Mapping[int, tuple[int, int]]

    @property
    def height(self) -> int:
        """Pixels of a line of text."""
        return int(self.ink.shape[0])

    def place(self, letter: str) -> tuple[int, int]:
        """Where a letter starts and ends; an unknown one is a box."""
        return self.places.get(ord(letter)) or self.places[_UNKNOWN]

    def width(self, text: str) -> int:
        """Pixels that the text takes."""
        return sum(end - start for start, end in map(self.place, text))

    def fitting(self, text: str, width: int) -> str:
        """The text, its middle left out where it is wider than ``width`` pixels."""
        if self.width(text) <= width:
            return text
        kept = len(text)
        while kept > 1 and self.width(shortened(text, kept)) > width:
            kept -= 1
        return shortened(text, kept)


def shortened(text: str, kept: int) -> str:
    """``kept`` letters of a text, from both its ends, around three dots.

    >>> shortened("interview-of-monday.wav", 10)
    'inter…y.wav'
    """
    back = kept // 2
    return f"{text[: kept - back]}…{text[len(text) - back :]}"


@cache
def font(name: FontName) -> Font:
    """One of the two sizes: ``text`` of 15 pixels, ``title`` of 20 and bold."""
    with np.load(Path(__file__).parent / "lettering.npz", allow_pickle=False) as drawn:
        codes, starts, ink = (drawn[f"{name}_{part}"] for part in ("codes", "starts", "ink"))
    edges = starts.tolist()
    places = {code: (edges[at], edges[at + 1]) for at, code in enumerate(codes.tolist())}
    return Font(ink, places)


class Canvas:
    """White paper of ``width`` × ``height`` pixels, 0 at the left and at the top."""

    def __init__(self, width: int, height: int) -> None:
        self.pixels = np.full((height, width, 3), 255, np.uint8)

    def fill(self, left: int, top: int, right: int, bottom: int, colour: Colour) -> None:
        """Fill a rectangle; ``right`` and ``bottom`` are not part of it."""
        self.pixels[top:bottom, left:right] = colour

    def image(self, left: int, top: int, colours: NDArray[np.uint8]) -> None:
        """Put uint8 (height, width, 3) with its left upper corner there."""
        height, width = colours.shape[:2]
        self.pixels[top : top + height, left : left + width] = colours

    def ink(self, left: int, top: int, cover: NDArray[np.float32], colour: Colour = INK) -> None:
        """Lay colour on, as much as ``cover`` (height, width) in 0..1 says; cut at the edges."""
        height, width = self.pixels.shape[:2]
        cut = cover[max(0, -top) : max(0, height - top), max(0, -left) : max(0, width - left)]
        top, left = max(0, top), max(0, left)
        under = self.pixels[top : top + cut.shape[0], left : left + cut.shape[1]]
        share = cut[:, :, None]
        under[:] = np.round(under * (1 - share) + np.array(colour) * share).astype(np.uint8)

    def text(
        self,
        x: int,
        y: int,
        words: str,
        *,
        align: Align = "left",
        size: FontName = "text",
        upward: bool = False,
        colour: Colour = INK,
    ) -> None:
        """Write a line whose middle height is ``y``; ``upward`` turns it, its middle at x, y."""
        letters = font(size)
        parts = [letters.ink[:, start:end] for start, end in map(letters.place, words)]
        if not parts:
            return
        cover = (np.hstack(parts) / 255).astype(np.float32)
        if upward:
            turned = np.rot90(cover)
            self.ink(x - turned.shape[1] // 2, y - turned.shape[0] // 2, turned, colour)
            return
        back = {"left": 0, "middle": cover.shape[1] // 2, "right": cover.shape[1]}[align]
        self.ink(x - back, y - cover.shape[0] // 2, cover, colour)

    def png(self, **told: str) -> bytes:
        """The paper as a PNG; ``told`` are texts that it carries, e.g. ``Title``."""
        height, width = self.pixels.shape[:2]
        # Each row as its difference from the one above: even paper shrinks to nothing.
        before = np.zeros_like(self.pixels)
        before[1:] = self.pixels[:-1]
        rows = (self.pixels - before).reshape(height, -1)
        filtered = np.hstack([np.full((height, 1), 2, np.uint8), rows])
        chunks = [
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            *(_chunk(b"iTXt", _text(key, value)) for key, value in told.items()),
            _chunk(b"IDAT", zlib.compress(filtered.tobytes(), 6)),
            _chunk(b"IEND", b""),
        ]
        return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG: length, kind, content, checksum (ISO 15948, 5.3)."""
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def _text(key: str, value: str) -> bytes:
    """A text in UTF-8, not compressed, of no language (ISO 15948, 11.3.4.5)."""
    return key.encode("latin-1") + b"\0\0\0\0\0" + value.encode("utf-8", errors="replace")
