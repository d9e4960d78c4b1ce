"""Levels and features of a clip are normalised by hand-countable rules."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sertain.lab.frontends.normalise import frame_mask, level, row_moments, standardise, statistics

pytestmark = pytest.mark.train


def test_the_level_counts_valid_samples_only() -> None:
    rows = torch.tensor([[0.2, -0.2, 0.2, -0.2], [0.4, -0.4, 0.0, 0.0]])
    out = level(rows, torch.tensor([4, 2]), rms=0.05)
    np.testing.assert_allclose(out[0], [0.05, -0.05, 0.05, -0.05], atol=1e-7)
    np.testing.assert_allclose(out[1], [0.05, -0.05, 0.0, 0.0], atol=1e-7)


def test_silence_stays_silence() -> None:
    assert level(torch.zeros(1, 100), torch.tensor([100]), rms=0.05).abs().max() == 0


def test_the_mask_ends_with_the_clip() -> None:
    assert frame_mask(torch.tensor([1, 3]), 4).tolist() == [[1, 0, 0, 0], [1, 1, 1, 0]]


def test_a_clip_is_standardised_over_its_own_cells() -> None:
    features = torch.tensor([[[1.0, 3.0, 99.0], [5.0, 7.0, 99.0]]])
    mask = torch.tensor([[1.0, 1.0, 0.0]])
    # Cells 1, 3, 5, 7: mean 4, variance (9 + 1 + 1 + 9) / 4 = 5.
    expected = np.array([[-3.0, -1.0, 0.0], [1.0, 3.0, 0.0]]) / np.sqrt(5.0)
    np.testing.assert_allclose(standardise(features, mask)[0], expected, atol=1e-6)


def test_rows_are_averaged_and_squared_without_the_padding() -> None:
    features = torch.tensor([[[1.0, 3.0, 99.0], [5.0, 7.0, 99.0]]])
    out = row_moments(features, torch.tensor([[1.0, 1.0, 0.0]]))
    assert out.tolist() == [[[2.0, 6.0], [5.0, 37.0]]]


def test_statistics_leave_the_padding_out() -> None:
    features = torch.tensor([[[1.0, 3.0, 99.0], [5.0, 7.0, 99.0]]])
    out = statistics(features, torch.tensor([[1.0, 1.0, 0.0]]))
    np.testing.assert_allclose(out, [[4.0, np.sqrt(5.0)]], rtol=1e-6)
