"""An evaluation in one small file, fit to be committed: its figures, and every clip's answers."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sertain.lab.evaluation import writers
from sertain.lab.evaluation.outcome import FILE as OUTCOME
from sertain.lab.evaluation.runner import Evaluation
from sertain.lab.report.runs import PAGE
from sertain.lab.reproduce.series import Series

_COLUMNS = ("clip", "fold", "seed", "label", "predicted", "certain")


def written(evaluation: Evaluation, machines: Iterable[str]) -> bytes:
    """Give the file: the results as ``sertain evaluate`` writes them, and two fields more.

    ``machines`` are those that trained the runs.  ``predictions`` are a CSV of one row a clip and
    seed, compressed by gzip and written in base64: what ``predictions.csv.gz`` holds, with
    probabilities of three decimals.
    """
    more = {"machines": sorted(set(machines)), "predictions": _packed(evaluation)}
    values = {**asdict(evaluation.results), **more}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read(series: Series) -> dict[str, Any] | None:
    """Read the record of a series: of its recipe, and of seeds of which every fold is run.

    ``None`` where there is none, or it speaks of other runs.
    """
    if not series.record.is_file():
        return None
    held: dict[str, Any] = json.loads(series.record.read_text("utf-8"))
    ran = {(run["fold"], run["seed"]) for run in held["runs"]}
    whole = {(fold, seed) for fold in series.folds for seed in held["seeds"]}
    same = held["recipe"]["hash"] == series.recipe_hash
    return held if same and ran == whole and ran else None


def is_current(series: Series, seeds: Iterable[int]) -> bool:
    """Say whether record and page are those of just these seeds, and younger than their runs."""
    held = read(series)
    if held is None or held["seeds"] != list(seeds) or "machines" not in held:
        return False
    written_s = series.record.stat().st_mtime
    outcomes = [
        series.fold_folder(fold, seed) / OUTCOME for fold in series.folds for seed in held["seeds"]
    ]
    younger = all(path.is_file() and path.stat().st_mtime <= written_s for path in outcomes)
    return younger and (series.folder / PAGE).is_file()


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
