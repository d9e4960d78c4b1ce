"""Every feature of a frame is what librosa's function of that name gives.

librosa is fed float64, where its own rounding is out of the way.  Front ends answer in float32, so
a tolerance of 1e-5 relative is its rounding and little more.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from sertain import audio
from sertain.lab.frontends import (
    chroma_stft,
    deltas,
    f0,
    filter_bank,
    mel_spectrogram,
    mfcc_picture,
    rms,
    spectral_bandwidth,
    spectral_centroid,
    spectral_contrast,
    spectral_flatness,
    spectral_rolloff,
    spectrogram,
    tuning,
    zero_crossing_rate,
)

pytestmark = pytest.mark.train

RATE = 22050
Samples = NDArray[np.float64]


def _noise() -> Samples:
    return 0.1 * np.random.default_rng(7).standard_normal(30000)


def _real(root: Path, name: str) -> Samples:
    path = next((root / "ravdess" / "speech").glob(f"Actor_*/{name}.*"))
    return audio.load(path, sample_rate=RATE).samples[0].astype(np.float64)


@pytest.fixture(scope="module", params=["noise", "03-01-05-02-01-01-04", "03-01-02-01-02-01-11"])
def samples(request: pytest.FixtureRequest) -> Samples:
    if request.param == "noise":
        return _noise()
    return _real(request.getfixturevalue("corpora_root"), request.param)


def ours(module: Any, samples: Samples, **parameters: Any) -> NDArray[np.float32]:
    """Run the front end of a module on one clip at 22,050 Hz."""
    frontend = module.FrontEnd(module.Config(input_rate=RATE, **parameters))
    out: NDArray[np.float32] = frontend(torch.from_numpy(samples)[None])[0].numpy()
    assert out.shape[0] == frontend.rows
    return out


def magnitude(y: Samples, **parameters: Any) -> Samples:
    """Give librosa's magnitude spectrogram."""
    return np.abs(librosa.stft(y, **parameters))


Theirs = Callable[[Samples], NDArray[Any]]
FEATURES: list[tuple[Any, dict[str, Any], Theirs]] = [
    (spectrogram, {}, lambda y: magnitude(y) ** 2),
    (
        spectrogram,
        {"power": 1.0, "n_fft": 1023},
        lambda y: magnitude(y, n_fft=1023, hop_length=512),
    ),
    (mel_spectrogram, {}, lambda y: librosa.feature.melspectrogram(y=y)),
    (
        mel_spectrogram,
        {"power": 1.0, "n_mels": 64, "fmax": 8000.0, "htk": True},
        lambda y: librosa.feature.melspectrogram(y=y, power=1.0, n_mels=64, fmax=8000.0, htk=True),
    ),
    (
        filter_bank,
        {"frames": 40},
        lambda y: librosa.util.fix_length(
            librosa.feature.melspectrogram(y=y), size=40, axis=1, mode="edge"
        ),
    ),
    (
        filter_bank,
        {"frames": 400},
        lambda y: librosa.util.fix_length(
            librosa.feature.melspectrogram(y=y), size=400, axis=1, mode="edge"
        ),
    ),
    (
        mfcc_picture,
        {"frames": 40},
        lambda y: librosa.util.fix_length(
            librosa.feature.mfcc(y=y, n_mfcc=40), size=40, axis=1, mode="edge"
        ),
    ),
    (
        mfcc_picture,
        {},
        lambda y: librosa.util.fix_length(
            librosa.feature.mfcc(y=y, n_mfcc=40), size=128, axis=1, mode="edge"
        ),
    ),
    (chroma_stft, {}, lambda y: librosa.feature.chroma_stft(y=y)),
    (chroma_stft, {"power": 1.0}, lambda y: librosa.feature.chroma_stft(S=magnitude(y))),
    (chroma_stft, {"tuning": 0.3}, lambda y: librosa.feature.chroma_stft(y=y, tuning=0.3)),
    (
        chroma_stft,
        {"n_fft": 256, "n_chroma": 128},
        lambda y: librosa.feature.chroma_stft(y=y, n_fft=256, n_chroma=128),
    ),
    (zero_crossing_rate, {}, librosa.feature.zero_crossing_rate),
    (
        zero_crossing_rate,
        {"frame_length": 400, "hop_length": 150, "center": False},
        lambda y: librosa.feature.zero_crossing_rate(
            y, frame_length=400, hop_length=150, center=False
        ),
    ),
    (rms, {}, lambda y: librosa.feature.rms(y=y, dtype=np.float64)),
    (
        rms,
        {"frame_length": 401, "hop_length": 160, "pad_mode": "reflect"},
        lambda y: librosa.feature.rms(
            y=y, frame_length=401, hop_length=160, pad_mode="reflect", dtype=np.float64
        ),
    ),
    (spectral_contrast, {}, lambda y: librosa.feature.spectral_contrast(y=y)),
    (
        spectral_contrast,
        {"n_bands": 4, "fmin": 100.0, "quantile": 0.1},
        lambda y: librosa.feature.spectral_contrast(y=y, n_bands=4, fmin=100.0, quantile=0.1),
    ),
    (
        spectral_contrast,
        {"n_bands": 3, "quantile": 0.99, "n_fft": 256},
        lambda y: librosa.feature.spectral_contrast(
            y=y, n_bands=3, quantile=0.99, n_fft=256, hop_length=512
        ),
    ),
    (spectral_centroid, {}, lambda y: librosa.feature.spectral_centroid(y=y)),
    (spectral_bandwidth, {}, lambda y: librosa.feature.spectral_bandwidth(y=y)),
    (spectral_bandwidth, {"p": 3.0}, lambda y: librosa.feature.spectral_bandwidth(y=y, p=3)),
    (spectral_rolloff, {}, lambda y: librosa.feature.spectral_rolloff(y=y)),
    (
        spectral_rolloff,
        {"roll_percent": 0.5, "center": False},
        lambda y: librosa.feature.spectral_rolloff(y=y, roll_percent=0.5, center=False),
    ),
    (spectral_flatness, {}, lambda y: librosa.feature.spectral_flatness(y=y)),
    (f0, {}, lambda y: librosa.yin(y, fmin=60, fmax=800, sr=RATE)[None]),
    (
        f0,
        {"fmin": 80.0, "fmax": 400.0, "frame_length": 1024, "trough_threshold": 0.2},
        lambda y: librosa.yin(
            y, fmin=80, fmax=400, sr=RATE, frame_length=1024, hop_length=512, trough_threshold=0.2
        )[None],
    ),
]


