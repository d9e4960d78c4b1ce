"""The new last part of a model, in numpy: the old answers, moved by what the clips taught."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sertain.lab.adapt.hearing import Floats, Rows

FLOOR = 1e-9
"""Old probabilities are at least this, so that none that was 0 stays 0 for good."""


@dataclass(frozen=True, eq=False)
class Prior:
    """The old answers in terms of the new labels.

    Attributes
    ----------
    columns: which columns of the old answers are used.
    places: of each of these the place among the new labels.
    labels: how many new labels there are; of those without an old one each begins with the
        share 1 / labels of every answer.
    caution: by what the old answers' logarithms are divided, 1 or more; above 1 they count as
        less sure than they were given.
    """

    columns: tuple[int, ...]
    places: tuple[int, ...]
    labels: int
    caution: float = 1.0

    @property
    def constant(self) -> Floats:
        """What is added to each label's logit: (labels,)."""
        new = self.labels - len(self.places)
        shares = np.full(self.labels, np.log(1 / self.labels))
        if self.places:
            shares[list(self.places)] = np.log(1 - new / self.labels)
        return shares

    def logits(self, answers: Floats) -> Floats:
        """Logarithms of the old answers (n, old labels) among the new labels: (n, labels)."""
        found = np.zeros((len(answers), self.labels))
        if self.columns:
            old = np.log(np.maximum(answers[:, list(self.columns)], FLOOR)) / self.caution
            found[:, list(self.places)] = old - _log_sum(old)
        return found + self.constant


@dataclass(frozen=True, eq=False)
class Head:
    """A new last part: logits = prior + features @ matrix + shift.

    Attributes
    ----------
    prior: how the old answers enter.
    statistics: whether the features are embedding and statistics, or the embedding alone.
    matrix: float64 (features, labels).
    shift: float64 (labels,).
    temperature: divides the logits.
    """

    prior: Prior
    statistics: bool
    matrix: Floats
    shift: Floats
    temperature: float = 1.0

    def logits(self, rows: Rows) -> Floats:
        """Logits of each window before the temperature: (n, labels)."""
        return np.asarray(
            self.prior.logits(rows.answers)
            + features(rows, self.statistics) @ self.matrix
            + self.shift
        )

    def probabilities(self, rows: Rows) -> Floats:
        """The answer to each window: (n, labels), rows sum to 1."""
        return softmax(self.logits(rows) / self.temperature)


def features(rows: Rows, statistics: bool) -> Floats:
    """What the head is fitted on: (n, features)."""
    if not statistics:
        return rows.embedding
    return np.concatenate([rows.embedding, rows.statistics], axis=1)


def softmax(logits: Floats) -> Floats:
    """Probabilities of logits (n, labels)."""
    return np.asarray(np.exp(logits - _log_sum(logits)))


def _log_sum(logits: Floats) -> Floats:
    top = logits.max(axis=1, keepdims=True)
    return np.asarray(top + np.log(np.exp(logits - top).sum(axis=1, keepdims=True)))
