"""Reads a recording: all at once, block by block, or only what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from sertain.audio.decoding import MAX_DURATION_S, Decoding
from sertain.audio.recording import Audio, AudioInfo, Channels, Samples, Source
from sertain.audio.shaping import repacked, shaped
from sertain.errors import AudioError


def load(
    source: Source,
    *,
    sample_rate: int | None = None,
    array_rate: int | None = None,
    channels: Channels = "mix",
    max_duration_s: float | None = MAX_DURATION_S,
    remove_dc: bool = True,
) -> Audio:
    """A whole recording as float32.

    Parameters
    ----------
    source:
        A path, the bytes of a file, an open binary file (seekable or not), or an array of shape
        (n,) or (channels, n): floats in −1…1, or integers, which are scaled by their range.
    sample_rate:
        Hz to resample to (soxr, high quality); ``None`` keeps the source's.
    array_rate:
        Hz of an array; needed there and nowhere else.
    channels:
        ``"mix"`` (mean), ``"keep"`` or the number of one channel, from 0.
    max_duration_s:
        Longer recordings are refused; ``None`` takes any length.
    remove_dc:
        Subtract each minute's mean.

    Returns
    -------
    Audio
        ``samples`` float32 (channels, n); ``warnings`` names what was odd, e.g. a cut-off end.

    Raises
    ------
    AudioError
        Missing, a folder, empty, not audio, cut off with less than 0.5 s left, shorter than
        0.1 s, longer than ``max_duration_s``, NaN or infinite samples, no such channel.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 220 * np.arange(44100) / 44100)
    >>> audio = load(tone, array_rate=44100, sample_rate=16000)
    >>> audio.samples.shape, audio.sample_rate, audio.duration_s
    ((1, 16000), 16000, 1.0)
    """
    _check_rate(sample_rate)
    with Decoding(source, array_rate=array_rate, max_duration_s=max_duration_s) as decoding:
        pieces = list(
            shaped(decoding, sample_rate=sample_rate, channels=channels, remove_dc=remove_dc)
        )
        return Audio(
            samples=np.concatenate(pieces, axis=1),
            sample_rate=sample_rate or decoding.info.sample_rate,
            source=decoding.name,
            warnings=tuple(decoding.warnings),
        )


def blocks(
    source: Source,
    *,
    sample_rate: int = 16_000,
    array_rate: int | None = None,
    block_s: float = 60.0,
    channels: Literal["mix"] | int = "mix",
    max_duration_s: float | None = MAX_DURATION_S,
    remove_dc: bool = True,
) -> BlockReader:
    """A recording of any length as mono blocks; memory does not grow with the length.

    The blocks joined are what :func:`load` gives, sample by sample. Parameters and errors are
    those of :func:`load`; errors of the content come while iterating.

    Examples
    --------
    >>> import numpy as np
    >>> with blocks(np.zeros(40_000), array_rate=16_000, block_s=1.0) as reader:
    ...     [len(block) for block in reader]
    [16000, 16000, 8000]
    """
    _check_rate(sample_rate)
    if not block_s * sample_rate >= 1:
        raise AudioError(f"blocks of {block_s} s hold no sample", "give a longer block_s")
    decoding = Decoding(source, array_rate=array_rate, max_duration_s=max_duration_s)
    try:
        pieces = shaped(decoding, sample_rate=sample_rate, channels=channels, remove_dc=remove_dc)
    except BaseException:
        decoding.close()
        raise
    return BlockReader(decoding, pieces, round(block_s * sample_rate))


class BlockReader:
    """Iterates over a recording once; float32 (n,) blocks. Close it, or use it in ``with``.

    Attributes
    ----------
    name: the name to show.
    info: what the recording says of itself.
    """

    def __init__(self, decoding: Decoding, pieces: Iterator[Samples], block_size: int) -> None:
        self.name = decoding.name
        self.info: AudioInfo = decoding.info
        self._decoding = decoding
        self._blocks = (block[0] for block in repacked(pieces, block_size))

    def __iter__(self) -> BlockReader:
        return self

    def __next__(self) -> Samples:
        try:
            return next(self._blocks)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> BlockReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; the numbers below stay readable."""
        self._decoding.close()

    @property
    def duration_s(self) -> float:
        """Seconds decoded so far, counted at the source's rate; all of them after the end."""
        return self._decoding.duration_s

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd; complete after the end."""
        return tuple(self._decoding.warnings)


def probe(source: Source, *, array_rate: int | None = None) -> AudioInfo:
    """What a recording says of itself, without decoding it.

    Raises
    ------
    AudioError
        Missing, a folder, empty or not audio.
    """
    with Decoding(source, array_rate=array_rate, max_duration_s=None) as decoding:
        return decoding.info


def _check_rate(sample_rate: int | None) -> None:
    if sample_rate is not None and sample_rate <= 0:
        raise AudioError(f"sound cannot be resampled to {sample_rate} Hz", "give a positive rate")
