"""The cube and the ResNet's picture hold what librosa and Pillow make of the same clip."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional

from sertain import audio
from sertain.lab.frontends import cube, picture

pytestmark = [pytest.mark.train, pytest.mark.corpus]

RATE = 22050
Samples = NDArray[np.float64]


@pytest.fixture(scope="module", params=["03-01-05-02-01-01-04", "03-01-02-01-02-01-11"])
def samples(request: pytest.FixtureRequest, corpora_root: Path) -> Samples:
    path = next(corpora_root.glob(f"ravdess/speech/Actor_*/{request.param}.*"))
    return audio.load(path, sample_rate=RATE).samples[0].astype(np.float64)


@pytest.fixture(scope="module", params=["whole", "short"])
def clip(request: pytest.FixtureRequest, samples: Samples) -> Samples:
    """Give a clip with more frames than the cube has, and one with fewer."""
    return samples if request.param == "whole" else samples[30000:55000]


def fixed(features: Samples) -> Samples:
    """Cut or continue to 90 frames by librosa."""
    out: Samples = librosa.util.fix_length(features, size=90, axis=1, mode="edge")
    return out


def close(out: NDArray[np.float32], expected: Samples) -> None:
    """Hold a picture to 1e-5 of its brightest cell, or of each cell that is brighter."""
    assert out.shape == expected.shape
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@pytest.mark.filterwarnings("ignore:Empty filters")
def test_the_cube_is_spectrogram_mel_bands_and_the_same_in_db(clip: Samples) -> None:
    power = np.abs(librosa.stft(clip, n_fft=1023, hop_length=512)) ** 2
    bands = librosa.feature.melspectrogram(S=power, sr=RATE, n_fft=1023, n_mels=512)
    frontend = cube.FrontEnd(cube.Config(input_rate=RATE))
    first, second, third = frontend(torch.from_numpy(clip)[None])[0].reshape(3, 512, 90).numpy()
    close(first, fixed(power))
    close(second, fixed(bands))
    close(third, fixed(librosa.power_to_db(bands)))


@pytest.mark.filterwarnings("ignore:Empty filters")
def test_the_small_cube_is_chroma_mel_bands_and_the_same_in_db(clip: Samples) -> None:
    power = np.abs(librosa.stft(clip, n_fft=256, hop_length=512)) ** 2
    chroma = librosa.feature.chroma_stft(S=power, sr=RATE, n_fft=256, n_chroma=128)
    bands = librosa.feature.melspectrogram(S=power, sr=RATE, n_fft=256, n_mels=128, fmax=8000)
    config = cube.Config(input_rate=RATE, first="chroma", n_fft=256, n_mels=128, fmax=8000.0)
    out = cube.FrontEnd(config)(torch.from_numpy(clip)[None])[0].reshape(3, 128, 90).numpy()
    close(out[0], fixed(chroma))
    close(out[1], fixed(bands))
    close(out[2], fixed(librosa.power_to_db(bands)))


@pytest.mark.parametrize(("height", "width"), [(224, 224), (128, 128), (256, 256), (96, 64)])
def test_the_picture_is_log_mel_resized_by_pillow(
    height: int, width: int, samples: Samples
) -> None:
    db = librosa.power_to_db(librosa.feature.melspectrogram(y=samples, sr=RATE))
    grey = (db - db.min()) / (db.max() - db.min())
    config = picture.Config(input_rate=RATE, height=height, width=width)
    out = picture.FrontEnd(config)(torch.from_numpy(samples)[None])[0]
    colours = out.reshape(3, height, width).numpy()
    size = Image.Resampling.BILINEAR
    resized = np.asarray(Image.fromarray(grey.astype(np.float32)).resize((width, height), size))
    torchs = functional.interpolate(
        torch.from_numpy(grey)[None, None], (height, width), mode="bilinear", antialias=True
    )[0, 0].numpy()
    # The means and deviations of ImageNet as torchvision documents them.
    for colour, mean, deviation in zip(
        colours, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), strict=True
    ):
        np.testing.assert_allclose(colour * deviation + mean, resized, atol=2e-6)
        np.testing.assert_allclose(colour * deviation + mean, torchs, atol=2e-6)
