"""One recording on its way through: which decoder reads it, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import BinaryIO

import numpy as np

from sertain.audio.array import MAX_CHANNELS, ArrayDecoder
from sertain.audio.containers import Examined, examined
from sertain.audio.decoder import BrokenError, Decoder, RefusedError
from sertain.audio.ffmpeg import FfmpegDecoder
from sertain.audio.recording import Samples, Source
from sertain.audio.sndfile import SndfileDecoder
from sertain.audio.source import opened
from sertain.errors import AudioError

MAX_DURATION_S = 6 * 3600.0
"""Longest recording that is read unless the caller allows more."""

MIN_DURATION_S = 0.1
"""Shorter than this holds no syllable."""

MIN_CUT_OFF_S = 0.5
"""What is left of a recording that was cut off is used from this length on."""

SHORT_S = 0.1
"""Promises are held to within this: coders pad and trim a few hundredths of a second."""

RATES_HZ = (2_000, 768_000)

_OPENERS: tuple[Callable[[BinaryIO], Decoder], ...] = (SndfileDecoder, FfmpegDecoder)


class Decoding:
    """The samples of a recording as they stand in it: its rate, its channels, its offset.

    Use as a context manager; iterate :meth:`chunks` once.

    Attributes
    ----------
    name: the name to show.
    info: what the recording says of itself.
    decoded: samples per channel so far.
    warnings: what was odd; complete once the chunks have ended.
    """

    def __init__(
        self,
        source: Source,
        *,
        array_rate: int | None = None,
        max_duration_s: float | None = MAX_DURATION_S,
    ) -> None:
        self._max_duration_s = max_duration_s
        self._files = ExitStack()
        self._found: Examined | None = None
        self._damaged = 0
        self.decoded = 0
        self.warnings: list[str] = []
        try:
            self._decoder = self._open(source, array_rate)
            self.info = self._decoder.info
            self._check_info()
        except BaseException:
            self._files.close()
            raise

    def __enter__(self) -> Decoding:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes what was opened here."""
        self._files.close()

    def _open(self, source: Source, array_rate: int | None) -> Decoder:
        if isinstance(source, np.ndarray):
            self.name = "array"
            return ArrayDecoder(source, array_rate)
        file = self._files.enter_context(opened(source))
        self.name = file.name
        self._found = examined(file)
        self.warnings += self._found.warnings
        for opener in _OPENERS[1:] if self._found.ffmpeg_only else _OPENERS:
            try:
                decoder = opener(self._found.file)
            except RefusedError:
                continue
            self._files.callback(decoder.close)
            return decoder
        raise self._no_audio(self._found.why_unreadable)

    def _no_audio(self, why: str | None = None) -> AudioError:
        if why:
            return AudioError(f"'{self.name}' cannot be decoded: {why}", "record or copy it again")
        return AudioError(
            f"'{self.name}' is not audio, or of a format that cannot be read",
            "convert it to WAV or FLAC",
        )

    def _check_info(self) -> None:
        info = self.info
        low, high = RATES_HZ
        if not low <= info.sample_rate <= high:
            raise AudioError(
                f"'{self.name}' says a sample rate of {info.sample_rate} Hz",
                f"give one between {low} and {high} Hz",
            )
        if not 1 <= info.channels <= MAX_CHANNELS:
            raise AudioError(
                f"'{self.name}' has {info.channels} channels", f"give 1 to {MAX_CHANNELS}"
            )
        if info.duration_s is not None:
            self._check_limit(info.duration_s)

    def _check_limit(self, duration_s: float) -> None:
        limit_s = self._max_duration_s
        if limit_s is not None and duration_s > limit_s:
            raise AudioError(
                f"'{self.name}' lasts {duration_s:.0f} s, longer than the limit of {limit_s:.0f} s",
                "raise the limit or cut the recording",
            )

    @property
    def duration_s(self) -> float:
        """Seconds decoded so far."""
        return self.decoded / self.info.sample_rate

    def chunks(self) -> Iterator[Samples]:
        """float32 (channels, n) one after the other, at the source's rate.

        Raises
        ------
        AudioError
            NaN or infinite samples, longer than the limit, and at the end: nothing decoded,
            too short, or cut off with less than ``MIN_CUT_OFF_S`` left.
        """
        broken: str | None = None
        try:
            yield from self._checked(self._decoder.chunks())
        except BrokenError as error:
            broken = str(error)
        except RefusedError as error:
            raise self._no_audio() from error
        if (broken or self._is_short()) and self._may_go_on():
            broken = yield from self._rest(broken)
        self._check_end(broken)

    def _checked(self, chunks: Iterator[Samples]) -> Iterator[Samples]:
        for chunk in chunks:
            if not np.isfinite(chunk).all():
                finite = np.isfinite(chunk).all(axis=0)
                at_s = (self.decoded + int(finite.argmin())) / self.info.sample_rate
                raise AudioError(
                    f"'{self.name}' holds NaN or infinite samples, the first at {at_s:.3f} s",
                    "repair or export it again",
                )
            self.decoded += chunk.shape[1]
            self._check_limit(self.duration_s)
            yield chunk

    @property
    def _promised_s(self) -> float | None:
        """What the recording should last by its own word."""
        if self._found and self._found.promised_s is not None:
            return self._found.promised_s
        if self._found and self._found.promised_share > 1:
            return self.duration_s * self._found.promised_share
        frames = self._decoder.frames
        return None if frames is None else frames / self.info.sample_rate

    def _is_short(self) -> bool:
        promised_s = self._promised_s
        return promised_s is not None and self.duration_s < promised_s - SHORT_S

    def _may_go_on(self) -> bool:
        """Whether another decoder could find more: not where the bytes themselves are missing."""
        is_sndfile = isinstance(self._decoder, SndfileDecoder)
        return is_sndfile and self._found is not None and self._found.promised_share <= 1

    def _rest(self, broken: str | None) -> Generator[Samples, None, str | None]:
        """What FFmpeg still finds behind the place where libsndfile stopped, and why it stopped."""
        assert self._found is not None
        stopped_at_s = self.duration_s
        try:
            other = FfmpegDecoder(self._found.file)
        except RefusedError:
            return broken
        self._files.callback(other.close)
        mine = (self.info.sample_rate, self.info.channels)
        if (other.info.sample_rate, other.info.channels) != mine:
            return broken
        try:
            yield from self._checked(_after(self.decoded, other.chunks()))
        except (BrokenError, RefusedError) as error:
            return broken or str(error)
        self._damaged += other.damaged
        if not self._is_short():
            self.warnings.append(f"damaged: decoding was taken up again at {stopped_at_s:.2f} s")
        return None

    def _check_end(self, broken: str | None) -> None:
        if isinstance(self._decoder, FfmpegDecoder):
            self._damaged += self._decoder.damaged
        is_cut = broken is not None or self._is_short() or bool(self._found and self._found.cut_off)
        if self.decoded == 0:
            why = self._found.why_unreadable if self._found else None
            if is_cut or self._damaged or why:
                raise self._no_audio(why or broken or "nothing of it is whole")
            raise AudioError(f"'{self.name}' holds no samples", "record or copy it again")
        if is_cut and self.duration_s < MIN_CUT_OFF_S:
            raise AudioError(
                f"'{self.name}' is cut off after {self.duration_s:.3f} s",
                f"at least {MIN_CUT_OFF_S} s must be there: record or copy it again",
            )
        if self.duration_s < MIN_DURATION_S:
            raise AudioError(
                f"'{self.name}' is too short ({self.duration_s:.3f} s)",
                f"give at least {MIN_DURATION_S} s",
            )
        if is_cut:
            self.warnings.append(self._told_cut(broken))
        if self._damaged:
            self.warnings.append(f"damaged: {self._damaged} packet(s) could not be decoded")

    def _told_cut(self, broken: str | None) -> str:
        told = f"cut off or damaged: {self.duration_s:.2f} s could be decoded"
        if self._is_short() and self._promised_s is not None:
            return f"{told} of the {self._promised_s:.2f} s that it promises"
        return f"{told} ({broken or 'the end of the stream is missing'})"


def _after(skipped: int, chunks: Iterator[Samples]) -> Iterator[Samples]:
    for chunk in chunks:
        if skipped < chunk.shape[1]:
            yield chunk[:, skipped:]
        skipped = max(0, skipped - chunk.shape[1])
