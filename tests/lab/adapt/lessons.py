"""Lessons drawn by a fixed generator, without any sound."""

from __future__ import annotations

from typing import Any

import numpy as np

from sertain.lab.adapt.fitting import Lesson
from sertain.lab.adapt.head import Prior
from sertain.lab.adapt.hearing import Rows


def rows(answers: Any, embedding: Any, statistics: Any = None) -> Rows:
    """One window a clip."""
    count = len(answers)
    return Rows(
        answers=np.asarray(answers, np.float64),
        embedding=np.asarray(embedding, np.float64),
        statistics=np.zeros((count, 0)) if statistics is None else np.asarray(statistics),
        clip=np.arange(count),
        share=np.ones(count),
    )


def lesson(
    *,
    clips: int = 90,
    width: int = 6,
    groups: int = 6,
    told: float = 2.0,
    known: float = 0.0,
    prior: Prior | None = None,
) -> Lesson:
    """Clips of three labels: ``told`` by the embedding, ``known`` to the old answers."""
    rng = np.random.default_rng(4)
    targets = np.arange(clips) % 3
    truth = np.eye(3)[targets]
    embedding = rng.normal(size=(clips, width))
    embedding[:, :3] += told * truth
    logits = known * truth + rng.normal(size=(clips, 3)) * 0.5
    answers = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return Lesson(
        rows=rows(answers, embedding),
        targets=targets,
        groups=np.arange(clips) // 3 % groups,
        prior=prior or Prior((0, 1, 2), (0, 1, 2), 3),
    )
