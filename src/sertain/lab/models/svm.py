"""A support vector machine with RBF kernel, fitted by scikit-learn, evaluated in torch.

Vu, DeepEmoNet, on 20 MFCC averaged over time.  Decisions as scikit-learn's ``SVC`` gives them,
probabilities by one sigmoid for each label (Platt 1999), as ``CalibratedClassifierCV`` fits them on
held-out fifths of the training rows.  Evaluated in torch it exports behind any front end.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from sertain.errors import RecipeError
from sertain.lab.checked import Checked
from sertain.lab.models.layers.columns import column


class Config(Checked):
    """``c`` and ``gamma`` of scikit-learn's ``SVC``, by their meaning there.

    ``folds`` is the number of parts on which the sigmoids are fitted in turn.
    """

    c: float = Field(default=1.0, gt=0)
    gamma: float | Literal["scale", "auto"] = "scale"
    folds: int = Field(default=5, ge=2)


class Network(nn.Module):
    """Standardisation by the training rows, pairwise decisions, one sigmoid a label.

    Everything is float64, as in scikit-learn.  ``fit`` gives the numbers; until then there is no
    support vector and an answer is refused.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: Config, rows: int, labels: int) -> None:
        super().__init__()
        self.config = config
        self.labels = labels
        self.embedding = rows
        self.register_buffer("mean", torch.zeros(rows).double())
        self.register_buffer("deviation", torch.ones(rows).double())
        pairs = labels * (labels - 1) // 2
        # Parameters, though no gradient trains them, so that they count as what was learnt.
        self.vectors = nn.Parameter(torch.zeros(0, rows).double())
        self.duals = nn.Parameter(torch.zeros(pairs, 0).double())
        self.intercepts = nn.Parameter(torch.zeros(pairs).double())
        self.slopes = nn.Parameter(torch.zeros(labels).double())
        self.offsets = nn.Parameter(torch.zeros(labels).double())
        self.gamma = nn.Parameter(torch.zeros(()).double())

    def fit(self, columns: NDArray[np.floating[Any]], targets: NDArray[np.integer[Any]]) -> None:
        """Fit on ``columns`` (n, rows) and label indices ``targets`` (n,).

        Raises
        ------
        RecipeError
            A label has fewer rows than there are folds.
        """
        from sklearn.calibration import CalibratedClassifierCV  # noqa: PLC0415
        from sklearn.svm import SVC  # noqa: PLC0415

        counts = np.bincount(targets, minlength=self.labels)
        if counts.min() < self.config.folds:
            raise RecipeError(
                f"label {int(counts.argmin())} has {counts.min()} training clips, svm needs "
                f"{self.config.folds}",
                "add clips, or lower folds",
            )
        columns = np.asarray(columns, dtype=np.float64)
        mean, deviation = columns.mean(0), columns.std(0)
        deviation = np.where(deviation > 0, deviation, 1.0)
        machine = SVC(
            C=self.config.c, gamma=self.config.gamma, decision_function_shape="ovr", kernel="rbf"
        )
        calibrated = CalibratedClassifierCV(
            machine, method="sigmoid", cv=self.config.folds, ensemble=False
        ).fit((columns - mean) / deviation, targets)
        self.take(calibrated, mean, deviation)

    def take(
        self, calibrated: Any, mean: NDArray[np.float64], deviation: NDArray[np.float64]
    ) -> None:
        """Take over a fitted ``CalibratedClassifierCV(SVC(), ensemble=False)``.

        ``mean`` and ``deviation`` (rows,) standardise the columns before it.
        """
        (whole,) = calibrated.calibrated_classifiers_
        machine = whole.estimator
        sigmoids = whole.calibrators
        both = self.labels == 2
        slopes, offsets = [s.a_ for s in sigmoids], [s.b_ for s in sigmoids]
        if both:  # they have one sigmoid, of the second; the first's decision is the negative
            slopes, offsets = slopes * 2, [-offsets[0], offsets[0]]
        learnt = {
            "vectors": machine.support_vectors_,
            "duals": _pairwise(machine.dual_coef_, machine.n_support_),
            # libsvm turns the sign of its only pair.
            "intercepts": -machine.intercept_ if both else machine.intercept_,
            "slopes": np.array(slopes),
            "offsets": np.array(offsets),
            "gamma": np.array(machine._gamma),
        }
        if both:
            learnt["duals"] = -learnt["duals"]
        for name, values in learnt.items():
            place = self.mean.device
            setattr(self, name, nn.Parameter(torch.as_tensor(values, device=place).double()))
        self.mean.copy_(torch.as_tensor(mean))
        self.deviation.copy_(torch.as_tensor(deviation))

    def decisions(self, columns: Tensor) -> Tensor:
        """Give the decision of each label (n, labels) on standardised columns, float64.

        The label's votes, and between −1/3 and 1/3 the confidence that breaks a tie.  Of two labels
        the second's is the decision of the only pair, as in scikit-learn, the first's its negative.
        """
        apart = (
            columns.square().sum(1, keepdim=True)
            + self.vectors.square().sum(1)
            - 2.0 * columns @ self.vectors.T
        )
        kernel = torch.exp(-self.gamma * apart.clamp(min=0))
        pairs = kernel @ self.duals.T + self.intercepts
        first, second = self._members(pairs)
        confidence = pairs @ (first - second)
        if self.labels == 2:
            return confidence
        won = (pairs > 0).to(pairs.dtype)
        votes = won @ first + (1.0 - won) @ second
        return votes + confidence / (3.0 * (confidence.abs() + 1.0))

    def probabilities(self, columns: Tensor) -> Tensor:
        """Give the probability of each label (n, labels) on standardised columns, float64."""
        return torch.exp(self._log_probabilities(columns))

    def forward(self, features: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Give log probabilities (batch, labels) and the standardised column (batch, rows)."""
        if not len(self.vectors):
            raise RecipeError(
                "the network svm is not fitted", "fit it on columns; gradients do not train it"
            )
        with torch.autocast(features.device.type, enabled=False):
            columns = (column(features.double(), mask) - self.mean) / self.deviation
            return self._log_probabilities(columns).float(), columns.float()

    def _log_probabilities(self, columns: Tensor) -> Tensor:
        each = nn.functional.logsigmoid(-(self.slopes * self.decisions(columns) + self.offsets))
        return torch.log_softmax(each, dim=1)

    def _members(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Give two matrices (pairs, labels) with 1 where a label is first or second of a pair."""
        pairs = torch.tensor(list(combinations(range(self.labels), 2)), device=like.device)
        one = torch.eye(self.labels, dtype=like.dtype, device=like.device)
        return one[pairs[:, 0]], one[pairs[:, 1]]

    def _load_from_state_dict(
        self, state_dict: Mapping[str, Any], prefix: str, *others: Any
    ) -> None:
        """Take the number of support vectors from what is loaded."""
        for name in ("vectors", "duals"):
            held = state_dict.get(prefix + name)
            if held is not None:
                setattr(self, name, nn.Parameter(torch.empty_like(held, device=self.mean.device)))
        super()._load_from_state_dict(state_dict, prefix, *others)


def _pairwise(
    duals: NDArray[np.float64], supports: NDArray[np.integer[Any]]
) -> NDArray[np.float64]:
    """Spread libsvm's coefficients (labels − 1, vectors) to one row for each pair of labels.

    libsvm stores for each vector of label i its weight against each other label, leaving i out.
    """
    ends = np.concatenate([[0], np.cumsum(supports)])
    rows = []
    for i, j in combinations(range(len(supports)), 2):
        row = np.zeros(duals.shape[1])
        row[ends[i] : ends[i + 1]] = duals[j - 1, ends[i] : ends[i + 1]]
        row[ends[j] : ends[j + 1]] = duals[i, ends[j] : ends[j + 1]]
        rows.append(row)
    return np.stack(rows)
