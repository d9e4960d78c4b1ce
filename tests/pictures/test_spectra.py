"""The numbers behind the pictures are librosa's."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray

from sertain.pictures import spectra


@pytest.fixture
def sweep(rng: np.random.Generator) -> NDArray[np.float32]:
    """Two seconds of a rising tone in noise."""
    time = np.arange(2 * spectra.RATE) / spectra.RATE
    tone = 0.5 * np.sin(2 * np.pi * (200 + 800 * time) * time)
    return (tone + 0.01 * rng.standard_normal(len(time))).astype(np.float32)


def test_the_mel_filters_are_librosas() -> None:
    expected = librosa.filters.mel(sr=spectra.RATE, n_fft=spectra.WINDOW, n_mels=spectra.BANDS)
    np.testing.assert_allclose(spectra.mel_filters(), expected, atol=1e-6)


def test_the_spectrogram_is_librosas(sweep: NDArray[np.float32]) -> None:
    expected = (
        np.abs(librosa.stft(sweep, n_fft=spectra.WINDOW, hop_length=spectra.HOP)) ** 2
    )  # centred, zeros outside, Hann
    np.testing.assert_allclose(
        spectra.power_spectrogram(sweep), expected, rtol=1e-3, atol=1e-3 * expected.max()
    )


def test_decibels_are_librosas(sweep: NDArray[np.float32]) -> None:
    power = spectra.power_spectrogram(sweep)
    expected = librosa.power_to_db(power, ref=np.max, top_db=spectra.RANGE_DB)
    np.testing.assert_allclose(spectra.decibels(power), expected, atol=1e-3)


def test_silence_is_dark_everywhere() -> None:
    silent = spectra.decibels(np.zeros((4, 3), np.float32))
    assert (silent == -spectra.RANGE_DB).all()


def test_loud_is_yellow_silence_is_violet() -> None:
    # The two ends of matplotlib's viridis.
    ends = spectra.coloured(np.array([-spectra.RANGE_DB, 0], np.float32))
    assert ends.tolist() == [[68, 1, 84], [253, 231, 37]]
