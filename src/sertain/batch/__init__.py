"""Many recordings at once: what the user named is planned, heard side by side, kept in order."""

from __future__ import annotations

from sertain.batch.answers import answers
from sertain.batch.plan import Recording, plan
from sertain.batch.voices import BATCH, OWN, Choose, knowing, knowing_itself, pooled

__all__ = [
    "BATCH",
    "OWN",
    "Choose",
    "Recording",
    "answers",
    "knowing",
    "knowing_itself",
    "plan",
    "pooled",
]
