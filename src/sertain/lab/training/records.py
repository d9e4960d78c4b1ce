"""``csv/metrics.csv``: one row of figures an epoch, also after a kill."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

Row = Mapping[str, float]


def write(folder: Path, rows: Sequence[Row]) -> None:
    """Write the table of a run; ``folder`` is the run's."""
    path = folder / "csv" / "metrics.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


class Records(Callback):
    """Keeps the figures of every epoch, in the table and in the checkpoint.

    Lightning's own logger begins a new table where a killed run goes on.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: list[Row] = []

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Add the epoch, before its checkpoint is written."""
        figures: Mapping[str, float] = pl_module.figures  # type: ignore[assignment]
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        row = {"epoch": trainer.current_epoch, "step": trainer.global_step, **figures, "rate": rate}
        self.rows = [*(old for old in self.rows if old["epoch"] < row["epoch"]), row]
        if trainer.is_global_zero:
            write(self.folder, self.rows)

    def state_dict(self) -> dict[str, Any]:
        """Give the rows for the checkpoint."""
        return {"rows": [dict(row) for row in self.rows]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the rows of the checkpoint."""
        self.rows = state_dict["rows"]
