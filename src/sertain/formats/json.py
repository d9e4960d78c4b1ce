"""JSON: a list with one object a recording."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TextIO

from sertain.predict.prediction import Outcome

SUFFIXES = (".json",)


def write(outcomes: Iterable[Outcome], out: TextIO, *, labels: Sequence[str]) -> None:  # noqa: ARG001
    """Write the list, an object as soon as it is known."""
    opening = "[\n"
    for outcome in outcomes:
        text = json.dumps(outcome.to_dict(), indent=2, ensure_ascii=False)
        out.write(opening + "  " + text.replace("\n", "\n  "))
        opening = ",\n"
    out.write("[]\n" if opening == "[\n" else "\n]\n")
