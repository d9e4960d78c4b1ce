"""JSON Lines: one object a line, written as soon as it is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TextIO

from sertain.predict.prediction import Outcome

SUFFIXES = (".jsonl", ".ndjson")


def write(outcomes: Iterable[Outcome], out: TextIO, *, labels: Sequence[str]) -> None:  # noqa: ARG001
    """Write a line an outcome; each is flushed, so that a reader of a pipe sees it at once."""
    for outcome in outcomes:
        out.write(json.dumps(outcome.to_dict(), ensure_ascii=False) + "\n")
        out.flush()
