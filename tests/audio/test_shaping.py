"""Rate, offset, arrays and blocks: what happens to samples once they are decoded."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from sertain import audio
from sertain.errors import AudioError
from tests.data.make import frequency, make, tones


def write_wav(path: Path, samples: np.ndarray, rate: int) -> Path:
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return path


@pytest.mark.parametrize(("rate", "wanted"), [(44_100, 16_000), (8_000, 16_000), (16_000, 24_000)])
def test_resampling_equals_soxr_on_the_whole(
    rate: int, wanted: int, rng: np.random.Generator, tmp_path: Path
) -> None:
    noise = rng.uniform(-0.5, 0.5, 200_003).astype(np.float32)
    path = write_wav(tmp_path / "noise.wav", noise, rate)
    heard = audio.load(path, sample_rate=wanted, remove_dc=False)
    whole = soxr.resample(noise, rate, wanted, quality="HQ")
    assert abs(heard.samples.shape[1] - len(whole)) <= 1
    size = min(len(whole), heard.samples.shape[1])
    np.testing.assert_allclose(heard.samples[0, :size], whole[:size], rtol=0, atol=1e-5)


def test_what_a_rate_cannot_hold_is_gone_and_not_folded_back() -> None:
    time_s = np.arange(48_000) / 48_000
    high = np.sin(2 * np.pi * 11_000 * time_s)
    heard = audio.load(high, array_rate=48_000, sample_rate=16_000)
    assert np.abs(heard.samples[0, 1000:-1000]).max() < 1e-4


def test_a_tone_keeps_its_phase_through_resampling() -> None:
    time_s = np.arange(32_000) / 16_000
    heard = audio.load(tones(44_100, duration_s=2.0)[:, 0], array_rate=44_100, sample_rate=16_000)
    wanted = 0.3 * np.sin(2 * np.pi * frequency(0) * time_s)
    np.testing.assert_allclose(heard.samples[0, 500:-500], wanted[500:-500], rtol=0, atol=1e-3)


def test_a_constant_offset_is_removed_from_every_channel() -> None:
    stereo = tones(16_000, 2).T + np.array([[0.2], [-0.1]], dtype=np.float32)
    kept = audio.load(stereo, array_rate=16_000, channels="keep")
    np.testing.assert_allclose(kept.samples, tones(16_000, 2).T, rtol=0, atol=1e-6)
    raw = audio.load(stereo, array_rate=16_000, channels="keep", remove_dc=False)
    np.testing.assert_array_equal(raw.samples, stereo)


def test_an_offset_that_changes_is_removed_minute_by_minute() -> None:
    rate = 8_000
    samples = np.repeat(np.float32([0.3, -0.2, 0.1]), 60 * rate)
    heard = audio.load(samples, array_rate=rate)
    np.testing.assert_allclose(heard.samples, 0, rtol=0, atol=1e-6)


def test_a_short_rest_takes_the_offset_of_the_minute_before() -> None:
    rate = 8_000
    samples = np.concatenate([np.full(60 * rate, 0.1), np.full(5 * rate, 0.4)]).astype(np.float32)
    heard = audio.load(samples, array_rate=rate).samples[0]
    np.testing.assert_allclose(heard[60 * rate :], 0.3, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "value", "wanted"),
    [
        (np.int16, -32768, -1.0),
        (np.int16, 16384, 0.5),
        (np.int32, 2**30, 0.5),
        (np.uint8, 0, -1.0),
        (np.uint8, 192, 0.5),
        (np.float64, 0.25, 0.25),
        (np.float16, 0.25, 0.25),
    ],
)
def test_arrays_are_scaled_by_their_range(dtype: type, value: float, wanted: float) -> None:
    heard = audio.load(np.full(4000, value, dtype=dtype), array_rate=16_000, remove_dc=False)
    assert heard.samples.shape == (1, 4000)
    np.testing.assert_array_equal(heard.samples, np.float32(wanted))


def test_an_array_is_not_changed() -> None:
    values = np.full(4000, 0.5, dtype=np.float32)
    audio.load(values, array_rate=16_000)
    assert (values == 0.5).all()


@pytest.mark.parametrize(
    ("values", "rate", "words"),
    [
        (np.zeros(4000), None, "does not say its sample rate"),
        (np.zeros((4000, 2)), 16_000, r"\(4000, 2\) has 4000 channels; transpose it"),
        (np.zeros((2, 2, 4000)), 16_000, r"shape \(2, 2, 4000\) holds no sound"),
        (np.zeros(0), 16_000, r"shape \(0,\) holds no sound"),
        (np.full(4000, 20_000.0), 16_000, "reaches 20000, far beyond -1 to 1; divide"),
        (np.zeros(4000, dtype=complex), 16_000, "complex128 holds no samples"),
        (np.zeros(4000), 0, "sample rate of 0 Hz"),
        (np.zeros(4000), 1_000_000, "sample rate of 1000000 Hz"),
    ],
)
def test_arrays_that_cannot_be_sound(values: np.ndarray, rate: int | None, words: str) -> None:
    with pytest.raises(AudioError, match=words):
        audio.load(values, array_rate=rate)


@pytest.mark.parametrize("block_s", [0.05, 1.0, 7.7, 60.0, 600.0])
@pytest.mark.parametrize("rate", [16_000, 22_050])
def test_blocks_joined_are_what_load_gives(
    rate: int, block_s: float, rng: np.random.Generator, tmp_path: Path
) -> None:
    noise = rng.uniform(-0.5, 0.5, (round(75.3 * rate), 2)).astype(np.float32)
    path = write_wav(tmp_path / "noise.wav", noise, rate)
    with audio.blocks(path, block_s=block_s) as reader:
        assert reader.info.channels == 2
        found = list(reader)
        assert reader.duration_s == pytest.approx(75.3)
        assert reader.warnings == ()
    assert {len(block) for block in found[:-1]} <= {round(block_s * 16_000)}
    wanted = audio.load(path, sample_rate=16_000).samples[0]
    np.testing.assert_array_equal(np.concatenate(found), wanted)


def test_blocks_pick_a_channel(tmp_path: Path) -> None:
    path = make("wav-24", tmp_path, channels=3)
    picked = np.concatenate(list(audio.blocks(path, channels=2)))
    np.testing.assert_array_equal(picked, audio.load(path, channels=2).samples[0])


@pytest.mark.parametrize("container", ["WAV", "FLAC"])
def test_memory_does_not_grow_with_the_length(container: str, tmp_path: Path) -> None:
    def peak_bytes(minutes: int) -> int:
        path = tmp_path / f"{minutes}.sound"
        with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_16", format=container) as file:
            for _ in range(minutes):
                file.write(tones(8_000, 1, 60.0))
        tracemalloc.start()
        heard = sum(len(block) for block in audio.blocks(path, block_s=10.0))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert heard == minutes * 60 * 16_000
        return peak

    peak_bytes(1)
    assert peak_bytes(12) < 1.1 * peak_bytes(4)


def test_numbers_stay_readable_after_the_end(tmp_path: Path) -> None:
    reader = audio.blocks(make("wav-16", tmp_path, duration_s=2.0))
    assert reader.duration_s == 0
    assert sum(len(block) for block in reader) == 32_000
    reader.close()
    assert reader.duration_s == 2.0


def test_a_block_must_hold_a_sample() -> None:
    with pytest.raises(AudioError, match="hold no sample"):
        audio.blocks(np.zeros(4000), array_rate=16_000, block_s=0.0)
