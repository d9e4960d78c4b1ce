"""Front ends give what librosa's functions give."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sertain import audio
from sertain.lab.frontends import log_mel, mel, mfcc, stft

pytestmark = pytest.mark.train

RATE = 16000
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def noise() -> NDArray[np.float32]:
    return (0.1 * np.random.default_rng(7).standard_normal(30000)).astype(np.float32)


@pytest.fixture(scope="module")
def real_clip(corpora_root: Path) -> NDArray[np.float32]:
    path = next(corpora_root.glob("ravdess/speech/Actor_04/03-01-05-02-01-01-04.*"))
    return audio.load(path, sample_rate=RATE).samples[0]


def _ours(frontend: torch.nn.Module, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return frontend(torch.from_numpy(samples)[None])[0].numpy()


STFT = [
    {},
    {"n_fft": 400, "hop_length": 160},
    {"n_fft": 512, "hop_length": 100, "win_length": 400, "window": "hamming"},
    {"n_fft": 512, "center": False},
    {"n_fft": 512, "pad_mode": "reflect"},
    {"n_fft": 512, "pad_mode": "replicate"},
    {"n_fft": 512, "power": 1.0},
]


@pytest.mark.parametrize("parameters", STFT)
def test_the_power_spectrum_is_librosas(
    parameters: dict[str, object], noise: NDArray[np.float32]
) -> None:
    theirs = dict(parameters)
    power = float(str(theirs.pop("power", 2.0)))
    if theirs.get("pad_mode") == "replicate":
        theirs["pad_mode"] = "edge"
    expected = np.abs(librosa.stft(noise, **theirs)) ** power  # type: ignore[arg-type]
    ours = _ours(stft.PowerSpectrum(**parameters), noise)  # type: ignore[arg-type]
    np.testing.assert_allclose(ours, expected, atol=TOLERANCE, rtol=TOLERANCE)


FILTERS = [
    {"sample_rate": 16000, "n_fft": 400, "n_mels": 64},
    {"sample_rate": 22050, "n_fft": 2048, "n_mels": 128, "fmin": 50.0, "fmax": 8000.0},
    {"sample_rate": 16000, "n_fft": 512, "n_mels": 40, "htk": True},
    {"sample_rate": 16000, "n_fft": 512, "n_mels": 40, "norm": None},
]


@pytest.mark.parametrize("parameters", FILTERS)
def test_the_mel_filters_are_librosas(parameters: dict[str, object]) -> None:
    theirs = {"sr" if key == "sample_rate" else key: value for key, value in parameters.items()}
    expected = librosa.filters.mel(**theirs)  # type: ignore[arg-type]
    ours = mel.mel_filters(**parameters)  # type: ignore[arg-type]
    np.testing.assert_allclose(ours, expected, atol=1e-7)


LOG_MEL = [
    {},
    {"n_mels": 80, "fmin": 40.0, "fmax": 7600.0},
    {"n_fft": 512, "hop_length": 128, "win_length": 400, "window": "hamming", "htk": True},
    {"norm": None, "power": 1.0},
    {"ref": "max"},
    {"ref": 0.5, "top_db": None},
    {"amin": 1e-5, "top_db": 40.0},
    {"center": False},
    {"pad_mode": "reflect"},
]


def _librosa_log_mel(config: log_mel.Config, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    # In float64, where librosa's own rounding is out of the way.
    power = librosa.feature.melspectrogram(
        y=samples.astype(np.float64),
        sr=config.sample_rate,
        n_fft=config.n_fft,
        hop_length=config.hop_length,
        win_length=config.win_length,
        window=config.window,
        center=config.center,
        pad_mode=config.pad_mode,
        power=config.power,
        n_mels=config.n_mels,
        fmin=config.fmin,
        fmax=config.fmax,
        htk=config.htk,
        norm=config.norm,
    )
    ref = np.max if config.ref == "max" else config.ref
    return librosa.power_to_db(power, ref=ref, amin=config.amin, top_db=config.top_db)


@pytest.mark.parametrize("parameters", LOG_MEL)
def test_log_mel_is_librosas_on_noise(
    parameters: dict[str, object], noise: NDArray[np.float32]
) -> None:
    config = log_mel.Config(**parameters)  # type: ignore[arg-type]
    expected = _librosa_log_mel(config, noise)
    np.testing.assert_allclose(_ours(log_mel.FrontEnd(config), noise), expected, atol=TOLERANCE)


@pytest.mark.corpus
@pytest.mark.parametrize("parameters", LOG_MEL)
def test_log_mel_is_librosas_on_a_real_clip(
    parameters: dict[str, object], real_clip: NDArray[np.float32]
) -> None:
    config = log_mel.Config(**parameters)  # type: ignore[arg-type]
    expected = _librosa_log_mel(config, real_clip)
    np.testing.assert_allclose(_ours(log_mel.FrontEnd(config), real_clip), expected, atol=TOLERANCE)


MFCC = [
    {},
    {"n_mfcc": 40, "n_fft": 2048, "hop_length": 512},
    {"n_mfcc": 13, "lifter": 22.0},
    {"dct_type": 3},
    {"dct_norm": None, "n_mfcc": 13},
]


def _librosa_mfcc(config: mfcc.Config, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return librosa.feature.mfcc(
        S=_librosa_log_mel(config, samples),
        n_mfcc=config.n_mfcc,
        dct_type=config.dct_type,
        norm=config.dct_norm,
        lifter=config.lifter,
    )


@pytest.mark.parametrize("parameters", MFCC)
def test_mfcc_are_librosas_on_noise(
    parameters: dict[str, object], noise: NDArray[np.float32]
) -> None:
    config = mfcc.Config(**parameters)  # type: ignore[arg-type]
    ours = _ours(mfcc.FrontEnd(config), noise)
    np.testing.assert_allclose(ours, _librosa_mfcc(config, noise), atol=TOLERANCE)


@pytest.mark.corpus
@pytest.mark.parametrize("parameters", MFCC)
def test_mfcc_are_librosas_on_a_real_clip(
    parameters: dict[str, object], real_clip: NDArray[np.float32]
) -> None:
    config = mfcc.Config(**parameters)  # type: ignore[arg-type]
    ours = _ours(mfcc.FrontEnd(config), real_clip)
    np.testing.assert_allclose(ours, _librosa_mfcc(config, real_clip), atol=TOLERANCE)


def test_librosas_defaults_are_one_call_away() -> None:
    """``librosa.feature.mfcc(y=…, sr=16000)`` with nothing else said."""
    samples = (0.1 * np.random.default_rng(3).standard_normal(20000)).astype(np.float32)
    config = mfcc.Config(n_fft=2048, hop_length=512)
    expected = librosa.feature.mfcc(y=samples.astype(np.float64), sr=16000)
    np.testing.assert_allclose(_ours(mfcc.FrontEnd(config), samples), expected, atol=TOLERANCE)


def test_a_batch_gives_what_each_clip_gives_alone(noise: NDArray[np.float32]) -> None:
    frontend = log_mel.FrontEnd(log_mel.Config())
    quiet = 0.001 * noise[::-1].copy()
    both = frontend(torch.from_numpy(np.stack([noise, quiet])))
    np.testing.assert_allclose(both[0].numpy(), _ours(frontend, noise), atol=1e-5)
    np.testing.assert_allclose(both[1].numpy(), _ours(frontend, quiet), atol=1e-5)


def test_frames_are_counted_as_they_come_out() -> None:
    for center in (True, False):
        frontend = log_mel.FrontEnd(log_mel.Config(center=center))
        for n in (1000, 1599, 1600, 1601):
            frames = frontend(torch.zeros(1, n)).shape[2]
            assert frontend.frames_of(torch.tensor([n])).tolist() == [frames]
