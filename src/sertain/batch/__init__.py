"""Many recordings at once: what the user named is planned, heard side by side, kept in order."""

from __future__ import annotations

from sertain.batch.answers import answers
from sertain.batch.plan import Recording, plan

__all__ = ["Recording", "answers", "plan"]
