"""Features that are written down come back, whole and in parts, with their moments."""

from __future__ import annotations

import numpy as np
import pytest

from sertain.lab.training.coding import Coarse, Coding, Exact
from sertain.lab.training.moments import Moments, moments

pytestmark = pytest.mark.train


def _states(rows: int = 7, frames: int = 13, seed: int = 0) -> np.ndarray:
    """Rows far from 0, on unlike scales; the last one never moves."""
    generator = np.random.default_rng(seed)
    scale = np.logspace(-3, 3, rows)[:, None]
    states = generator.normal(5 * scale, scale, (rows, frames))
    states[-1] = 0.1
    return states.astype(np.float32)


@pytest.mark.parametrize("coding", [Exact(), Coarse()])
def test_a_part_is_that_part_of_the_whole(coding: Coding) -> None:
    states = _states()
    words = coding.words(states)
    assert words.dtype == np.float32
    assert len(words) == coding.count(7, 13)
    whole = coding.read(words, 7, 0, 13)
    assert whole.shape == (7, 13)
    np.testing.assert_array_equal(coding.read(words, 7, 4, 6), whole[:, 4:10])
    mean, variance = coding.moments(words, 7, 13)
    np.testing.assert_allclose(mean, states.mean(1, dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(variance, states.var(1, dtype=np.float64), rtol=1e-5, atol=1e-12)


def test_every_number_comes_back_as_it_was() -> None:
    states = _states()
    np.testing.assert_array_equal(Exact().read(Exact().words(states), 7, 0, 13), states)


def test_eight_bits_are_off_by_half_a_step_at_most() -> None:
    states = _states()
    found = Coarse().read(Coarse().words(states), 7, 0, 13)
    half = (states.max(1) - states.min(1)) / 255 / 2
    apart = np.abs(found - states).max(1)
    assert (apart <= half * 1.01).all()
    assert apart[:-1].min() > 0
    np.testing.assert_array_equal(found[-1], states[-1])


def test_clips_are_pooled_as_if_their_frames_lay_in_one_row() -> None:
    clips = [_states(frames=frames, seed=frames) for frames in (1, 30, 4)]
    found = moments(clips)
    both = np.concatenate([clips[0], clips[2]], 1).astype(np.float64)
    mean, deviation = found.some(np.array([0, 2])).pooled()
    np.testing.assert_allclose(mean, both.mean(1), rtol=1e-12)
    np.testing.assert_allclose(deviation, both.std(1), rtol=1e-9, atol=1e-12)
    # A clip that is drawn three times as often is one that lies there three times.
    thrice = np.concatenate([clips[0], clips[1], clips[1], clips[1]], 1).astype(np.float64)
    mean, deviation = found.pooled(np.array([1.0, 3.0, 0.0]))
    np.testing.assert_allclose(mean, thrice.mean(1), rtol=1e-12)
    np.testing.assert_allclose(deviation, thrice.std(1), rtol=1e-9, atol=1e-12)
    assert isinstance(found, Moments)
