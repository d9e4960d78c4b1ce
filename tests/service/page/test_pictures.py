"""A tone stands where its frequency belongs, and long recordings are drawn in few columns."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from sertain.pictures.spectra import BANDS, RANGE_DB, RATE, WINDOW
from sertain.service.page import pictures


def test_the_envelope_keeps_the_extremes() -> None:
    samples = np.zeros(10_000, np.float32)
    samples[5_000], samples[9_999] = 0.75, -0.5
    low, high = pictures.envelope(samples)
    assert len(low) == len(high) == pictures.COLUMNS
    assert high.max() == 0.75
    assert low[-1] == -0.5
    # 10,000 samples in 640 columns: sample 5,000 is the first of column 320.
    assert int(np.argmax(high)) == 320


def test_a_tone_is_drawn_at_its_height(tmp_path: Path) -> None:
    time = np.arange(3 * 44_100) / 44_100
    soundfile.write(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * 2000 * time), 44_100)
    drawing = pictures.draw(tmp_path / "tone.wav")
    assert drawing.duration_s == pytest.approx(3.0, abs=0.01)
    assert drawing.loudest_hz == pytest.approx(2000, abs=RATE / WINDOW)
    image = Image.open(io.BytesIO(pictures.png(drawing.spectrogram))).convert("L")
    assert image.height == 256
    # 2 of 8 kHz: a quarter of the way up, so row 192 of 256 from above.
    brightest = int(np.asarray(image)[:, image.width // 2].argmax())
    assert brightest == pytest.approx(192, abs=2)


def test_long_recordings_are_drawn_up_to_a_minute_in_few_columns(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, 70 * 8000)
    soundfile.write(tmp_path / "long.wav", noise, 8000)
    drawing = pictures.draw(tmp_path / "long.wav")
    assert drawing.duration_s == pictures.SHOWN_S
    assert drawing.spectrogram.shape[1] <= pictures.COLUMNS
    assert drawing.mel.shape == (BANDS, drawing.spectrogram.shape[1])


def test_brightness_grows_with_loudness() -> None:
    levels = np.linspace(-RANGE_DB, 0, 200, dtype=np.float32)[None]
    grey = np.asarray(Image.open(io.BytesIO(pictures.png(levels))).convert("L"))[0].astype(int)
    assert (np.diff(grey) >= -1).all()  # even without its colours; one step is rounding
    assert grey[-1] - grey[0] > 150


def test_the_wave_is_a_shape_from_its_highest_to_its_lowest(tmp_path: Path) -> None:
    samples = np.zeros(8000)
    samples[4000:] = 0.25
    soundfile.write(tmp_path / "step.wav", samples, 16_000, subtype="FLOAT")
    svg = ET.fromstring(pictures.wave_svg(pictures.draw(tmp_path / "step.wav")))
    (path,) = svg
    heights = [float(point.split()[1]) for point in path.attrib["d"][1:-2].split("L")]
    assert len(heights) == 2 * pictures.COLUMNS
    # The mean, 0.125, is removed; in SVG up is negative.
    assert min(heights) == pytest.approx(-0.125, abs=0.01)
    assert max(heights) == pytest.approx(0.125, abs=0.01)
