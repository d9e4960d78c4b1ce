"""Sound in: decoding, channels, rate, blocks, and a clear word about what cannot be used."""

from sertain.audio.decoding import MAX_DURATION_S, MIN_CUT_OFF_S, MIN_DURATION_S
from sertain.audio.finding import AUDIO_SUFFIXES, find_audio, is_audio_suffix
from sertain.audio.reading import BlockReader, blocks, load, probe
from sertain.audio.recording import Audio, AudioInfo, Channels, Samples, Source

__all__ = [
    "AUDIO_SUFFIXES",
    "MAX_DURATION_S",
    "MIN_CUT_OFF_S",
    "MIN_DURATION_S",
    "Audio",
    "AudioInfo",
    "BlockReader",
    "Channels",
    "Samples",
    "Source",
    "blocks",
    "find_audio",
    "is_audio_suffix",
    "load",
    "probe",
]
