"""A recording in a fixed number of columns: what is kept, and that blocks leave no trace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from sertain.audio import load
from sertain.errors import AudioError
from sertain.pictures import overview
from sertain.pictures.columns import COLUMNS, Merged
from sertain.pictures.spectra import RATE, WINDOW, power_spectrogram
from sertain.speech import detect

CLIPS = Path(__file__).parents[2] / "examples" / "clips"


@pytest.mark.parametrize("lengths", [[5], [1, 2, 3], [COLUMNS], [COLUMNS + 1], [3000, 1, 4999]])
def test_merging_gives_what_whole_arrays_give(lengths: list[int], rng: np.random.Generator) -> None:
    pieces = [rng.standard_normal((2, length)).astype(np.float32) for length in lengths]
    highest, summed = Merged(2, np.maximum, -np.inf), Merged(2, np.add, 0.0)
    for piece in pieces:
        highest.feed(piece)
        summed.feed(piece)
    whole = np.concatenate(pieces, axis=1)
    step = 2 ** max(0, int(np.ceil(np.log2(whole.shape[1] / COLUMNS))))
    groups = [whole[:, at : at + step] for at in range(0, whole.shape[1], step)]
    assert highest.step == step
    np.testing.assert_array_equal(highest.columns().T, [group.max(axis=1) for group in groups])
    expected = [group.sum(axis=1) for group in groups]
    np.testing.assert_allclose(summed.columns().T, expected, rtol=1e-4, atol=1e-5)
    assert summed.counts().tolist() == [group.shape[1] for group in groups]


def test_a_short_recording_keeps_every_frame_of_its_spectrogram() -> None:
    found = overview(CLIPS / "even.wav")
    samples = load(CLIPS / "even.wav", sample_rate=RATE).samples[0]
    expected = power_spectrogram(samples)
    assert found.frames_each == 1
    np.testing.assert_allclose(found.power, expected, rtol=1e-4, atol=1e-5 * expected.max())
    assert found.duration_s == len(samples) / RATE
    assert found.peak == np.abs(samples).max()


def test_where_somebody_speaks_is_what_the_detector_says() -> None:
    found = overview(CLIPS / "long-pause.opus")
    samples = load(CLIPS / "long-pause.opus", sample_rate=RATE).samples[0]
    assert list(found.speech) == detect(samples)
    assert len(found.speech) >= 2


def test_blocks_leave_no_seam(tmp_path: Path) -> None:
    # 65 s are four blocks; a steady tone has the same power in every whole frame.
    seconds = np.arange(65 * RATE) / RATE
    tone = 0.5 * np.sin(2 * np.pi * 1000 * seconds)
    soundfile.write(tmp_path / "tone.wav", tone, RATE, subtype="FLOAT")
    found = overview(tmp_path / "tone.wav")
    assert found.frames_each == 2
    assert found.power.shape == (WINDOW // 2 + 1, 2032)
    # A tone on a bin's middle: (amplitude · sum of the window / 2)².
    expected = (0.5 * 512 / 2) ** 2
    np.testing.assert_allclose(found.power[64, 4:-4], expected, rtol=1e-3)
    assert (found.power.argmax(axis=0) == 64).all()


def test_blocks_lose_and_repeat_no_sample(tmp_path: Path, rng: np.random.Generator) -> None:
    # 45 s are three blocks, 2,813 frames, two in a column.
    noise = rng.uniform(-0.1, 0.1, 45 * RATE).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", noise, RATE, subtype="FLOAT")
    found = overview(tmp_path / "noise.wav")
    frames = power_spectrogram(load(tmp_path / "noise.wav").samples[0])
    assert frames.shape[1] == 2813
    pairs = frames[:, :2812].reshape(len(frames), -1, 2).mean(axis=2)
    np.testing.assert_allclose(found.power[:, :1406], pairs, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found.power[:, 1406], frames[:, 2812], rtol=1e-3, atol=1e-5)


def test_what_cannot_be_heard_is_said(tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_text("no sound")
    with pytest.raises(AudioError, match="is not audio"):
        overview(tmp_path / "broken.wav")
