"""A finished run in one small file: all that it answered, and how its training went."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sertain.errors import RecipeError
from sertain.lab.evaluation.outcome import FILE as OUTCOME
from sertain.lab.evaluation.outcome import write_whole
from sertain.lab.report.course import METRICS
from sertain.lab.reproduce import machine
from sertain.lab.training.summary import SUMMARY

TAKEN: Final = "published.json.gz"
"""Lies in the folder of a run that was not trained there, but unpacked from this file."""

_NAME = re.compile(r"fold-(\d+)-seed-(\d+)\.json\.gz")
_LEVEL: Final = 9


@dataclass(frozen=True)
class Packed:
    """A run as its file holds it.

    Attributes
    ----------
    content: the bytes of the file.
    folds: how many folds its series has.
    outcome: what ``outcome.json`` holds: its identity and all logits.
    machine: on what it was trained, where that was noted.
    summary, metrics: ``fit/summary.json``, and the text of ``fit/csv/metrics.csv``; ``None`` where
        there are none.
    """

    content: bytes
    folds: int
    outcome: Mapping[str, Any]
    machine: str | None
    summary: Mapping[str, Any] | None
    metrics: str | None

    @property
    def recipe_hash(self) -> str:
        """The hash of the recipe that was trained."""
        return str(self.outcome["identity"]["recipe_hash"])


def path_of(series: Path, fold: int, seed: int) -> Path:
    """Give the file of a run in the folder of its series."""
    return series / f"fold-{fold}-seed-{seed}.json.gz"


def held(series: Path) -> Iterator[tuple[int, int, Path]]:
    """Give fold, seed and file of each run that a published series holds, in their order."""
    found = ((_NAME.fullmatch(path.name), path) for path in series.glob("*.json.gz"))
    yield from sorted((int(name[1]), int(name[2]), path) for name, path in found if name)


def pack(run: Path, folds: int) -> bytes:
    """Give a finished run as one file; the same run gives the same bytes.

    One that was unpacked, and not trained anew since, is the file that it came from.
    """
    outcome = outcome_of(run)
    if (run / TAKEN).is_file():
        taken = read(run / TAKEN)
        if taken.outcome == outcome:
            return taken.content
    fit = run / "fit"
    summary, metrics = fit / SUMMARY, fit / METRICS
    values = {
        "format": 1,
        "folds": folds,
        "outcome": outcome,
        "machine": machine.noted(run),
        "summary": json.loads(summary.read_text("utf-8")) if summary.is_file() else None,
        "metrics": metrics.read_bytes().decode() if metrics.is_file() else None,
    }
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n"
    return gzip.compress(text.encode(), _LEVEL, mtime=0)


def outcome_of(run: Path) -> dict[str, Any]:
    """Read what a finished run answered, as its file has it."""
    found: dict[str, Any] = json.loads((run / OUTCOME).read_text("utf-8"))
    return found


def read(path: Path) -> Packed:
    """Read the file of a run.

    Raises
    ------
    RecipeError
        It is damaged.
    """
    content = path.read_bytes()
    try:
        values = json.loads(gzip.decompress(content))
        found = Packed(
            content,
            int(values["folds"]),
            values["outcome"],
            values["machine"],
            values["summary"],
            values["metrics"],
        )
        found.recipe_hash  # noqa: B018 - a file that names no recipe is damaged, too
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
        raise RecipeError(
            f"the published run {path} is damaged", "fetch it again, or remove it"
        ) from None
    return found


def unpack(found: Packed, run: Path) -> None:
    """Write a run into its folder, as if it had been trained there; its network is not among it.

    ``fit/summary.json`` stays packed: where it lies the network does, too.  Of an unfinished
    training that lies there already, nothing is changed.
    """
    write_whole(run / TAKEN, found.content)
    if found.machine is not None:
        write_whole(run / machine.FILE, json.dumps(found.machine).encode())
    if found.metrics is not None and not (run / "fit").exists():
        write_whole(run / "fit" / METRICS, found.metrics.encode())
    # Last, as it says that the rest is there.
    write_whole(run / OUTCOME, json.dumps(found.outcome).encode())
