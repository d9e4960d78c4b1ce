"""Through a codec and back: what is lost on the way is lost."""

from __future__ import annotations

import io

import numpy as np

from sertain import audio
from sertain.lab.robustness.noise import Samples

RATE = 16_000
_TELEPHONE = 8_000


def mp3(samples: Samples, bits_per_s: int = 32_000) -> Samples:
    """Code float32 (n,) at 16 kHz as MP3 and decode it."""
    return _through_ffmpeg(samples, RATE, "mp3", "libmp3lame", bits_per_s)


def opus(samples: Samples, bits_per_s: int = 12_000) -> Samples:
    """Code float32 (n,) at 16 kHz as Opus and decode it."""
    return _through_ffmpeg(samples, RATE, "ogg", "libopus", bits_per_s)


def amr_nb(samples: Samples, bits_per_s: int = 12_200) -> Samples:
    """Code float32 (n,) at 16 kHz as AMR narrow band (mobile telephones) and decode it."""
    return _through_ffmpeg(
        resampled(samples, RATE, _TELEPHONE), _TELEPHONE, "amr", "libopencore_amrnb", bits_per_s
    )


def gsm(samples: Samples) -> Samples:
    """Code float32 (n,) at 16 kHz as GSM 06.10 full rate, 13 kb/s, and decode it."""
    return _through_sndfile(samples, "GSM610")


def mu_law(samples: Samples) -> Samples:
    """Code float32 (n,) at 16 kHz as G.711 µ-law at 8 kHz and decode it."""
    return _through_sndfile(samples, "ULAW")


def band(samples: Samples) -> Samples:
    """Leave of float32 (n,) at 16 kHz what a rate of 8 kHz holds: nothing above 4 kHz."""
    return resampled(resampled(samples, RATE, _TELEPHONE), _TELEPHONE, RATE)[: len(samples)]


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    """Give float32 (n,) at another rate (soxr, high quality)."""
    import soxr  # noqa: PLC0415

    return np.asarray(soxr.resample(samples, rate, wanted), dtype=np.float32)


def _through_sndfile(samples: Samples, subtype: str) -> Samples:
    import soundfile  # noqa: PLC0415

    file = io.BytesIO()
    narrow = resampled(samples, RATE, _TELEPHONE)
    soundfile.write(file, np.clip(narrow, -1, 1), _TELEPHONE, subtype=subtype, format="WAV")
    return _decoded(file, len(samples))


def _through_ffmpeg(
    samples: Samples, rate: int, container: str, codec: str, bits_per_s: int
) -> Samples:
    import av  # noqa: PLC0415
    from av.audio.stream import AudioStream  # noqa: PLC0415

    file = io.BytesIO()
    whole = (np.clip(samples, -1, 1) * 32767).astype(np.int16)[None]
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, AudioStream)
        stream.bit_rate = bits_per_s
        context = stream.codec_context
        context.open(strict=False)  # an encoder says only then how long its frames are
        frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(
            format=context.format, rate=rate, frame_size=context.frame_size
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    return _decoded(file, round(len(samples) * RATE / rate))


def _decoded(file: io.BytesIO, count: int) -> Samples:
    """What is in the file at 16 kHz; a codec's delay makes it a little longer, not louder."""
    decoded: Samples = audio.load(file.getvalue(), sample_rate=RATE).samples[0]
    return decoded[: count + RATE // 10]
