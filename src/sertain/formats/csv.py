"""CSV (RFC 4180, one header line): a column for each label's probability."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from sertain.predict.prediction import Outcome

SUFFIXES = (".csv",)
_BEFORE = ("file", "duration_s", "speech_s", "label", "confidence", "certain")
_AFTER = ("set", "set_coverage", "model", "warnings", "error")


def write(outcomes: Iterable[Outcome], out: TextIO, *, labels: Sequence[str]) -> None:
    """Write a row an outcome; what does not apply stays empty.

    Warnings are joined by ``"; "``, the labels of a set by a space.
    """
    columns = (*_BEFORE, *(f"p_{label}" for label in labels), *_AFTER)
    rows = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    rows.writeheader()
    for outcome in outcomes:
        rows.writerow(_row(outcome.to_dict()))


def _row(plain: dict[str, Any]) -> dict[str, Any]:
    probabilities = plain.pop("probabilities", None) or {}
    columns = {f"p_{label}": value for label, value in probabilities.items()}
    if "certain" in plain:
        plain["certain"] = "true" if plain["certain"] else "false"
        plain["set"] = " ".join(plain["set"] or ())
        plain["warnings"] = "; ".join(plain["warnings"])
    return {**plain, **columns}