@pytest.mark.filterwarnings("ignore:Empty filters")
@pytest.mark.corpus
@pytest.mark.parametrize(
    ("module", "parameters", "theirs"),
    FEATURES,
    ids=[
        f"{module.__name__.split('.')[-1]}-{number}"
        for number, (module, _, _) in enumerate(FEATURES)
    ],
)
def test_a_feature_is_librosas(
    module: Any, parameters: dict[str, Any], theirs: Theirs, samples: Samples
) -> None:
    expected = theirs(samples)
    out = ours(module, samples, **parameters)
    # Where a frame is little but rumble, the pitch hangs on the last digits of a difference.
    tolerance = 1e-4 if module is f0 else 1e-5
    atol = tolerance * np.abs(expected).max()
    np.testing.assert_allclose(out, expected, rtol=tolerance, atol=atol)


COARSE = [(32, 16000), (64, 16000), (64, 22050), (64, 48000), (128, 48000)]


@pytest.mark.parametrize(("n_fft", "rate"), COARSE)
def test_a_spectrum_too_coarse_for_contrast_is_refused(n_fft: int, rate: int) -> None:
    # librosa ends in an IndexError at the first and fourth, and in NaN at the others.
    with pytest.raises(ValidationError, match=f"n_fft {n_fft} is too coarse at {rate} Hz"):
        spectral_contrast.Config(n_fft=n_fft, sample_rate=rate)


@pytest.mark.parametrize(("n_fft", "rate"), [(128, 16000), (128, 22050), (256, 48000)])
def test_the_coarsest_spectrum_that_contrast_bears_gives_librosas_values(
    n_fft: int, rate: int
) -> None:
    expected = librosa.feature.spectral_contrast(y=_noise(), sr=rate, n_fft=n_fft, hop_length=512)
    config = spectral_contrast.Config(input_rate=rate, sample_rate=rate, n_fft=n_fft)
    out = spectral_contrast.FrontEnd(config)(torch.from_numpy(_noise())[None])[0].numpy()
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.corpus
@pytest.mark.parametrize("width", [5, 9])
def test_deltas_are_librosas(width: int, samples: Samples) -> None:
    mfcc = librosa.feature.mfcc(y=samples, sr=RATE, n_fft=1024, hop_length=256)
    out = ours(deltas, samples, sample_rate=RATE, n_fft=1024, hop_length=256, width=width)
    both = [librosa.feature.delta(mfcc, width=width, order=order) for order in (1, 2)]
    np.testing.assert_allclose(out, np.concatenate([mfcc, *both]), atol=1e-4)


@pytest.mark.corpus
def test_the_tuning_is_librosas(samples: Samples) -> None:
    spectrum = magnitude(samples)
    own = torch.ones(1, spectrum.shape[1], dtype=torch.bool)
    out = tuning.Tuning(RATE, 2048, 12)(torch.from_numpy(spectrum)[None], own)
    assert out.item() == librosa.estimate_tuning(S=spectrum)


@pytest.mark.parametrize("cents", [-43, -12, 0, 27])
def test_a_tone_out_of_tune_is_measured(cents: int) -> None:
    hz = 440 * 2 ** (cents / 1200)
    tone = np.sin(2 * np.pi * hz * np.arange(RATE) / RATE)
    spectrum = torch.from_numpy(magnitude(tone))[None]
    own = torch.ones(1, spectrum.shape[2], dtype=torch.bool)
    assert tuning.Tuning(RATE, 2048, 12)(spectrum, own).item() == pytest.approx(
        cents / 100, abs=0.03
    )


@pytest.mark.parametrize("hz", [82.0, 150.0, 440.0])
def test_the_pitch_of_a_tone_is_heard(hz: float) -> None:
    at = np.arange(RATE) / RATE
    tone = sum(np.sin(2 * np.pi * hz * n * at) / n for n in (1, 2, 3))
    out = ours(f0, np.asarray(tone))
    np.testing.assert_allclose(out[0, 4:-4], hz, rtol=5e-3)


def test_a_tone_alternating_every_sample_crosses_zero_every_sample() -> None:
    tone = np.tile([0.5, -0.5], 5000)
    out = ours(zero_crossing_rate, tone, center=False)
    np.testing.assert_allclose(out, 2047 / 2048, rtol=1e-6)
