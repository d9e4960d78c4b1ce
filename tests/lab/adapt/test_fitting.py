"""The regression, held back by the old answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sertain.lab.adapt.fitting import Choice, choose, fit, folds, heads, regression
from sertain.lab.adapt.head import Prior, softmax
from tests.lab.adapt.lessons import lesson, rows

NOTHING_KNOWN = Prior((), (), 3)


@pytest.mark.parametrize("strength", [0.1, 1.0, 30.0])
def test_without_a_prior_it_is_scikit_learns_regression(
    strength: float, rng: np.random.Generator
) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    columns = rng.normal(size=(80, 5))
    targets = rng.integers(3, size=80)
    weights = rng.uniform(0.2, 2, size=80)
    peer = linear_model.LogisticRegression(
        C=strength, fit_intercept=False, tol=1e-8, max_iter=10_000
    )
    peer.fit(columns, targets, sample_weight=weights)
    ours = regression(columns, np.zeros((80, 3)), targets, weights, strength)
    np.testing.assert_allclose(ours, peer.coef_.T, atol=2e-4)


def test_with_a_prior_its_slope_is_the_penaltys(rng: np.random.Generator) -> None:
    columns, targets = rng.normal(size=(50, 4)), rng.integers(3, size=50)
    offset, weights = rng.normal(size=(50, 3)), rng.uniform(0.2, 2, size=50)
    x = regression(columns, offset, targets, weights, 2.0)
    apart = softmax(offset + columns @ x) - np.eye(3)[targets]
    np.testing.assert_allclose(columns.T @ (weights[:, None] * apart), -x / 2.0, atol=1e-4)


def test_a_huge_penalty_gives_the_old_answers() -> None:
    # Old answers that are right more often than they say need no caution.
    own = lesson(known=3.0)
    for strength in (0.0, 1e-9):
        (head,) = heads(own, [strength])
        assert head.prior.caution == 1.0
        np.testing.assert_allclose(head.probabilities(own.rows), own.rows.answers, atol=1e-6)


def test_old_answers_that_were_too_sure_are_believed_less_and_ordered_as_before() -> None:
    own = lesson(known=0.3)
    sure = own.rows.answers**8
    own = replace(own, rows=rows(sure / sure.sum(1, keepdims=True), own.rows.embedding))
    (head,) = heads(own, [0.0])
    assert head.prior.caution > 2
    expected = own.rows.answers ** (1 / head.prior.caution)
    expected /= expected.sum(1, keepdims=True)
    np.testing.assert_allclose(head.probabilities(own.rows), expected, atol=1e-9)


def test_a_new_label_begins_with_its_share_of_every_answer() -> None:
    answers = np.array([[0.7, 0.2, 0.1]])
    prior = Prior(columns=(0, 2), places=(0, 1), labels=3)
    expected = [[0.7 / 0.8 * 2 / 3, 0.1 / 0.8 * 2 / 3, 1 / 3]]
    np.testing.assert_allclose(softmax(prior.logits(answers)), expected, atol=1e-12)


def test_more_columns_than_clips_give_the_same_as_all_columns_at_once() -> None:
    own = lesson(clips=24, width=60, prior=NOTHING_KNOWN)
    (head,) = heads(own, [3.0])
    values = own.rows.embedding
    scaled = (values - values.mean(0)) / values.std(0) / np.sqrt(60)
    columns = np.concatenate([scaled, np.ones((24, 1))], axis=1)
    x = regression(columns, np.zeros((24, 3)), own.targets, np.ones(24), 3.0)
    np.testing.assert_allclose(head.probabilities(own.rows), softmax(columns @ x), atol=1e-5)


def test_a_label_without_clips_is_neither_raised_nor_lowered() -> None:
    four = Prior((0, 1, 2, 3), (0, 1, 2, 3), 4)
    own = lesson(prior=four)
    wider = np.concatenate([own.rows.answers * 0.8, np.full((90, 1), 0.2)], axis=1)
    (head,) = heads(replace(own, rows=rows(wider, own.rows.embedding)), [10.0])
    assert not head.matrix[:, 3].any()
    assert head.shift[3] == 0
    assert head.matrix[:, :3].any()


def test_labels_count_alike_whatever_their_clips() -> None:
    own = lesson().of(np.array([0, 3, 6, 9, 1, 2]))  # four of the first label, one of each other
    np.testing.assert_allclose(own.weights, [0.5] * 4 + [2, 2])


@pytest.mark.parametrize("rank", [1, 2])
def test_a_rank_bounds_the_directions(rank: int) -> None:
    own = replace(lesson(), rank=rank)
    (head,) = heads(own, [10.0])
    assert np.linalg.matrix_rank(head.matrix, tol=1e-8) == rank


def test_groups_are_never_divided_and_folds_are_of_like_size() -> None:
    groups = np.repeat([0, 1, 2, 3, 4, 5], [10, 8, 6, 4, 2, 6])
    found = folds(groups, 3)
    assert all(len(set(found[groups == group])) == 1 for group in range(6))
    assert np.bincount(found).tolist() == [12, 12, 12]


def test_what_the_clips_teach_is_taken_and_what_they_do_not_is_left() -> None:
    assert choose(lesson(told=2.0, known=0.0)).strength > 0
    assert choose(lesson(told=0.0, known=4.0)).strength == 0


def test_statistics_are_used_where_they_tell_more() -> None:
    own = lesson(told=0.0)
    telling = lesson(told=3.0).rows.embedding
    told = replace(own, rows=rows(own.rows.answers, own.rows.embedding, telling))
    assert choose(told).statistics
    own = lesson(told=3.0)
    noise = np.random.default_rng(1).normal(size=(90, 6))
    assert not choose(replace(own, rows=replace(own.rows, statistics=noise))).statistics


def test_one_speaker_alone_teaches_cautiously() -> None:
    own = replace(lesson(), groups=np.zeros(90, np.int64))
    _, choice = fit(own)
    assert choice == Choice(1.0)
