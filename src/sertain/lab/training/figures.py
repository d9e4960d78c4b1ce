"""The figures of validation clips after an epoch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from sertain.corpora.clip import Clip

WATCHED = {"uar": ("val/uar", "max"), "wa": ("val/accuracy", "max"), "loss": ("val/loss", "min")}
"""By the word in a recipe: the figure that chooses the epoch, and which one is best."""


def group_of(clip: Clip) -> str:
    """Name the corpus of a clip, with its channel where that is not speech."""
    return clip.corpus if clip.channel == "speech" else f"{clip.corpus}_{clip.channel}"


def subset(clips: Sequence[Clip], most: int) -> list[Clip]:
    """Take at most this many clips of each corpus, evenly spread over its sorted names."""
    kept: list[Clip] = []
    for _, group in groupby(sorted(clips, key=lambda c: (group_of(c), c.key)), key=group_of):
        own = list(group)
        step = max(1.0, len(own) / most)
        kept.extend(own[int(number * step)] for number in range(min(most, len(own))))
    return kept


def figures(
    log: NDArray[np.float32], targets: NDArray[np.int64], groups: NDArray[np.str_]
) -> dict[str, float]:
    """Give UAR and cross entropy, each the mean over the corpora, and the accuracy over all clips.

    ``log`` (n, labels) are log probabilities, ``targets`` and ``groups`` (n,) label and corpus.
    """
    answers = log.argmax(1)
    nll = -log[np.arange(len(targets)), targets]
    found, losses = {}, []
    for group in np.unique(groups):
        inside = groups == group
        recalls = [
            np.mean(answers[inside & (targets == label)] == label)
            for label in np.unique(targets[inside])
        ]
        found[f"val/uar_{group}"] = float(np.mean(recalls))
        losses.append(np.mean(nll[inside]))
    return {
        "val/uar": float(np.mean(list(found.values()))),
        "val/loss": float(np.mean(losses)),
        "val/accuracy": float(np.mean(answers == targets)),
        **found,
    }
