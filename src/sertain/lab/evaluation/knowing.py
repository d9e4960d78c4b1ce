"""What a model gains where it is told of the voices: references of test clips, without labels.

A reference is made of test clips of the fold, which no training heard, and never of their labels;
a one-sided one is chosen by a label, as somebody's only recordings may all be angry.  The figures
stand beside those without a reference, never in their place.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from sertain.corpora.clip import Clip
from sertain.lab.training.voice import Voice, nobody, voice_of
from sertain.labels import Emotion

PART_S: Final = 60.0
"""Seconds of a part of a voice."""
SIDES: Final = (Emotion.NEUTRAL, Emotion.ANGRY, Emotion.SAD, Emotion.HAPPY)
SHORT_S: Final = 15.0
"""Seconds of a short part of a voice."""
BATCH, VOICE, MIXED, ONE_SIDED = "batch", "voice", "60 s mixed", "60 s one emotion"
SHORT: Final = "15 s mixed"

WORDS: Final = {
    BATCH: "all test clips of the fold's corpus, whoever speaks",
    VOICE: "all test clips of the speaker; speech and song apart",
    MIXED: f"random test clips of the speaker, up to {PART_S:g} s, of all emotions",
    ONE_SIDED: f"random test clips of the speaker in one emotion, up to {PART_S:g} s",
}


class Listener(Protocol):
    """A trained model that may be told of voices."""

    def voices(self, clips: Sequence[Clip], members: Sequence[Sequence[int]]) -> list[Voice]:
        """Give what groups of clips, by their numbers, tell of their voices."""

    def logits(
        self, clips: Sequence[Clip], references: Sequence[Voice] | None = None
    ) -> NDArray[np.float32]:
        """Give the logits (n, labels) of clips, told of their voices."""


@dataclass(frozen=True)
class Told:
    """What a model answered that was told of the voices of clips.

    Attributes
    ----------
    logits: float32 (n, labels).
    seconds: of the reference of each clip, (n,); 0 where there was none.
    among: whether each clip is itself in its reference, (n,).
    """

    logits: NDArray[np.float32]
    seconds: tuple[float, ...]
    among: tuple[bool, ...]

    def plain(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        rows = [[float(str(value)) for value in row] for row in self.logits]
        return {"logits": rows, "seconds": list(self.seconds), "among": list(self.among)}

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Told:
        """Read plain values."""
        logits = np.array(values["logits"], np.float32)
        return cls(logits, tuple(values["seconds"]), tuple(values["among"]))


def ask(listener: Listener, clips: Sequence[Clip]) -> dict[str, Told]:
    """Answer clips with every kind of reference that they allow, by its name.

    A part in one emotion is named ``60 s one emotion: angry``; it is left out where a voice has no
    clip of the emotion.
    """
    seconds = [one.seconds for one in listener.voices(clips, [[n] for n in range(len(clips))])]
    return {name: asked(listener, clips, groups) for name, groups in kinds(clips, seconds).items()}


def ask_to_calibrate(listener: Listener, clips: Sequence[Clip]) -> dict[str, NDArray[np.float32]]:
    """Answer held-out clips with references of every kind that users may give, by its name.

    They are all clips of the voice; 60 s and 15 s of it in all emotions; and 60 s in one emotion,
    another one from voice to voice.  Gives float32 (n, labels) each.
    """
    seconds = [one.seconds for one in listener.voices(clips, [[n] for n in range(len(clips))])]
    found = to_calibrate(clips, seconds)
    return {name: asked(listener, clips, groups).logits for name, groups in found.items()}


Groups = list[tuple[list[int], list[int]]]
"""Clips that are answered together, and the clips that their reference is made of."""


def kinds(clips: Sequence[Clip], seconds: Sequence[float]) -> dict[str, Groups]:
    """Give the references of each kind; ``seconds`` (n,) is how long clips are."""
    voices = _by([voice_of(clip) for clip in clips])
    found = {
        BATCH: _by([clip.corpus for clip in clips]),
        VOICE: voices,
        MIXED: [(own, part(clips, own, seconds)) for own, _ in voices],
    }
    for label in SIDES:
        sides = [[n for n in own if clips[n].emotion == label] for own, _ in voices]
        if all(sides):
            found[f"{ONE_SIDED}: {label}"] = [
                (own, part(clips, side, seconds))
                for (own, _), side in zip(voices, sides, strict=True)
            ]
    return found


def to_calibrate(clips: Sequence[Clip], seconds: Sequence[float]) -> dict[str, Groups]:
    """Give the references on which a model is calibrated; ``seconds`` (n,) is how long clips are.

    Each kind has a reference for every clip, so that every kind counts alike.
    """
    voices = _by([voice_of(clip) for clip in clips])
    sides = []
    for own, _ in voices:
        labels = sorted({str(clips[number].emotion) for number in own})
        chosen = labels[zlib.crc32(voice_of(clips[own[0]]).encode()) % len(labels)]
        sides.append((own, [number for number in own if clips[number].emotion == chosen]))
    return {
        VOICE: voices,
        MIXED: [(own, part(clips, own, seconds)) for own, _ in voices],
        SHORT: [(own, part(clips, own, seconds, SHORT_S)) for own, _ in voices],
        ONE_SIDED: [(own, part(clips, side, seconds)) for own, side in sides],
    }


def _by(names: Sequence[str]) -> Groups:
    """Give what bears one name, with all of it as its reference."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        found[name].append(number)
    return [(own, own) for own in found.values()]


def part(
    clips: Sequence[Clip], own: list[int], seconds: Sequence[float], most_s: float = PART_S
) -> list[int]:
    """Choose clips at random until they would be too long together, at least one.

    The same clips are chosen every time.
    """
    ordered = sorted(own, key=lambda number: clips[number].key)
    seed = zlib.crc32("\n".join(clips[number].key for number in ordered).encode())
    mixed = [ordered[at] for at in np.random.default_rng(seed).permutation(len(ordered))]
    ends = np.cumsum([seconds[number] for number in mixed])
    return sorted(mixed[: max(1, int((ends <= most_s).sum()))])


def asked(listener: Listener, clips: Sequence[Clip], groups: Groups) -> Told:
    """Answer clips, each told of the reference of its group."""
    voices = listener.voices(clips, [reference for _, reference in groups])
    told = [nobody(voices[0].statistics.shape[1])] * len(clips)
    among = [False] * len(clips)
    for (own, reference), voice in zip(groups, voices, strict=True):
        for number in own:
            told[number] = voice
            among[number] = number in set(reference)
    return Told(listener.logits(clips, told), tuple(voice.seconds for voice in told), tuple(among))
