"""What is known of a voice without any label, and how it is drawn in training.

A reference is the mean and the deviation of the features over recordings of the same speaker,
microphone or batch.  In training they are drawn among the training clips, of every size and mix,
so that the network meets what users will give it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sertain.corpora.clip import Clip
from sertain.lab.recipes.parts import Reference
from sertain.lab.training.figures import group_of
from sertain.lab.training.moments import Moments

_FEWEST, _MOST = 1.0, 6.0
"""A part of a voice is two to the power of this many clips."""
_CORPUS_PART = 0.7
"""A clip is moved by at most this part of the way to another corpus: most ways are shorter."""


@dataclass(frozen=True)
class Voice:
    """Mean and deviation of the features' rows, float32 (2, rows), over so many seconds."""

    statistics: NDArray[np.float32]
    seconds: float


def nobody(rows: int) -> Voice:
    """Give what is known of a voice of which nothing is known."""
    return Voice(np.zeros((2, rows), dtype=np.float32), 0.0)


def voice_of(clip: Clip) -> str:
    """Name the voice of a clip; speech and song of a speaker count apart."""
    return f"{clip.speaker} {clip.channel}"


def known(moments: Moments, seconds: NDArray[np.float64]) -> Voice:
    """Give what clips tell of their voice, every frame weighing alike."""
    mean, deviation = moments.pooled()
    return Voice(np.stack([mean, deviation]).astype(np.float32), float(seconds.sum()))


class VoiceDraws:
    """Draws references of training clips among these same clips.

    Parameters
    ----------
    clips:
        n clips.
    moments:
        Of their features.
    seconds:
        float (n,), how long each one is.
    how:
        The recipe's shares.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        moments: Moments,
        seconds: NDArray[np.float64],
        how: Reference,
    ) -> None:
        self.moments, self.seconds, self.how = moments, seconds, how
        self.voices = [voice_of(clip) for clip in clips]
        self.corpora = [group_of(clip) for clip in clips]
        self._of_voice = _groups(self.voices)
        self._sides: dict[str, list[NDArray[np.int64]]] = {}
        labelled = _groups([f"{voice}\t{clip.emotion}" for voice, clip in zip(
            self.voices, clips, strict=True
        )])  # fmt: skip
        for name, members in labelled.items():
            self._sides.setdefault(name.split("\t")[0], []).append(members)
        self._whole_voice = {name: self._known(own) for name, own in self._of_voice.items()}
        self._whole_corpus = {name: self._known(own) for name, own in _groups(self.corpora).items()}
        self._named = sorted(set(zip(self.voices, self.corpora, strict=True)))
        shares = np.array([how.voice, how.corpus, how.mixed, how.one_sided])
        self._ends = np.cumsum(shares / shares.sum())

    def draw(self, clip: int, generator: np.random.Generator) -> Voice:
        """Draw what is known when clip ``clip`` is heard; nothing in the rest of the draws."""
        if generator.random() >= self.how.share:
            return nobody(self.moments.means.shape[1])
        kind = int(np.searchsorted(self._ends, generator.random(), side="right"))
        voice = self.voices[clip]
        if kind == 0:
            return self._whole_voice[voice]
        if kind == 1:
            return self._whole_corpus[self.corpora[clip]]
        pool = self._of_voice[voice]
        if kind == 3:
            sides = self._sides[voice]
            pool = sides[int(generator.integers(len(sides)))]
        count = min(len(pool), int(2 ** generator.uniform(_FEWEST, _MOST)))
        return self._known(generator.choice(pool, count, replace=False))

    def elsewhere(self, clip: int, generator: np.random.Generator) -> NDArray[np.float32] | None:
        """Draw how far the features (rows,) of a clip lie from themselves in another place.

        That is a part of the way from a corpus to one of its voices, and of the way from the
        clip's corpus to another.  ``None``: they stay where they are.
        """
        if not self.how.elsewhere or generator.random() >= self.how.elsewhere:
            return None
        voice = int(generator.integers(len(self._named)))
        corpus = int(generator.integers(len(self._whole_corpus)))
        name, home = self._named[voice]
        other = list(self._whole_corpus.values())[corpus]
        by_voice = _mean(self._whole_voice[name]) - _mean(self._whole_corpus[home])
        by_corpus = _mean(other) - _mean(self._whole_corpus[self.corpora[clip]])
        parts = generator.random(2) * (1.0, _CORPUS_PART)
        return np.asarray(parts[0] * by_voice + parts[1] * by_corpus, dtype=np.float32)

    def _known(self, members: NDArray[np.int64]) -> Voice:
        return known(self.moments.some(members), self.seconds[members])


def _mean(voice: Voice) -> NDArray[np.float32]:
    mean, _ = voice.statistics
    return np.asarray(mean)


def _groups(names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Give the numbers of what has the same name, by name."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        found[name].append(number)
    return {name: np.array(own) for name, own in found.items()}
