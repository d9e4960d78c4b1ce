"""What a finished run says of itself, and where its folder keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

SUMMARY, WEIGHTS = "summary.json", "best.ckpt"


@dataclass(frozen=True)
class Record:
    """What a student's papers say of one of its teachers, wherever that lies.

    ``weights`` is a hash of its weights, ``corpora`` are those whose clips it heard.
    """

    recipe: str
    recipe_hash: str
    seed: int
    parameters: int
    weights: str
    corpora: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """What a finished run says of itself, and of its teachers if it has any."""

    recipe: str
    recipe_hash: str
    seed: int
    parameters: int
    epochs: int
    best_epoch: int
    validation_uar: float
    train_s: float
    train_clips: int
    validation_clips: int
    teachers: tuple[Record, ...] = ()


def finish(folder: Path, state: dict[str, Tensor], summary: Summary) -> None:
    """Write the weights, then the summary that says they are there; each whole or not at all."""
    part = folder / f"{WEIGHTS}.part"
    torch.save({"state_dict": state}, part)
    part.replace(folder / WEIGHTS)
    part = folder / f"{SUMMARY}.part"
    values = asdict(summary)
    if not summary.teachers:
        del values["teachers"]
    part.write_text(json.dumps(values, indent=1), "utf-8")
    part.replace(folder / SUMMARY)


def read(folder: Path) -> Summary:
    """Read the summary of a finished run."""
    values = json.loads((folder / SUMMARY).read_text("utf-8"))
    teachers = values.pop("teachers", ())
    return Summary(**values, teachers=tuple(map(record, teachers)))


def record(values: Mapping[str, Any]) -> Record:
    """Read what was written of a teacher."""
    return Record(**{**values, "corpora": tuple(values["corpora"])})
