"""The conditions that every model is heard under: a name, a family and what is done to a clip."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial

import numpy as np

from sertain.corpora.clip import Clip
from sertain.lab.robustness import codecs, levels, noise, rooms
from sertain.lab.robustness.noise import Samples

SNRS_DB = (20, 10, 5, 0)
RT60S = (0.2, 0.5, 0.9)
LEVELS_DB = (-30, -12, 6)

Change = Callable[[Clip, Samples], Samples]


@dataclass(frozen=True)
class Condition:
    """One way in which sound is worse.

    Attributes
    ----------
    name: e.g. ``"white noise, 10 dB"``.
    family: ``"noise"``, ``"room"``, ``"codec"``, ``"band"``, ``"level"`` or ``"clipping"``.
    change: what is done to a clip's sound, float32 (n,) at 16 kHz; the same every time.
    """

    name: str
    family: str
    change: Change


class Voices:
    """Whole clips of people, of whom some others babble behind a clip."""

    def __init__(self, clips: Sequence[Clip], read: Callable[[Clip], Samples]) -> None:
        """``clips``: from which to draw, by speaker; ``read`` gives the sound of one."""
        self._by_speaker: dict[str, list[Clip]] = {}
        for clip in clips:
            self._by_speaker.setdefault(clip.speaker, []).append(clip)
        # The same few voices babble at every ratio; all of them would fill the memory.
        self._read = lru_cache(maxsize=64)(read)

    def speakers(self, without: str = "") -> list[str]:
        """Who can babble behind the speaker ``without``."""
        return [name for name in sorted(self._by_speaker) if name != without]

    def behind(self, clip: Clip, count: int) -> Samples:
        """A babble of :data:`~sertain.lab.robustness.noise.VOICES` speakers, never the clip's."""
        generator = _generator(clip, "babble")
        others = self.speakers(clip.speaker)
        chosen = generator.permutation(len(others))[: noise.VOICES]
        own = [self._by_speaker[others[at]] for at in chosen]
        voices = [self._read(clips[int(generator.integers(len(clips)))]) for clips in own]
        return noise.babble(voices, count, generator)


def conditions(voices: Voices | None) -> tuple[Condition, ...]:
    """Give all conditions; without ``voices`` none has a babble.

    Noise is drawn for each clip and kind, the same at every ratio and in every run.
    """
    kinds: dict[str, Callable[[Clip, int], Samples]] = {
        "white noise": lambda clip, count: noise.white(count, _generator(clip, "white")),
        "pink noise": lambda clip, count: noise.pink(count, _generator(clip, "pink")),
    }
    if voices is not None:
        kinds["babble"] = voices.behind
    return (
        *(
            Condition(f"{name}, {snr_db} dB", "noise", partial(_noisy, make, snr_db))
            for name, make in kinds.items()
            for snr_db in SNRS_DB
        ),
        *(
            Condition(f"room, RT60 {rt60_s} s", "room", partial(_in_a_room, rt60_s))
            for rt60_s in RT60S
        ),
        Condition("MP3 32 kb/s", "codec", _of_sound(codecs.mp3)),
        Condition("Opus 12 kb/s", "codec", _of_sound(codecs.opus)),
        Condition("AMR-NB 12.2 kb/s", "codec", _of_sound(codecs.amr_nb)),
        Condition("GSM 06.10", "codec", _of_sound(codecs.gsm)),
        Condition("µ-law, 8 kHz", "codec", _of_sound(codecs.mu_law)),
        Condition("8 kHz band", "band", _of_sound(codecs.band)),
        *(
            Condition(f"level {level:+d} dB", "level", partial(_louder, level))
            for level in LEVELS_DB
        ),
        Condition("clipping, 10 % of samples", "clipping", _of_sound(levels.clip)),
    )


def _generator(clip: Clip, kind: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(f"{kind} {clip.key}".encode()))


def _noisy(
    make: Callable[[Clip, int], Samples], snr_db: float, clip: Clip, samples: Samples
) -> Samples:
    return noise.add(samples, make(clip, len(samples)), snr_db)


@cache
def _room(rt60_s: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return rooms.impulse(rt60_s)


def _in_a_room(rt60_s: float, _: Clip, samples: Samples) -> Samples:
    return rooms.reverberate(samples, _room(rt60_s))


def _louder(gain_db: float, _: Clip, samples: Samples) -> Samples:
    return levels.gain(samples, gain_db)


def _of_sound(change: Callable[[Samples], Samples]) -> Change:
    return lambda _, samples: change(samples)
