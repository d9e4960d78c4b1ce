"""Makes small recordings of every kind that the package reads, and broken ones.

Each channel holds a pure tone of its own, so a test can say from the samples alone which channel
it sees, how fast it runs and how loud it is.  ``python -m tests.data.make FOLDER`` writes one of
each kind for a look by hand.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

AMPLITUDE = 0.3
"""Of every tone; its RMS is 0.3 / sqrt(2)."""


def frequency(channel: int) -> float:
    """Hz of the tone in this channel."""
    return 300.0 + 100.0 * channel


def tones(rate: int, channels: int = 1, duration_s: float = 1.0) -> NDArray[np.float32]:
    """float32 (n, channels): one tone a channel."""
    time_s = np.arange(round(duration_s * rate)) / rate
    waves = [AMPLITUDE * np.sin(2 * np.pi * frequency(c) * time_s) for c in range(channels)]
    return np.stack(waves, axis=1).astype(np.float32)


@dataclass(frozen=True)
class Kind:
    """A kind of recording.

    ``exact`` is the largest error of a sample, or ``None`` where the coder only keeps the tone.
    """

    suffix: str
    write: Callable[[Path, NDArray[np.float32], int], None]
    rate: int = 16_000
    most_channels: int = 8
    exact: float | None = None


def _by_soundfile(
    container: str, subtype: str, endian: str = "FILE"
) -> Callable[[Path, NDArray[np.float32], int], None]:
    def write(path: Path, samples: NDArray[np.float32], rate: int) -> None:
        with soundfile.SoundFile(
            path, "w", rate, samples.shape[1], subtype, endian, container
        ) as file:
            # libsndfile's Vorbis coder runs out of stack on long pieces.
            for start in range(0, len(samples), 1024):
                file.write(samples[start : start + 1024])

    return write


_BIT_RATES = {"libopencore_amrnb": 12_200}
"""Bits a second where the coder takes no other."""


def _by_pyav(
    container: str, codec: str, *, video: str | None = None, **options: str
) -> Callable[[Path, NDArray[np.float32], int], None]:
    def write(path: Path, samples: NDArray[np.float32], rate: int) -> None:
        layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[samples.shape[1]]
        with av.open(str(path), "w", format=container, container_options=options) as out:
            pictures: Any = None
            if video:
                pictures = out.add_stream(video, rate=10)
                pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
            sound: Any = out.add_stream(codec, rate=rate)
            sound.layout = layout
            sound.bit_rate = _BIT_RATES.get(codec, 96_000)
            if pictures is not None:
                for _ in range(round(10 * len(samples) / rate)):
                    picture = av.VideoFrame.from_ndarray(
                        np.full((64, 64, 3), 90, dtype=np.uint8), format="rgb24"
                    )
                    out.mux(pictures.encode(picture))
                out.mux(pictures.encode(None))
            # Side by side, because PyAV's frames have room for fewer planes than channels.
            frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout=layout)
            frame.sample_rate = rate
            out.mux(sound.encode(frame))
            out.mux(sound.encode(None))

    return write


KINDS: dict[str, Kind] = {
    "wav-8": Kind(".wav", _by_soundfile("WAV", "PCM_U8"), exact=1 / 127),
    "wav-16": Kind(".wav", _by_soundfile("WAV", "PCM_16"), exact=1e-4),
    "wav-24": Kind(".wav", _by_soundfile("WAV", "PCM_24"), exact=1e-6),
    "wav-32": Kind(".wav", _by_soundfile("WAV", "PCM_32"), exact=1e-7),
    "wav-float": Kind(".wav", _by_soundfile("WAV", "FLOAT"), exact=1e-7),
    "wav-double": Kind(".wav", _by_soundfile("WAV", "DOUBLE"), exact=1e-7),
    "wav-extensible": Kind(".wav", _by_soundfile("WAVEX", "PCM_16"), exact=1e-4),
    "wav-big-endian": Kind(".wav", _by_soundfile("WAV", "PCM_16", "BIG"), exact=1e-4),
    "wav-64-bit": Kind(".rf64", _by_soundfile("RF64", "PCM_16"), exact=1e-4),
    # G.711: a segment's step is 1/32 of its value, half of it the error.
    "wav-mu-law": Kind(".wav", _by_soundfile("WAV", "ULAW"), exact=0.3 / 32),
    "wav-a-law": Kind(".wav", _by_soundfile("WAV", "ALAW"), exact=0.3 / 32),
    "wav-adpcm-ima": Kind(".wav", _by_soundfile("WAV", "IMA_ADPCM"), most_channels=2),
    "wav-adpcm-ms": Kind(".wav", _by_soundfile("WAV", "MS_ADPCM"), most_channels=2),
    "wav-gsm": Kind(".wav", _by_soundfile("WAV", "GSM610"), rate=8_000, most_channels=1),
    "flac-16": Kind(".flac", _by_soundfile("FLAC", "PCM_16"), exact=1e-4),
    "flac-24": Kind(".flac", _by_soundfile("FLAC", "PCM_24"), exact=1e-6),
    "mp3": Kind(".mp3", _by_soundfile("MP3", "MPEG_LAYER_III"), most_channels=2),
    "vorbis": Kind(".ogg", _by_soundfile("OGG", "VORBIS")),
    "opus": Kind(".opus", _by_soundfile("OGG", "OPUS"), rate=48_000),
    "aiff": Kind(".aiff", _by_soundfile("AIFF", "PCM_16"), exact=1e-4),
    "aiff-float": Kind(".aifc", _by_soundfile("AIFF", "FLOAT"), exact=1e-7),
    "aiff-in-wav": Kind(".wav", _by_soundfile("AIFF", "PCM_16"), exact=1e-4),
    "caf": Kind(".caf", _by_soundfile("CAF", "PCM_16"), exact=1e-4),
    "caf-alac": Kind(".caf", _by_soundfile("CAF", "ALAC_16"), exact=1e-4),
    "au": Kind(".au", _by_soundfile("AU", "PCM_16"), exact=1e-4),
    "w64": Kind(".w64", _by_soundfile("W64", "PCM_16"), exact=1e-4),
    "m4a-aac": Kind(".m4a", _by_pyav("ipod", "aac"), rate=44_100),
    "aac-adts": Kind(".aac", _by_pyav("adts", "aac"), rate=44_100),
    "webm-opus": Kind(".webm", _by_pyav("webm", "libopus"), rate=48_000),
    "amr": Kind(".amr", _by_pyav("amr", "libopencore_amrnb"), rate=8_000, most_channels=1),
    "wma": Kind(".wma", _by_pyav("asf", "wmav2"), rate=44_100, most_channels=2),
    "mp4-film": Kind(".mp4", _by_pyav("mp4", "aac", video="mpeg4"), rate=44_100),
    "mkv-film": Kind(".mkv", _by_pyav("matroska", "libopus", video="mpeg4"), rate=48_000),
    "m4a-index-first": Kind(".m4a", _by_pyav("ipod", "aac", movflags="faststart"), rate=44_100),
}


def make(
    kind: str,
    folder: Path,
    *,
    rate: int | None = None,
    channels: int = 1,
    duration_s: float = 1.0,
) -> Path:
    """Writes tones as this kind of recording and gives its path."""
    what = KINDS[kind]
    path = folder / f"{kind}-{channels}{what.suffix}"
    what.write(path, tones(rate or what.rate, channels, duration_s), rate or what.rate)
    return path


def cut(path: Path, share: float = 0.5) -> Path:
    """A copy of the file that stops after ``share`` of its bytes, as a broken transfer leaves."""
    data = path.read_bytes()
    return _beside(path, "cut", data[: int(len(data) * share)])


def with_data_size(path: Path, size: int) -> Path:
    """A copy of a WAV whose header says that its sound has ``size`` bytes."""
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", size)
    return _beside(path, f"says-{size}", bytes(data))


def damaged(path: Path, rng: np.random.Generator, count: int = 300) -> Path:
    """A copy of the file with noise over ``count`` bytes in its middle."""
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + count] = rng.integers(0, 256, count, dtype=np.uint8).tobytes()
    return _beside(path, "damaged", bytes(data))


def _beside(path: Path, what: str, data: bytes) -> Path:
    copy = path.with_name(f"{path.stem}-{what}{path.suffix}")
    copy.write_bytes(data)
    return copy


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for each in KINDS:
        print(make(each, target))
