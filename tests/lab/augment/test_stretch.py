"""Tempo and pitch are changed as librosa changes them."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest

from sertain import audio
from sertain.lab.augment import waveform

pytestmark = pytest.mark.train

RATE = 22050
EXAMPLES = sorted((Path(__file__).parents[3] / "examples").rglob("*.wav"))


def _voice(seconds: float = 1.5) -> np.ndarray:
    """Partials of a gliding pitch over a noise floor."""
    t = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(140 + 60 * np.sin(3 * t)) / RATE
    voice = sum(np.sin(number * phase) / number for number in range(1, 20))
    noise = np.random.default_rng(3).standard_normal(len(t))
    return np.asarray(0.1 * voice + 0.002 * noise, dtype=np.float32)


SOUNDS = {"voice": _voice(), "short": _voice(0.05), "odd": _voice()[:12345]}


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("rate", [0.5, 0.8, 1.25, 2.0])
@pytest.mark.filterwarnings("ignore:n_fft=2048 is too large")
def test_a_stretched_clip_is_librosas(sound: str, rate: float) -> None:
    samples = SOUNDS[sound]
    # In 64 bits: rounding to 32 shifts librosa's own phases by a thousandth of the peak.
    expected = librosa.effects.time_stretch(samples.astype(np.float64), rate=rate)
    stretched = waveform.stretch(samples, rate)
    assert stretched.dtype == np.float32
    assert len(stretched) == len(expected) == round(len(samples) / rate)
    np.testing.assert_allclose(stretched, expected, atol=2e-6)


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("semitones", [-5.0, 0.5, 7.0])
@pytest.mark.filterwarnings("ignore:n_fft=2048 is too large")
def test_a_clip_of_another_pitch_is_librosas(sound: str, semitones: float) -> None:
    samples = SOUNDS[sound]
    wide = samples.astype(np.float64)
    expected = librosa.effects.pitch_shift(wide, sr=RATE, n_steps=semitones)
    shifted = waveform.shift_pitch(samples, semitones)
    assert len(shifted) == len(samples)
    np.testing.assert_allclose(shifted, expected, atol=2e-6)


@pytest.mark.parametrize("path", EXAMPLES[:3], ids=lambda path: path.stem)
def test_real_speech_over_a_noise_floor_is_librosas(path: Path) -> None:
    speech = audio.load(path, sample_rate=RATE).samples[0]
    speech = speech[: 3 * RATE]
    noise = np.random.default_rng(0).standard_normal(len(speech))
    speech = (speech + 1e-4 * noise).astype(np.float32)
    wide = speech.astype(np.float64)
    stretched = librosa.effects.time_stretch(wide, rate=0.8)
    np.testing.assert_allclose(waveform.stretch(speech, 0.8), stretched, atol=1e-5)
    shifted = librosa.effects.pitch_shift(wide, sr=RATE, n_steps=7)
    np.testing.assert_allclose(waveform.shift_pitch(speech, 7.0), shifted, atol=1e-5)


def test_a_tone_keeps_its_pitch_when_stretched_and_its_length_when_shifted() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE).astype(np.float32)

    def pitch(samples: np.ndarray) -> float:
        inside = samples[2048:-2048]
        spectrum = np.abs(np.fft.rfft(inside * np.hanning(len(inside))))
        return float(spectrum.argmax() * RATE / len(inside))

    assert pitch(waveform.stretch(tone, 0.8)) == pytest.approx(440, abs=1)
    assert pitch(waveform.shift_pitch(tone, 12.0)) == pytest.approx(880, abs=1)


def test_silence_and_nothing_stay_what_they_are() -> None:
    for samples in (np.zeros(5000, np.float32), np.zeros(0, np.float32)):
        assert not waveform.stretch(samples, 0.8).any()
        assert len(waveform.stretch(samples, 0.8)) == len(samples) / 0.8
        np.testing.assert_array_equal(waveform.shift_pitch(samples, 7.0), samples)
