"""An evaluation in one small file, fit to be committed: its figures, and every clip's answers."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sertain.lab.evaluation import writers
from sertain.lab.evaluation.runner import Evaluation

_COLUMNS = ("clip", "fold", "seed", "label", "predicted", "certain")


def written(evaluation: Evaluation) -> bytes:
    """Give the file: the results as ``sertain evaluate`` writes them, and ``predictions``.

    These are a CSV of one row a clip and seed, compressed by gzip and written in base64: what
    ``predictions.csv.gz`` holds, with probabilities of three decimals.
    """
    values = {**asdict(evaluation.results), "predictions": _packed(evaluation)}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def predictions(record: Mapping[str, Any]) -> str:
    """Read the CSV of answers out of a record."""
    return gzip.decompress(base64.b64decode(record["predictions"])).decode()


def _packed(evaluation: Evaluation) -> str:
    rows = csv.DictReader(io.StringIO(writers.predictions(evaluation.answers)))
    shares = [name for name in rows.fieldnames or () if name.startswith("p_")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, *shares])
    for row in rows:
        writer.writerow([*(row[name] for name in _COLUMNS), *(_short(row[n]) for n in shares)])
    return base64.b64encode(gzip.compress(text.getvalue().encode(), 9, mtime=0)).decode()


def _short(share: str) -> str:
    """Give three decimals at most; nothing stays nothing."""
    return share and (f"{float(share):.3f}".rstrip("0").rstrip(".") or "0")
