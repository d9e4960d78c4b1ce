"""The averaged vector holds the means of what librosa's functions give, column by column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sertain import audio
from sertain.errors import RecipeError
from sertain.lab.checked import check
from sertain.lab.frontends import averaged

pytestmark = pytest.mark.train

RATE = 22050
CLIPS = (
    "03-01-05-02-01-01-04",
    "03-01-02-01-02-01-11",
    "03-01-08-02-02-02-20",
    "03-01-06-01-01-02-07",
)
Samples = NDArray[np.float64]


@pytest.fixture(scope="module")
def clips(corpora_root: Path) -> list[Samples]:
    """Give whole clips of four speakers, of four lengths."""
    paths = [next(corpora_root.glob(f"ravdess/speech/Actor_*/{name}.*")) for name in CLIPS]
    loaded = [audio.load(path, sample_rate=RATE).samples[0].astype(np.float64) for path in paths]
    assert len({len(clip) for clip in loaded}) == len(CLIPS)
    return loaded


Theirs = Callable[[Samples], NDArray[np.float64]]
COLUMNS: dict[str, Theirs] = {
    "zero_crossing_rate": librosa.feature.zero_crossing_rate,
    "chroma": lambda y: librosa.feature.chroma_stft(S=np.abs(librosa.stft(y)), sr=RATE),
    "mfcc": lambda y: librosa.feature.mfcc(y=y, sr=RATE),
    "mfcc13": lambda y: librosa.feature.mfcc(y=y, sr=RATE, n_mfcc=13),
    "mfcc40": lambda y: librosa.feature.mfcc(y=y, sr=RATE, n_mfcc=40),
    "rms": lambda y: librosa.feature.rms(y=y, dtype=np.float64),
    "mel": lambda y: librosa.feature.melspectrogram(y=y, sr=RATE),
    "contrast": lambda y: librosa.feature.spectral_contrast(y=y, sr=RATE),
    "centroid": lambda y: librosa.feature.spectral_centroid(y=y, sr=RATE),
    "bandwidth": lambda y: librosa.feature.spectral_bandwidth(y=y, sr=RATE),
    "rolloff": lambda y: librosa.feature.spectral_rolloff(y=y, sr=RATE),
    "flatness": lambda y: librosa.feature.spectral_flatness(y=y),
}
VECTORS: list[tuple[int, dict[str, Any], tuple[str, ...]]] = [
    (162, {}, ("zero_crossing_rate", "chroma", "mfcc", "rms", "mel")),
    (141, {"columns": ("mfcc", "mel"), "n_mfcc": 13}, ("mfcc13", "mel")),
    (180, {"columns": ("mfcc", "chroma", "mel"), "n_mfcc": 40}, ("mfcc40", "chroma", "mel")),
    (20, {"columns": ("mfcc",)}, ("mfcc",)),
    *(
        (rows, {"columns": (name,)}, (name,))
        for name, rows in {
            "contrast": 7,
            "centroid": 1,
            "bandwidth": 1,
            "rolloff": 1,
            "flatness": 1,
        }.items()
    ),
]


@pytest.mark.corpus
@pytest.mark.parametrize(("rows", "parameters", "names"), VECTORS)
def test_the_columns_are_the_means_of_librosas_features(
    rows: int, parameters: dict[str, Any], names: tuple[str, ...], clips: list[Samples]
) -> None:
    expected = np.stack(
        [np.concatenate([COLUMNS[name](clip).mean(1) for name in names]) for clip in clips]
    )
    frontend = averaged.FrontEnd(averaged.Config(input_rate=RATE, **parameters))
    lengths = torch.tensor([len(clip) for clip in clips])
    # What lies behind the end of a clip must not be heard.
    batch = torch.full((len(clips), int(lengths.max())), 0.5, dtype=torch.float64)
    for row, clip in zip(batch, clips, strict=True):
        row[: len(clip)] = torch.from_numpy(clip)
    out = frontend(batch, lengths)[:, :, 0].numpy()
    assert out.shape == (len(clips), rows)
    size = np.sqrt(np.mean(np.square(expected), axis=0))
    np.testing.assert_allclose(out / size, expected / size, atol=1e-5)


def test_many_clips_give_what_each_gives_alone(rng: np.random.Generator) -> None:
    clips = torch.from_numpy(rng.standard_normal((9, 40000)) * 0.1).float()
    frontend = averaged.FrontEnd(averaged.Config(input_rate=RATE))
    together = frontend(clips)
    alone = torch.cat([frontend(clip[None]) for clip in clips])
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-5)


def test_a_gradient_reaches_the_waveform(rng: np.random.Generator) -> None:
    waveform = torch.from_numpy(rng.standard_normal((2, 8000)) * 0.1).requires_grad_()
    averaged.FrontEnd(averaged.Config(columns=("mfcc", "mel"))).forward(waveform).sum().backward()
    assert waveform.grad is not None
    assert (waveform.grad != 0).any(1).all()


def test_contrast_on_a_coarse_spectrum_is_refused_in_one_line() -> None:
    with pytest.raises(RecipeError, match="n_fft 64 is too coarse at 48000 Hz") as told:
        check(
            averaged.Config,
            {"columns": ["contrast"], "n_fft": 64, "sample_rate": 48000},
            "frontend.parameters",
        )
    assert "between 0 and 200 Hz: raise n_fft or fmin" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_coarse_spectrum_serves_columns_that_bear_it() -> None:
    config = averaged.Config(columns=("mfcc", "rms"), n_fft=64, n_mels=8, n_mfcc=4)
    out = averaged.FrontEnd(config)(torch.linspace(-0.5, 0.5, 4000)[None])
    assert out.shape == (1, 5, 1)
    assert torch.isfinite(out).all()
