"""What a clip's sound says of it: the same as another, silent, clipped, unreadable."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sertain.audio import Samples, load
from sertain.errors import AudioError

SILENT_PEAK = 1e-3
"""A clip whose largest sample stays below −60 dB of full scale is silent."""

CLIPPED_SAMPLE = 0.99
CLIPPED_SHARE = 1e-3
"""A clip with a thousandth of its samples within 1 % of full scale is clipped."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one file holds.

    Attributes
    ----------
    path: the file.
    file_hash: SHA-256 of its bytes, ``""`` if it cannot be read at all.
    sound_hash: SHA-256 of its rate and its samples at 16 bits, mixed to one channel: the same
        for any lossless coding of the same sound; ``""`` if it cannot be decoded.
    error: why it cannot be decoded, or ``""``.
    warnings: what was odd in decoding it.
    duration_s: seconds of sound.
    peak: largest absolute sample, full scale 1.
    clipped: share of samples at full scale.
    """

    path: Path
    file_hash: str = ""
    sound_hash: str = ""
    error: str = ""
    warnings: tuple[str, ...] = ()
    duration_s: float = 0.0
    peak: float = 0.0
    clipped: float = 0.0

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to hear."""
        return not self.error and self.peak < SILENT_PEAK

    @property
    def is_clipped(self) -> bool:
        """Whether the recording was too loud for its scale."""
        return not self.error and self.clipped >= CLIPPED_SHARE


def listen(path: Path) -> Heard:
    """Decode a file; what is wrong with it stands in the answer."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return Heard(path, error=f"cannot be read ({error.strerror})")
    file_hash = hashlib.sha256(content).hexdigest()
    try:
        # The offset stays: subtracting a mean would hide that two files hold the same samples.
        audio = load(path, channels="mix", remove_dc=False)
    except AudioError as error:
        return Heard(path, file_hash, error=error.fact)
    samples = audio.samples[0]
    loudness = np.abs(samples)
    return Heard(
        path=path,
        file_hash=file_hash,
        sound_hash=_sound_hash(samples, audio.sample_rate),
        warnings=audio.warnings,
        duration_s=audio.duration_s,
        peak=float(loudness.max()),
        clipped=float(np.mean(loudness >= CLIPPED_SAMPLE)),
    )


def listen_all(paths: Sequence[Path], workers: int) -> Iterator[Heard]:
    """What each file holds, in order; the decoders run in ``workers`` threads."""
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(listen, paths)


def _sound_hash(samples: Samples, sample_rate: int) -> str:
    scaled = np.clip(np.round(samples * 32_768.0), -32_768, 32_767).astype("<i2")
    return hashlib.sha256(sample_rate.to_bytes(4, "little") + scaled.tobytes()).hexdigest()
