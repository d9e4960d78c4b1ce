"""Every kind of file gives the sound that was put into it, whichever way it is handed over."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sertain import audio
from tests.data.make import AMPLITUDE, KINDS, frequency, make, tones

RATES = (8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000)


def loudest_frequency(samples: NDArray[np.float32], rate: int) -> float:
    """Hz of the highest peak of the spectrum, by its parabola."""
    spectrum = np.log(np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) + 1e-12)
    peak = int(spectrum[1:-1].argmax()) + 1
    low, middle, high = spectrum[peak - 1 : peak + 2]
    return float((peak + 0.5 * (low - high) / (low - 2 * middle + high)) * rate / len(samples))


def rms_inside(samples: NDArray[np.float32]) -> float:
    """Without the ends, where coders fade."""
    inner = samples[len(samples) // 4 : -len(samples) // 4]
    return float(np.sqrt(np.mean(inner.astype(np.float64) ** 2)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_gives_its_tone(kind: str, tmp_path: Path) -> None:
    what = KINDS[kind]
    path = make(kind, tmp_path)
    heard = audio.load(path, remove_dc=False)
    assert heard.samples.dtype == np.float32
    assert heard.sample_rate == what.rate
    assert heard.warnings == ()
    assert heard.source == str(path)
    if what.exact is not None:
        np.testing.assert_allclose(heard.samples, tones(what.rate).T, rtol=0, atol=what.exact)
    # Coders that work in blocks keep up to two of them at the ends (AAC: 2048 samples).
    assert 0 <= heard.duration_s - 1.0 < 0.06 or kind == "wma"
    assert loudest_frequency(heard.samples[0], what.rate) == pytest.approx(frequency(0), abs=1.0)
    # AMR is made for voices and takes a fifth off a pure tone.
    tolerance = 0.25 if kind == "amr" else 0.1
    assert rms_inside(heard.samples[0]) == pytest.approx(AMPLITUDE / np.sqrt(2), rel=tolerance)


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_files_and_pipes_give_what_the_path_gives(kind: str, tmp_path: Path) -> None:
    path = make(kind, tmp_path)
    by_path = audio.load(path).samples
    np.testing.assert_array_equal(audio.load(path.read_bytes()).samples, by_path)
    with path.open("rb") as file:
        np.testing.assert_array_equal(audio.load(file).samples, by_path)
        assert not file.closed
    read_end, write_end = os.pipe()

    def write() -> None:
        with os.fdopen(write_end, "wb") as pipe:
            pipe.write(path.read_bytes())

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(read_end, "rb") as pipe:
        np.testing.assert_array_equal(audio.load(pipe).samples, by_path)
    writer.join()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_named_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    path, pipe = make("flac-16", tmp_path), tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(path.read_bytes()))
    writer.start()
    np.testing.assert_array_equal(audio.load(pipe).samples, audio.load(path).samples)
    writer.join()


def test_the_content_counts_and_not_the_suffix(tmp_path: Path) -> None:
    flac = make("flac-16", tmp_path).read_bytes()
    for name in ("speech.raw", "speech.mp3", "speech.vox", "speech"):
        (tmp_path / name).write_bytes(flac)
        assert audio.load(tmp_path / name).duration_s == 1.0


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("kind", ["wav-16", "flac-24"])
def test_rates_from_telephone_to_studio(kind: str, rate: int, tmp_path: Path) -> None:
    path = make(kind, tmp_path, rate=rate)
    assert audio.probe(path).sample_rate == rate
    heard = audio.load(path, sample_rate=16_000)
    assert abs(heard.samples.shape[1] - 16_000) <= 1
    assert loudest_frequency(heard.samples[0], 16_000) == pytest.approx(frequency(0), abs=0.5)
    assert rms_inside(heard.samples[0]) == pytest.approx(AMPLITUDE / np.sqrt(2), rel=2e-3)


@pytest.mark.parametrize("channels", range(1, 9))
@pytest.mark.parametrize("kind", ["wav-24", "flac-16", "vorbis", "opus", "aiff"])
def test_channels_are_kept_picked_and_mixed(kind: str, channels: int, tmp_path: Path) -> None:
    path = make(kind, tmp_path, channels=channels)
    rate = KINDS[kind].rate
    kept = audio.load(path, channels="keep")
    assert kept.samples.shape == (channels, rate)
    # The last channel of Opus' 5.1, 6.1 and 7.1 is for low notes, and the coder cuts the rest.
    full = channels - 1 if kind == "opus" and channels >= 6 else channels
    for channel in range(full):
        found = loudest_frequency(kept.samples[channel], rate)
        assert found == pytest.approx(frequency(channel), abs=1.0)
        picked = audio.load(path, channels=channel)
        np.testing.assert_array_equal(picked.samples, kept.samples[channel : channel + 1])
    mixed = audio.load(path)
    np.testing.assert_allclose(mixed.samples[0], kept.samples.mean(axis=0), rtol=0, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 2, 6, 8])
@pytest.mark.parametrize("kind", ["m4a-aac", "webm-opus", "mp4-film"])
def test_pyav_keeps_channels_apart(kind: str, channels: int, tmp_path: Path) -> None:
    path = make(kind, tmp_path, channels=channels)
    kept = audio.load(path, channels="keep")
    heard = [loudest_frequency(one, kept.sample_rate) for one in kept.samples]
    wanted = [frequency(channel) for channel in range(channels)]
    if channels >= 6:
        # The fourth channel of 5.1 and 7.1 is for low notes, and coders cut the rest from it.
        del heard[3], wanted[3]
    assert heard == pytest.approx(wanted, abs=2.0)


@pytest.mark.parametrize(
    ("kind", "format_", "codec", "channels"),
    [
        ("wav-24", "WAV", "PCM_24", 2),
        ("wav-mu-law", "WAV", "ULAW", 1),
        ("opus", "OGG", "OPUS", 2),
        ("aiff-in-wav", "AIFF", "PCM_16", 1),
        ("webm-opus", "matroska,webm", "opus", 1),
        ("mp4-film", "mov,mp4,m4a,3gp,3g2,mj2", "aac", 1),
        ("amr", "amr", "amrnb", 1),
    ],
)
def test_probe_says_what_the_file_is(
    kind: str, format_: str, codec: str, channels: int, tmp_path: Path
) -> None:
    info = audio.probe(make(kind, tmp_path, channels=channels, duration_s=2.0))
    assert (info.format, info.codec, info.channels) == (format_, codec, channels)
    assert info.sample_rate == KINDS[kind].rate
    assert info.duration_s == pytest.approx(2.0, abs=0.1)


@pytest.mark.corpus
def test_real_recordings_load_without_a_remark(corpora_root: Path) -> None:
    """One clip in a hundred of each corpus; the folders hold only whole files."""
    for corpus in sorted(folder for folder in corpora_root.iterdir() if folder.is_dir()):
        for clip in audio.find_audio(corpus)[::100]:
            heard = audio.load(clip, sample_rate=16_000)
            assert heard.warnings == (), clip
            assert 0.3 < heard.duration_s < 20, clip
