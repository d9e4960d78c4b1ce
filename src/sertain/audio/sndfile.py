"""Decodes with libsndfile: WAV and its codecs, FLAC, MP3, Ogg Vorbis, Opus, AIFF, CAF and more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from sertain.audio.decoder import CHUNK_SAMPLES, BrokenError, RefusedError
from sertain.audio.recording import AudioInfo, Samples

_UNKNOWN_FRAMES = 2**48
"""libsndfile says 2^63 − 1 where the length is unknown; nothing real is as long as this."""

_FORMATS_BY_GUESS = {"RAW", "SDS", "MPC2K", "WVE", "XI", "PVF", "MAT4", "MAT5", "SD2"}
"""Taken for sound by libsndfile on little evidence; text and pictures must not come in here."""


class SndfileDecoder:
    """See :class:`sertain.audio.decoder.Decoder`."""

    def __init__(self, file: BinaryIO) -> None:
        import soundfile  # noqa: PLC0415

        file.seek(0)
        try:
            self._sound = soundfile.SoundFile(_Nameless(file))
        except (soundfile.SoundFileError, TypeError, ValueError) as error:
            raise RefusedError(str(error)) from error
        if self._sound.format in _FORMATS_BY_GUESS or self._sound.samplerate <= 0:
            self._sound.close()
            raise RefusedError(f"not read as {self._sound.format}")
        frames = self._sound.frames
        self.frames: int | None = frames if frames < _UNKNOWN_FRAMES else None
        rate = self._sound.samplerate
        self.info = AudioInfo(
            duration_s=None if self.frames is None else self.frames / rate,
            sample_rate=rate,
            channels=self._sound.channels,
            format=self._sound.format,
            codec=self._sound.subtype,
        )

    def chunks(self) -> Iterator[Samples]:
        """See :meth:`sertain.audio.decoder.Decoder.chunks`."""
        import soundfile  # noqa: PLC0415

        while True:
            try:
                block = self._sound.read(CHUNK_SAMPLES, dtype="float32", always_2d=True)
            except (soundfile.SoundFileError, OSError) as error:
                raise BrokenError(str(error)) from error
            if not len(block):
                return
            yield block.T

    def close(self) -> None:
        """See :meth:`sertain.audio.decoder.Decoder.close`."""
        self._sound.close()


class _Nameless:
    """A file without its name, because soundfile takes any name that ends in .raw for headerless
    sound, and libsndfile guesses from other suffixes what only the content can say."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell
        if hasattr(file, "readinto"):
            self.readinto = file.readinto
