"""What holds for every bundle that the lab writes: its licence, its check, its coverage."""

from __future__ import annotations

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
