"""Temperature and threshold, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from sertain.lab.evaluation import calibration


@pytest.fixture
def logits(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(0, 2, (500, 4)).astype(np.float32)


def test_probabilities_are_the_softmax_over_the_labels_that_count(logits: np.ndarray) -> None:
    mask = np.tile([True, False, True, True], (500, 1))
    found = calibration.probabilities(logits, mask, 2.0)
    assert (found[:, 1] == 0).all()
    assert found[:, [0, 2, 3]] == pytest.approx(
        softmax(logits[:, [0, 2, 3]] / 2.0, axis=1), abs=1e-6
    )


def test_the_temperature_that_made_the_labels_is_found(rng: np.random.Generator) -> None:
    logits = rng.normal(0, 4, (20000, 4))
    truth = softmax(logits / 2.5, axis=1)
    targets = np.array([rng.choice(4, p=row) for row in truth])
    found = calibration.temperature(logits, targets, np.ones((20000, 4), np.bool_))
    assert found == pytest.approx(2.5, rel=0.03)


def test_the_temperature_minimises_the_masked_weighted_likelihood(
    logits: np.ndarray, rng: np.random.Generator
) -> None:
    mask = rng.random((500, 4)) < 0.7
    targets = rng.integers(0, 4, 500)
    mask[np.arange(500), targets] = True
    weights = rng.uniform(0.1, 2.0, 500)

    def loss(log_temperature: float) -> float:
        masked = np.where(mask, logits, -1e9) / np.exp(log_temperature)
        return float(-weights @ log_softmax(masked, axis=1)[np.arange(500), targets])

    # These labels are noise: the best temperature is the highest allowed.
    assert calibration.temperature(logits, targets, mask, weights) == pytest.approx(20, rel=1e-6)
    better = np.where(rng.random(500) < 0.6, np.where(mask, logits, -9).argmax(1), targets)
    targets = better
    best = minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-8})
    found = calibration.temperature(logits, targets, mask, weights)
    assert np.log(found) == pytest.approx(best.x, abs=1e-4)


def test_answers_that_are_all_right_get_the_least_temperature(logits: np.ndarray) -> None:
    found = calibration.temperature(logits, logits.argmax(1), np.ones((500, 4), np.bool_))
    assert found == pytest.approx(0.05, rel=1e-6)


def test_risk_and_coverage_counted_by_hand() -> None:
    confidence = np.array([0.3, 0.9, 0.6, 0.8])
    right = np.array([False, True, False, True])
    coverage, risk = calibration.risk_coverage(confidence, right)
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == [0.0, 0.0, pytest.approx(1 / 3), 0.5]


def test_the_threshold_halves_the_risk_and_keeps_the_most() -> None:
    # Risk of all is 2/4; the surest three have 1/3 > 1/4, the surest two have 0.
    confidence = np.array([0.3, 0.9, 0.6, 0.8])
    right = np.array([False, True, False, True])
    assert calibration.uncertain_below(confidence, right) == 0.8


def test_an_answer_counts_what_it_weighs() -> None:
    """Weights are as many equal answers, one beside the other."""
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, False, True, True, False])
    weights = np.array([6.0, 1.0, 1.0, 2.0, 4.0])
    many = weights.astype(int)
    once = calibration.uncertain_below(np.repeat(confidence, many), np.repeat(right, many))
    assert calibration.uncertain_below(confidence, right, weights) == once == 0.6
    assert calibration.uncertain_below(confidence, right) == 0.9


def test_answers_of_equal_confidence_are_not_parted() -> None:
    confidence = np.array([0.9, 0.8, 0.8, 0.8])
    right = np.array([True, True, False, False])
    # With any order of the three equal ones only the first answer has at most 1/4 wrong.
    assert calibration.uncertain_below(confidence, right) == 0.9


@pytest.mark.parametrize(("right", "expected"), [([True, True], 0.0), ([False, False], 0.7)])
def test_thresholds_at_the_ends(right: list[bool], expected: float) -> None:
    assert calibration.uncertain_below(np.array([0.7, 0.4]), np.array(right)) == expected


def test_the_conformal_threshold_is_the_published_quantile(rng: np.random.Generator) -> None:
    probabilities = rng.dirichlet([1.0, 2.0, 0.5], 137)
    targets = rng.integers(0, 3, 137)
    scores = 1 - probabilities[np.arange(137), targets]
    for coverage in (0.5, 0.8, 0.9, 0.95):
        # The ceil((n + 1) coverage)th least score: Angelopoulos and Bates 2021 (arXiv 2107.07511).
        level = np.ceil(138 * coverage) / 137
        expected = 1 - np.quantile(scores, level, method="inverted_cdf")
        found = calibration.conformal_threshold(probabilities, targets, coverage)
        assert found == pytest.approx(expected, abs=1e-12)


def test_nine_clips_are_the_fewest_for_nine_in_ten() -> None:
    probabilities = np.tile([0.6, 0.4], (9, 1))
    probabilities[0] = [0.2, 0.8]
    targets = np.zeros(9, np.int64)
    assert calibration.conformal_threshold(probabilities, targets, 0.9) == 0.2
    assert calibration.conformal_threshold(probabilities[:8], targets[:8], 0.9) == 0.0


def test_sets_of_other_clips_hold_the_truth_as_often_as_stated(rng: np.random.Generator) -> None:
    probabilities = rng.dirichlet([0.7] * 5, 40_000)
    targets = np.array([rng.choice(5, p=row) for row in probabilities])
    half = 20_000
    least = calibration.conformal_threshold(probabilities[:half], targets[:half], 0.85)
    own = probabilities[np.arange(half, 2 * half), targets[half:]]
    assert (own >= least).mean() == pytest.approx(0.85, abs=0.01)


def test_a_clip_that_counts_twice_is_two_clips(rng: np.random.Generator) -> None:
    probabilities = rng.dirichlet([1.0, 1.0, 1.0], 400)
    targets = rng.integers(0, 3, 400)
    twice = np.arange(400) % 2 == 0
    rows = np.repeat(np.arange(400), np.where(twice, 2, 1))
    found = calibration.conformal_threshold(probabilities, targets, 0.9, np.where(twice, 2.0, 1.0))
    # The rank is rounded up by one clip of 400 here and of 600 there.
    lower = calibration.conformal_threshold(probabilities[rows], targets[rows], 0.905)
    upper = calibration.conformal_threshold(probabilities[rows], targets[rows], 0.9)
    assert lower <= found <= upper
