"""CSV (RFC 4180, one header line): a column for each label's probability."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from sertain.predict.prediction import Outcome

SUFFIXES = (".csv",)
_BEFORE = ("file", "duration_s", "speech_s", "label", "confidence", "certain")
_AFTER = (
    *("set", "set_coverage", "model"),
    *("baseline", "baseline_s", "baseline_recordings", "baseline_mix"),
    *("warnings", "error"),
)


def write(outcomes: Iterable[Outcome], out: TextIO, *, labels: Sequence[str]) -> None:
    """Write a row an outcome; what does not apply stays empty.

    Warnings are joined by ``"; "``, the labels of a set by a space; a baseline's mix is written
    ``"angry=0.5 sad=0.2"``.
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
        plain |= _baseline(plain.pop("baseline"))
        plain["warnings"] = "; ".join(plain["warnings"])
    return {**plain, **columns}


def _baseline(known: dict[str, Any] | None) -> dict[str, Any]:
    if known is None:
        return {}
    return {
        "baseline": known["name"],
        "baseline_s": known["seconds"],
        "baseline_recordings": known["recordings"],
        "baseline_mix": " ".join(f"{label}={share}" for label, share in known["mix"].items()),
    }
