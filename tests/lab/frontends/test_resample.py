"""Sample rates change inside the graph as soxr changes them."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sertain import audio
from sertain.lab.frontends.resample import Resample

pytestmark = pytest.mark.train

RATES = [(16000, 22050), (16000, 44100), (22050, 16000), (16000, 8000)]


def _apart(samples: NDArray[np.float64], rate: int, new_rate: int) -> float:
    expected = librosa.resample(samples, orig_sr=rate, target_sr=new_rate, res_type="soxr_hq")
    out = Resample(rate, new_rate)(torch.from_numpy(samples)[None])[0].numpy()
    assert out.shape == expected.shape
    return float(np.sqrt(np.square(out - expected).mean() / np.square(expected).mean()))


@pytest.mark.parametrize(("rate", "new_rate"), RATES)
def test_white_noise_is_resampled_as_by_soxr(rate: int, new_rate: int) -> None:
    noise = 0.1 * np.random.default_rng(5).standard_normal(30000)
    assert _apart(noise, rate, new_rate) < 4e-3


@pytest.mark.corpus
@pytest.mark.parametrize(("rate", "new_rate"), [(16000, 22050), (16000, 44100)])
def test_speech_is_resampled_as_by_soxr(rate: int, new_rate: int, corpora_root: Path) -> None:
    path = next(corpora_root.glob("ravdess/speech/Actor_04/03-01-05-02-01-01-04.*"))
    samples = audio.load(path, sample_rate=rate).samples[0].astype(np.float64)
    assert _apart(samples, rate, new_rate) < 3e-4


def test_a_tone_below_the_edge_keeps_its_level_and_phase() -> None:
    at = np.arange(16000) / 16000
    out = Resample(16000, 22050)(torch.from_numpy(np.sin(2 * np.pi * 3000 * at))[None])[0].numpy()
    expected = np.sin(2 * np.pi * 3000 * np.arange(22050) / 22050)
    np.testing.assert_allclose(out[500:-500], expected[500:-500], atol=1e-6)


def test_a_tone_above_the_new_edge_vanishes() -> None:
    at = np.arange(22050) / 22050
    out = Resample(22050, 16000)(torch.from_numpy(np.sin(2 * np.pi * 9000 * at))[None])[0].numpy()
    assert np.abs(out[500:-500]).max() < 1e-6


def test_lengths_are_those_that_come_out() -> None:
    resample = Resample(16000, 22050)
    for n in (1, 319, 320, 321, 16000):
        out = resample(torch.ones(1, n))
        assert resample.lengths_of(torch.tensor([n])).tolist() == [out.shape[1]]


def test_a_padded_row_is_resampled_as_if_alone() -> None:
    noise = torch.from_numpy(np.random.default_rng(1).standard_normal((1, 5000)))
    resample = Resample(16000, 22050)
    alone = resample(noise)
    padded = torch.cat([noise, torch.ones(1, 3000, dtype=torch.float64)], dim=1)
    out = resample(padded, torch.tensor([5000]))
    np.testing.assert_allclose(out[:, : alone.shape[1]], alone, atol=1e-12)
    assert out[:, alone.shape[1] :].abs().max() == 0


def test_equal_rates_leave_the_waveform_alone() -> None:
    wave = torch.ones(1, 10)
    assert Resample(16000, 16000)(wave) is wave
