"""What a finished run says of itself, and where its folder keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

SUMMARY, WEIGHTS = "summary.json", "best.ckpt"


@dataclass(frozen=True)
class Summary:
    """What a finished run says of itself."""

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


def finish(folder: Path, state: dict[str, Tensor], summary: Summary) -> None:
    """Write the weights, then the summary that says they are there; each whole or not at all."""
    part = folder / f"{WEIGHTS}.part"
    torch.save({"state_dict": state}, part)
    part.replace(folder / WEIGHTS)
    part = folder / f"{SUMMARY}.part"
    part.write_text(json.dumps(asdict(summary), indent=1), "utf-8")
    part.replace(folder / SUMMARY)


def read(folder: Path) -> Summary:
    """Read the summary of a finished run."""
    return Summary(**json.loads((folder / SUMMARY).read_text("utf-8")))
