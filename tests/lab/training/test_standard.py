"""Statistics by which features are standardised: of the rows of all clips, and of a voice."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler

from sertain.lab.training.moments import moments
from sertain.lab.training.standard import Standard

pytestmark = pytest.mark.train


def _sequences() -> list[np.ndarray]:
    """Rows far from 0 and on unlike scales, of clips of unlike lengths; one row is constant."""
    generator = np.random.default_rng(0)
    clips = [
        generator.normal([[-300.0], [1e-6], [4.0]], [[50.0], [1e-7], [0.0]], (3, frames))
        for frames in (40, 3, 17)
    ]
    return [clip.astype(np.float32) for clip in clips]


def test_rows_are_standardised_as_scikit_learn_does() -> None:
    clips = _sequences()
    standard = Standard("columns", 3)
    standard.learn(moments(clips))
    scaler = StandardScaler().fit(np.concatenate(clips, axis=1).T.astype(np.float64))
    for clip in clips:
        found = standard(torch.from_numpy(clip)[None], torch.ones(1, clip.shape[1]))[0]
        np.testing.assert_allclose(found.numpy().T, scaler.transform(clip.T), atol=1e-4)


def test_nothing_is_done_but_the_padding_is_silenced() -> None:
    row = torch.arange(8.0).reshape(1, 2, 4)
    mask = torch.tensor([[1.0, 1.0, 1.0, 0.0]])
    assert Standard("none", 2)(row, mask).tolist() == [[[0, 1, 2, 0], [4, 5, 6, 0]]]


def test_a_voice_is_believed_by_its_seconds() -> None:
    clips = _sequences()
    standard = Standard("voice", 3, prior_s=20.0)
    standard.learn(moments(clips), np.array([1.0, 0.0, 2.0]))
    drawn = np.concatenate([clips[0], clips[2], clips[2]], axis=1).astype(np.float64)
    mean, deviation = drawn.mean(1), drawn.std(1)
    deviation[2] = 1.0  # a row that never moves
    heard = np.stack([clips[2], clips[2] * 2]).astype(np.float64)
    told = np.array([[[-250.0, 2e-6, 5.0], [30.0, 3e-7, 0.0]]] * 2)
    seconds = np.array([5.0, 0.0])
    mask = np.ones((2, 17))
    mask[0, 15:] = 0
    found = standard(
        *(torch.from_numpy(part).float() for part in (heard, mask, told, seconds))
    ).numpy()
    share = 5.0 / (5.0 + 20.0)
    # What never moves in the reference still deviates by a hundredth of the training clips'.
    own = np.maximum(told[0, 1], 0.01 * deviation)
    expected = (heard[0] - (share * told[0, 0] + (1 - share) * mean)[:, None]) / (
        share * own + (1 - share) * deviation
    )[:, None]
    np.testing.assert_allclose(found[0], expected * mask[0], atol=1e-3)
    alone = (heard[1] - mean[:, None]) / deviation[:, None]
    np.testing.assert_allclose(found[1], alone, atol=1e-3)
    nobody = standard(*(torch.from_numpy(part).float() for part in (heard, mask))).numpy()
    np.testing.assert_array_equal(nobody[1], found[1])
    assert np.abs(nobody[0] - found[0]).max() > 0.1


def test_a_batch_may_share_one_voice() -> None:
    standard = Standard("voice", 2)
    features, mask = torch.randn(3, 2, 4), torch.ones(3, 4)
    told, seconds = torch.tensor([[[1.0, -1.0], [2.0, 0.5]]]), torch.tensor([60.0])
    together = standard(features, mask, told, seconds)
    apart = standard(features, mask, told.expand(3, 2, 2), seconds.expand(3))
    torch.testing.assert_close(together, apart, atol=0, rtol=0)
