"""Training of networks that are fitted once on all training clips, not by epochs."""

from __future__ import annotations

import time

import numpy as np
import torch
from numpy.typing import NDArray

from sertain.lab.models.layers.columns import column
from sertain.lab.training import records
from sertain.lab.training.batches import pad
from sertain.lab.training.data import targets_and_masks
from sertain.lab.training.features import Features
from sertain.lab.training.figures import figures, group_of
from sertain.lab.training.loss import masked_log_softmax
from sertain.lab.training.network import SpeechNetwork, parameter_count
from sertain.lab.training.plan import Plan
from sertain.lab.training.summary import Summary, finish

_BATCH = 64


def train(plan: Plan) -> None:
    """Fit, and leave weights, figures and summary in the plan's folder."""
    torch.manual_seed(plan.seed)
    network = SpeechNetwork(plan.recipe)
    network.keep(plan.folder)
    learning = plan.features(network, plan.train)
    if plan.recipe.normalise == "columns":
        network.standard.learn(learning.moments())
    targets, _ = targets_and_masks(plan.train, plan.recipe)
    start = time.monotonic()
    network.model.fit(_columns(network, learning), targets)
    train_s = time.monotonic() - start
    network.eval()
    figures_now = _figures(plan, network, learning)
    summary = Summary(
        plan.recipe.name,
        plan.recipe.hash,
        plan.seed,
        parameter_count(network),
        1,
        1,
        figures_now["val/uar"],
        round(train_s, 1),
        len(plan.train),
        len(plan.validation),
    )
    state = {f"network.{name}": values for name, values in network.state_dict().items()}
    finish(plan.folder, state, summary)


def _columns(network: SpeechNetwork, features: Features) -> NDArray[np.float32]:
    """Give the standardised features of each clip, averaged over its frames: (n, rows)."""
    found = []
    for first in range(0, len(features), _BATCH):
        numbers = range(first, min(first + _BATCH, len(features)))
        with torch.inference_mode():
            heard, mask = network.features(*pad([features[number] for number in numbers]))
            found.append(column(heard, mask).numpy())
    return np.concatenate(found)


def _figures(plan: Plan, network: SpeechNetwork, learning: Features) -> dict[str, float]:
    """Write the figures of training and validation as the one epoch of ``csv/metrics.csv``."""
    found: dict[str, float] = {"epoch": 0, "step": 0}
    for side, clips, heard in (
        ("train", plan.train, learning),
        ("val", plan.validation, plan.features(network, plan.validation)),
    ):
        targets, masks = targets_and_masks(clips, plan.recipe)
        columns = torch.from_numpy(_columns(network, heard))[:, :, None]
        with torch.inference_mode():
            logits, _ = network.model(columns, None)
        log = masked_log_softmax(logits, torch.from_numpy(masks)).numpy()
        groups = np.array([group_of(clip) for clip in clips])
        for name, value in figures(log, targets, groups).items():
            if side == "val" or name in ("val/loss", "val/accuracy"):
                found[name.replace("val", side)] = value
    records.write(plan.folder, [found])
    return found
