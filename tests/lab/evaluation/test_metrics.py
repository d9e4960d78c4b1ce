"""Metrics agree with scikit-learn and with counts by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as peer

from sertain.lab.evaluation import metrics


@pytest.fixture
def drawn(rng: np.random.Generator) -> tuple[metrics.Ints, metrics.Floats]:
    probabilities = rng.dirichlet(np.full(5, 0.7), size=400)
    targets = np.array([rng.choice(5, p=row) for row in probabilities])
    return targets, probabilities


def test_rates_are_those_of_scikit_learn(drawn: tuple[metrics.Ints, metrics.Floats]) -> None:
    targets, probabilities = drawn
    answers = probabilities.argmax(axis=1)
    scores = metrics.score(targets, probabilities)
    assert scores.uar == pytest.approx(peer.balanced_accuracy_score(targets, answers))
    assert scores.wa == pytest.approx(peer.accuracy_score(targets, answers))
    assert scores.macro_f1 == pytest.approx(peer.f1_score(targets, answers, average="macro"))
    assert scores.weighted_f1 == pytest.approx(peer.f1_score(targets, answers, average="weighted"))
    assert scores.recalls == pytest.approx(peer.recall_score(targets, answers, average=None))
    assert scores.confusion == tuple(map(tuple, peer.confusion_matrix(targets, answers)))
    assert scores.nll == pytest.approx(peer.log_loss(targets, probabilities, labels=range(5)))
    assert scores.brier == pytest.approx(
        peer.brier_score_loss(targets, probabilities, labels=range(5), scale_by_half=False)
    )


def test_a_label_without_clips_counts_neither_in_uar_nor_in_f1() -> None:
    targets = np.array([0, 0, 1, 1])
    answers = np.array([0, 2, 1, 1])
    scores = metrics.score(targets, np.eye(3)[answers])
    # Recall 1/2 and 1; F1 of label 0 is 2·1/(2+1), of label 1 it is 1; label 2 does not occur.
    assert scores.uar == pytest.approx(0.75)
    assert scores.macro_f1 == pytest.approx((2 / 3 + 1) / 2)
    assert scores.recalls == (0.5, 1.0, None)


def test_the_error_of_the_surer_half_counted_by_hand() -> None:
    # Sure of it: right, wrong, right; less sure: wrong, wrong, right, wrong.
    sure = np.array([0.9, 0.8, 0.85, 0.55, 0.6, 0.7, 0.65])
    right = np.array([True, False, True, False, False, True, False])
    probabilities = np.stack([sure, 1 - sure], axis=1)
    targets = np.where(right, 0, 1)
    assert metrics.half_error(targets, probabilities) == pytest.approx(1 / 3)
    assert metrics.score(targets, probabilities).half_error == pytest.approx(1 / 3)
    assert metrics.half_error(targets[:1], probabilities[:1]) == 0


def test_ece_of_three_bins_counted_by_hand() -> None:
    # Confidences 0.5, 0.6 | 0.7, 0.8 | 0.9, 1.0; right answers: 1 of 2, 2 of 2, 1 of 2.
    confidence = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    targets = np.array([1, 0, 0, 0, 1, 0])
    curve = metrics.reliability(targets, probabilities, bins=3)
    assert [b.accuracy for b in curve] == [0.5, 1.0, 0.5]
    assert [b.confidence for b in curve] == pytest.approx([0.55, 0.75, 0.95])
    gap = sum(abs(b.confidence - b.accuracy) * b.clips for b in curve) / 6
    assert gap == pytest.approx((0.05 + 0.25 + 0.45) / 3)


def test_ece_has_fifteen_bins_of_equal_mass(drawn: tuple[metrics.Ints, metrics.Floats]) -> None:
    targets, probabilities = drawn
    curve = metrics.reliability(targets, probabilities)
    assert len(curve) == 15
    assert {b.clips for b in curve} == {26, 27}  # 400 = 10·27 + 5·26
    confidence, right = probabilities.max(1), probabilities.argmax(1) == targets
    order, first, gap = np.argsort(confidence), 0, 0.0
    for size in [27] * 10 + [26] * 5:
        part = order[first : first + size]
        gap += abs(float(confidence[part].sum() - right[part].sum()))
        first += size
    assert metrics.ece(targets, probabilities) == pytest.approx(gap / 400)


def test_brier_and_nll_of_one_clip_by_hand() -> None:
    probabilities = np.array([[0.2, 0.5, 0.3]])
    assert metrics.brier_of_each(np.array([0]), probabilities) == pytest.approx(
        [0.64 + 0.25 + 0.09]
    )
    assert metrics.nll_of_each(np.array([0]), probabilities) == pytest.approx([-np.log(0.2)])


def test_uar_of_each_speaker_is_over_the_labels_that_the_speaker_has() -> None:
    targets = np.array([0, 1, 1, 0, 0])
    answers = np.array([0, 1, 0, 0, 1])
    found = metrics.uar_by_speaker(targets, np.eye(2)[answers], ["a", "a", "a", "b", "b"])
    assert found == {"a": 0.75, "b": 0.5}
