"""The optimiser of a recipe, and how its learning rate moves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR

from sertain.lab.recipes.parts import Exponential, OneCycle, Plateau, Training

_LEAST = 1e-4
"""By how much a loss has to fall to count as lower, as in Keras."""


def optimiser(
    parameters: Iterable[torch.nn.Parameter] | Sequence[dict[str, Any]], training: Training
) -> Optimizer:
    """Give Adam or AdamW of parameters, of which norms and biases do not decay, or of groups."""
    given = list(parameters)
    groups: list[dict[str, Any]] = [one for one in given if isinstance(one, dict)]
    if not groups:
        plain = [one for one in given if isinstance(one, torch.nn.Parameter)]
        groups = [
            {"params": [p for p in plain if p.dim() > 1]},
            {"params": [p for p in plain if p.dim() <= 1], "weight_decay": 0.0},
        ]
    kind = torch.optim.AdamW if training.optimiser == "adamw" else torch.optim.Adam
    return kind(groups, lr=training.learning_rate, weight_decay=training.weight_decay)


def schedule(optimizer: Optimizer, training: Training, steps: int) -> dict[str, Any] | None:
    """Give what Lightning moves the rate by, for ``steps`` in all, if it moves by itself.

    Each group of the optimiser moves in proportion to its own rate.
    A plateau does not: :class:`Waiting` looks at the loss.
    """
    how = training.schedule
    if isinstance(how, OneCycle):
        highest = [group["lr"] for group in optimizer.param_groups]
        cycle = OneCycleLR(optimizer, highest, total_steps=steps, pct_start=how.warm_up)
        return {"scheduler": cycle, "interval": "step"}
    if isinstance(how, Exponential):
        least = how.floor / training.learning_rate
        decay, every = how.decay, how.every_epochs
        falling = LambdaLR(optimizer, lambda epoch: max(decay ** (epoch // every), least))
        return {"scheduler": falling, "interval": "epoch"}
    return None


class Waiting:
    """Lowers the rate where the training loss has not fallen for some epochs."""

    def __init__(self, how: Plateau) -> None:
        self.how = how
        self.best = math.inf
        self.waited = 0

    def step(self, loss: float, optimizer: Optimizer) -> None:
        """Take the loss of one more epoch."""
        if loss < self.best - _LEAST:
            self.best, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited >= self.how.patience:
            self.waited = 0
            for group in optimizer.param_groups:
                # A block of an encoder may learn more slowly than the floor from the beginning.
                group["lr"] = min(group["lr"], max(group["lr"] * self.how.factor, self.how.floor))

    def state_dict(self) -> dict[str, float]:
        """Give what a checkpoint has to hold."""
        return {"best": self.best, "waited": self.waited}

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Take what a checkpoint held."""
        self.best, self.waited = state["best"], int(state["waited"])
