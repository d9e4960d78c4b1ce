"""Clips that follow the published speakers and labels of a corpus, without any audio."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sertain.corpora.clip import Clip
from sertain.labels import Emotion

EIGHT = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
SEVEN = tuple(label for label in EIGHT if label != "calm")
SUNG = EIGHT[:6]

MakeClips = Callable[..., list[Clip]]


def clips_of(
    corpus: str,
    speakers: dict[str, str | None],
    labels: tuple[str, ...],
    *,
    each: int = 1,
    **more: str,
) -> list[Clip]:
    """Make ``each`` clips a speaker and label; ``speakers`` maps an id to its sex."""
    channel = more.get("channel", "speech")
    return [
        Clip(
            corpus=corpus,
            name=f"{speaker}-{channel}-{label}-{number}",
            path=Path(corpus, f"{speaker}-{channel}-{label}-{number}.wav"),
            emotion=Emotion(label),
            speaker=f"{corpus}/{speaker}",
            sex=sex,
            **more,
        )
        for speaker, sex in speakers.items()
        for label in labels
        for number in range(each)
    ]


@pytest.fixture
def ravdess() -> list[Clip]:
    """24 actors, odd ones male; one clip of each of 8 labels spoken, and of 6 sung but by 18."""
    actors: dict[str, str | None] = {
        f"{number:02d}": "male" if number % 2 else "female" for number in range(1, 25)
    }
    singers = {actor: sex for actor, sex in actors.items() if actor != "18"}
    return clips_of("ravdess", actors, EIGHT) + clips_of("ravdess", singers, SUNG, channel="song")


@pytest.fixture
def savee() -> list[Clip]:
    """Four men, two clips of each of 7 labels."""
    return clips_of("savee", dict.fromkeys(("DC", "JE", "JK", "KL"), "male"), SEVEN, each=2)


@pytest.fixture
def tess() -> list[Clip]:
    """Two women, ten clips of each of 7 labels."""
    return clips_of("tess", dict.fromkeys(("OAF", "YAF"), "female"), SEVEN, each=10)


@pytest.fixture
def cremad() -> list[Clip]:
    """91 actors, one clip of each of 6 labels."""
    actors: dict[str, str | None] = dict.fromkeys(map(str, range(1001, 1092)))
    return clips_of("crema-d", actors, tuple(label for label in SEVEN if label != "surprised"))
