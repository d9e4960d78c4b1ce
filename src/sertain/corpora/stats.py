"""How much of what a corpus holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sertain.audio import load, probe
from sertain.corpora.clip import Clip
from sertain.corpora.meter import Meter, Silence
from sertain.labels import Emotion


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts and durations of clips.

    Attributes
    ----------
    corpus: name.
    clips, speakers: how many.
    female, male: speakers of known sex.
    emotions: clips per emotion, in the order of :class:`~sertain.labels.Emotion`.
    channels: clips per channel, speech and song.
    duration_s: seconds of all clips together.
    mean_s, shortest_s, longest_s: seconds of a clip.
    sample_rates: clips per rate of the files in Hz.
    """

    corpus: str
    clips: int
    speakers: int
    female: int
    male: int
    emotions: dict[str, int]
    channels: dict[str, int]
    duration_s: float
    mean_s: float
    shortest_s: float
    longest_s: float
    sample_rates: dict[int, int]

    def to_dict(self) -> dict[str, Any]:
        """As values that JSON holds."""
        return asdict(self)


def stats(corpus: str, clips: Sequence[Clip], meter: Meter | None = None) -> Stats:
    """Count clips and add up what their files say of their length.

    Parameters
    ----------
    corpus: the name to show.
    clips: at least one.
    meter: is told of every clip.

    Raises
    ------
    AudioError: a file is missing or is no audio.
    """
    meter = meter or Silence()
    meter.start(f"counting {corpus}", len(clips))
    durations: list[float] = []
    rates: Counter[int] = Counter()
    for clip in clips:
        rate, whole_s = _header(clip)
        end_s = whole_s if clip.end_s is None else min(clip.end_s, whole_s)
        durations.append(max(0.0, end_s - clip.start_s))
        rates[rate] += 1
        meter.advance(1)
    emotions = Counter(clip.emotion for clip in clips)
    sexes = {(clip.speaker, clip.sex) for clip in clips}
    return Stats(
        corpus=corpus,
        clips=len(clips),
        speakers=len({clip.speaker for clip in clips}),
        female=sum(sex == "female" for _, sex in sexes),
        male=sum(sex == "male" for _, sex in sexes),
        emotions={emotion.value: emotions[emotion] for emotion in Emotion if emotions[emotion]},
        channels=dict(sorted(Counter(clip.channel for clip in clips).items())),
        duration_s=sum(durations),
        mean_s=sum(durations) / len(durations),
        shortest_s=min(durations),
        longest_s=max(durations),
        sample_rates=dict(sorted(rates.items())),
    )


def _header(clip: Clip) -> tuple[int, float]:
    info = probe(clip.path)
    if info.duration_s is not None:
        return info.sample_rate, info.duration_s
    # A stream that was written live does not say how long it is.
    return info.sample_rate, load(clip.path, remove_dc=False).duration_s
