"""The loss sees only the labels that a clip's own corpus has."""

from __future__ import annotations

import math

import pytest
import torch

from sertain.lab.training.loss import masked_cross_entropy, masked_log_softmax

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
