"""Decodes with FFmpeg's libraries through PyAV: M4A, WebM, AMR, the sound of films, and more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sertain.audio.decoder import CHUNK_SAMPLES, BrokenError, RefusedError
from sertain.audio.recording import AudioInfo, Samples

if TYPE_CHECKING:
    import av

_CONTAINERS_THAT_PROMISE = {"mov", "mp4", "matroska", "webm", "wav", "flac", "aiff", "caf", "asf"}
"""Others (AAC, AMR, MP3 …) have a length estimated from the bit rate, no promise of their own."""

_MOST_PLANES = 8

_DAMAGED_SHARE = 0.25
"""A stream with a larger share of damaged packets is taken for no audio at all."""


class FfmpegDecoder:
    """See :class:`sertain.audio.decoder.Decoder`; ``damaged`` counts the packets skipped."""

    def __init__(self, file: BinaryIO) -> None:
        import av  # noqa: PLC0415

        self.damaged = 0
        self._packer: av.AudioResampler | None = None
        file.seek(0)
        try:
            self._container = av.open(file, mode="r", metadata_errors="ignore")
        except (av.FFmpegError, ValueError, OSError) as error:
            raise RefusedError(_reason(error)) from error
        stream: Any = self._container.streams.best("audio")
        if stream is None or not stream.codec_context or not stream.codec_context.sample_rate:
            self._container.close()
            raise RefusedError("it has no sound track")
        self._stream = stream
        context = stream.codec_context
        duration_s = self._duration_s()
        promises = not _CONTAINERS_THAT_PROMISE.isdisjoint(self._container.format.name.split(","))
        self.frames: int | None = (
            round(duration_s * context.sample_rate) if duration_s and promises else None
        )
        self.info = AudioInfo(
            duration_s=duration_s,
            sample_rate=context.sample_rate,
            channels=context.layout.nb_channels,
            format=self._container.format.name,
            codec=context.name,
        )

    def _duration_s(self) -> float | None:
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        if self._container.duration:
            return float(self._container.duration / 1_000_000)
        return None

    def chunks(self) -> Iterator[Samples]:
        """See :meth:`sertain.audio.decoder.Decoder.chunks`."""
        held: list[Samples] = []
        count = 0
        try:
            for frame in self._frames():
                held.append(_as_float32(frame))
                count += held[-1].shape[1]
                if count >= CHUNK_SAMPLES:
                    yield np.concatenate(held, axis=1)
                    held, count = [], 0
        except BrokenError:
            if held:
                yield np.concatenate(held, axis=1)
            raise
        if held:
            yield np.concatenate(held, axis=1)

    def _frames(self) -> Iterator[av.AudioFrame]:
        import av  # noqa: PLC0415

        whole = 0
        try:
            for packet in self._container.demux(self._stream):
                try:
                    frames = packet.decode()
                except (av.FFmpegError, ValueError):
                    self.damaged += 1
                    continue
                for frame in frames:
                    self._check_unchanged(frame)
                    yield from self._side_by_side(frame)
                whole += 1
        except (av.FFmpegError, OSError) as error:
            raise BrokenError(_reason(error)) from error
        if self.damaged > _DAMAGED_SHARE * (self.damaged + whole):
            raise RefusedError(f"{self.damaged} of {self.damaged + whole} packets are damaged")

    def _check_unchanged(self, frame: av.AudioFrame) -> None:
        now = (frame.sample_rate, frame.layout.nb_channels)
        if now != (self.info.sample_rate, self.info.channels):
            raise BrokenError(f"it goes on at {now[0]} Hz with {now[1]} channels")

    def _side_by_side(self, frame: av.AudioFrame) -> list[av.AudioFrame]:
        """The frame, with its channels side by side where they are too many for planes.

        Reading a planar frame of eight channels ends the process (PyAV 18.1, seen with AAC):
        it finds a ninth plane, probably because FFmpeg's table of eight has no empty end.
        """
        if not frame.format.is_planar or frame.layout.nb_channels < _MOST_PLANES:
            return [frame]
        import av  # noqa: PLC0415

        self._packer = self._packer or av.AudioResampler(
            frame.format.packed, frame.layout, frame.sample_rate
        )
        return self._packer.resample(frame)

    def close(self) -> None:
        """See :meth:`sertain.audio.decoder.Decoder.close`."""
        self._container.close()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _as_float32(frame: av.AudioFrame) -> Samples:
    """float32 (channels, n) of one frame of any sample format."""
    values: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    if values.dtype == np.uint8:
        return (values.astype(np.float32) - np.float32(128)) / np.float32(128)
    if np.issubdtype(values.dtype, np.integer):
        full_scale = np.float32(-int(np.iinfo(values.dtype).min))
        return values.astype(np.float32) / full_scale
    return values.astype(np.float32)
