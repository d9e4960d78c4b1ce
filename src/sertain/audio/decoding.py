"""One recording on its way through: which decoder reads it, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
        for opener in _OPENERS:
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
        if broken or self._is_short():
            yield from self._rest(broken)
        self._check_end()

    def _checked(self, chunks: Iterator[Samples]) -> Iterator[Samples]:
        for chunk in chunks:
            finite = np.isfinite(chunk).all(axis=0)
            if not finite.all():
                at_s = (self.decoded + int(finite.argmin())) / self.info.sample_rate
                raise AudioError(
                    f"'{self.name}' holds NaN or infinite samples, the first at {at_s:.3f} s",
                    "repair or export it again",
                )
            self.decoded += chunk.shape[1]
            self._check_limit(self.duration_s)
            yield chunk

    def _is_short(self) -> bool:
        promised = self._decoder.frames
        return promised is not None and self.decoded < promised - SHORT_S * self.info.sample_rate

    def _rest(self, broken: str | None) -> Iterator[Samples]:
        """What FFmpeg still finds behind the place where libsndfile had to stop."""
        stopped_at = self.decoded
        if self._found and isinstance(self._decoder, SndfileDecoder):
            try:
                other = FfmpegDecoder(self._found.file)
            except RefusedError as error:
                broken = broken or str(error)
            else:
                self._files.callback(other.close)
                if (other.info.sample_rate, other.info.channels) == (
                    self.info.sample_rate,
                    self.info.channels,
                ):
                    try:
                        yield from self._checked(_after(stopped_at, other.chunks()))
                    except BrokenError as error:
                        broken = str(error)
        if self._found:
            self._found.cut_off = True
        self._warn_of_cut(broken)

    def _warn_of_cut(self, broken: str | None) -> None:
        promised = self._decoder.frames
        if promised is not None and self._is_short():
            self.warnings.append(
                f"cut off: {self.duration_s:.2f} s could be decoded of the"
                f" {promised / self.info.sample_rate:.2f} s that it promises"
            )
        else:
            self.warnings.append(
                f"damaged: decoding stopped after {self.duration_s:.2f} s ({broken or 'no reason'})"
            )

    def _check_end(self) -> None:
        damaged = getattr(self._decoder, "damaged", 0)
        if self.decoded == 0:
            why = self._found.why_unreadable if self._found else None
            raise (
                self._no_audio(why)
                if damaged or why
                else AudioError(f"'{self.name}' holds no samples", "record or copy it again")
            )
        if damaged:
            self.warnings.append(f"damaged: {damaged} packets were skipped")
        cut_off = bool(self._found and self._found.cut_off)
        if cut_off and self.duration_s < MIN_CUT_OFF_S:
            raise AudioError(
                f"'{self.name}' is cut off after {self.duration_s:.3f} s",
                f"at least {MIN_CUT_OFF_S} s must be there; record or copy it again",
            )
        if self.duration_s < MIN_DURATION_S:
            raise AudioError(
                f"'{self.name}' is too short ({self.duration_s:.3f} s)",
                f"give at least {MIN_DURATION_S} s",
            )


def _after(skipped: int, chunks: Iterator[Samples]) -> Iterator[Samples]:
    for chunk in chunks:
        if skipped < chunk.shape[1]:
            yield chunk[:, skipped:]
        skipped = max(0, skipped - chunk.shape[1])
