"""Noise by the peak, gain and shift do what their formula says."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from sertain.lab.augment.waveform import Pitch, add_peak_noise, gain, shift

pytestmark = pytest.mark.train


def test_noise_by_the_peak_is_the_notebooks_formula() -> None:
    """data + 0.035 · uniform · peak · normal, drawn in this order."""
    samples = np.linspace(-0.5, 0.25, 4000).astype(np.float32)
    noisy = add_peak_noise(samples, 0.035, np.random.default_rng(4))
    generator = np.random.default_rng(4)
    uniform = generator.uniform()
    normal = generator.standard_normal(4000, dtype=np.float32)
    np.testing.assert_allclose(noisy, samples + 0.035 * uniform * 0.5 * normal, atol=1e-7)
    assert noisy.dtype == np.float32


def test_noise_by_the_peak_is_between_nothing_and_its_share() -> None:
    samples = np.full(20000, -0.8, dtype=np.float32)
    deviations = [
        (add_peak_noise(samples, 0.035, np.random.default_rng(seed)) - samples).std()
        for seed in range(40)
    ]
    assert max(deviations) < 0.035 * 0.8 * 1.02
    assert np.mean(deviations) == pytest.approx(0.035 * 0.8 / 2, rel=0.25)


def test_noise_on_silence_is_silence() -> None:
    silence = np.zeros(100, dtype=np.float32)
    np.testing.assert_array_equal(add_peak_noise(silence, 0.035, np.random.default_rng(0)), silence)


def test_a_gain_is_in_decibels() -> None:
    samples = np.array([0.1, -0.2], dtype=np.float32)
    np.testing.assert_allclose(gain(samples, 20.0), [1.0, -2.0], rtol=1e-6)
    np.testing.assert_allclose(gain(samples, -6.0206), [0.05, -0.1], rtol=1e-5)
    assert gain(samples, 3.0).dtype == np.float32


def test_a_shift_brings_the_end_back_in_front() -> None:
    samples = np.array([1, 2, 3, 4, 5], dtype=np.float32)
    assert shift(samples, 2).tolist() == [4, 5, 1, 2, 3]
    assert shift(samples, -1).tolist() == [2, 3, 4, 5, 1]


def test_a_range_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(ValidationError, match="low 3 lies above high 2"):
        Pitch(low=3.0)
