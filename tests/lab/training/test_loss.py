"""The loss sees only the labels that a clip's own corpus has."""

from __future__ import annotations

import math

import pytest
import torch

from sertain.lab.training.loss import (
    divergence_from_teachers,
    masked_cross_entropy,
    masked_log_softmax,
)

pytestmark = pytest.mark.train


def test_without_a_mask_it_is_the_cross_entropy_of_torch() -> None:
    logits = torch.randn(5, 4)
    targets = torch.tensor([0, 1, 2, 3, 0])
    ours = masked_cross_entropy(logits, targets, torch.ones(5, 4, dtype=torch.bool), 0.1)
    theirs = torch.nn.functional.cross_entropy(
        logits, targets, label_smoothing=0.1, reduction="none"
    )
    torch.testing.assert_close(ours, theirs)


def test_a_label_that_the_corpus_lacks_costs_nothing_and_gets_no_gradient() -> None:
    logits = torch.tensor([[1.0, 2.0, 50.0]], requires_grad=True)
    mask = torch.tensor([[True, True, False]])
    loss = masked_cross_entropy(logits, torch.tensor([0]), mask)
    assert loss.item() == pytest.approx(math.log(1 + math.e))
    loss.sum().backward()
    assert logits.grad is not None
    assert logits.grad[0, 2] == 0


def test_probabilities_sum_to_one_over_the_mask() -> None:
    log = masked_log_softmax(torch.randn(3, 4), torch.tensor([[True, False, True, True]] * 3))
    assert log.exp()[:, [0, 2, 3]].sum(1).tolist() == pytest.approx([1, 1, 1])
    assert log.exp()[:, 1].max() < 1e-12


def test_smoothing_is_spread_over_the_labels_of_the_corpus() -> None:
    # Two even logits: both log probabilities are −log 2 however the smoothing falls.
    loss = masked_cross_entropy(
        torch.tensor([[0.0, 0.0, 9.0]]),
        torch.tensor([1]),
        torch.tensor([[True, True, False]]),
        smoothing=0.3,
    )
    assert loss.item() == pytest.approx(math.log(2))


def test_the_divergence_from_teachers_is_that_of_torch_times_the_squared_temperature() -> None:
    logits, teachers = torch.randn(5, 4), torch.randn(5, 4)
    answers = torch.log_softmax(teachers / 3, dim=1)
    theirs = torch.nn.functional.kl_div(
        torch.log_softmax(logits / 3, dim=1), answers, log_target=True, reduction="none"
    )
    torch.testing.assert_close(divergence_from_teachers(logits, answers, 3.0), 9 * theirs.sum(1))


def test_the_divergence_of_two_labels_by_hand() -> None:
    # At temperature 2 the student says 1/4 and 3/4 where the teacher says 1/2 and 1/2:
    # 1/2 ln 2 + 1/2 ln 2/3 = 1/2 ln 4/3, times 4.
    logits = torch.tensor([[0.0, 2 * math.log(3)]])
    answers = torch.tensor([[0.5, 0.5]]).log()
    loss = divergence_from_teachers(logits, answers, 2.0)
    assert loss.item() == pytest.approx(2 * math.log(4 / 3))


def test_a_hot_divergence_pulls_as_the_difference_of_logits() -> None:
    # Hinton et al. 2015, equation 4: for logits of mean 0 the gradient is (z − v) / labels.
    student = torch.tensor([[1.0, -3.0, 2.0]], requires_grad=True)
    teacher = torch.tensor([[-2.0, 1.5, 0.5]])
    hot = 1000.0
    divergence_from_teachers(student, torch.log_softmax(teacher / hot, dim=1), hot).sum().backward()
    torch.testing.assert_close(student.grad, (student - teacher).detach() / 3, rtol=0.01, atol=0.01)


def test_a_label_that_the_teachers_lack_gets_no_gradient_from_them() -> None:
    logits = torch.tensor([[0.0, 2 * math.log(3), 50.0]], requires_grad=True)
    answers = torch.tensor([[0.5, 0.5, 0.0]]).log()
    loss = divergence_from_teachers(logits, answers, 2.0)
    assert loss.item() == pytest.approx(2 * math.log(4 / 3))
    loss.sum().backward()
    assert logits.grad is not None
    assert logits.grad[0, 2] == 0
    assert logits.grad[0, 0] == pytest.approx(2 * (1 / 4 - 1 / 2))  # T (p − q)
