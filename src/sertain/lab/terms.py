"""What holds for every bundle that the lab writes: its licence, its check, its coverage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sertain import corpora

PUBLISHED_LICENCE: Final = "CC-BY-NC-SA-4.0"
"""The strictest terms of the published corpora; weights trained on any of them carry it."""
OWN_LICENCE: Final = "the user's own"
TOLERANCE: Final = 1e-4
"""How far a probability of the graph may lie from the one that was computed without it."""
CHECK_SEED: Final = 16_000
"""Of the waveform whose answer a bundle carries, to be verified where it is read."""
COVERAGE: Final = 0.9
"""Prediction sets hold the truth this often, on speakers like the held-out ones."""


def licence_of(corpus: str) -> str:
    """Give the licence of a published corpus; any other is the user's own."""
    return corpora.get(corpus).licence if corpus in corpora.names() else OWN_LICENCE


@dataclass(frozen=True)
class Encoder:
    """What is known of a pretrained encoder: its origin, what it heard, its terms.

    ``notice`` has to stand beside weights that hold the encoder's.
    """

    origin: str
    heard: str
    licence: str
    notice: str


_MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES
OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
ENCODERS: Final = {
    "whisper-tiny.en": Encoder(
        "Whisper tiny.en (Radford et al. 2022, arXiv 2212.04356)",
        "English speech from the web with its transcripts, about 438,000 hours, which nobody"
        " outside can list",
        "MIT",
        "The encoder of Whisper tiny.en is part of these weights:\n\n"
        f"MIT License\n\nCopyright (c) 2022 OpenAI\n\n{_MIT}",
    )
}
"""By the last part of a folder or hub name."""


def encoder_of(name: str) -> Encoder | None:
    """Give what is known of an encoder, e.g. ``"openai/whisper-tiny.en"``, ``None`` if nothing."""
    return ENCODERS.get(name.rstrip("/").rsplit("/", 1)[-1])
