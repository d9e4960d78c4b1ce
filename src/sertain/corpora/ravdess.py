"""RAVDESS, speech and song (Livingstone and Russo 2018, PLOS ONE 13(5): e0196391)."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.corpora.corpus import Corpus, Count, Published
from sertain.corpora.sources import Archive
from sertain.labels import Emotion

CODES = {
    "01": Emotion.NEUTRAL,
    "02": Emotion.CALM,
    "03": Emotion.HAPPY,
    "04": Emotion.SAD,
    "05": Emotion.ANGRY,
    "06": Emotion.FEARFUL,
    "07": Emotion.DISGUST,
    "08": Emotion.SURPRISED,
}
_CHANNELS = {"01": "speech", "02": "song"}
_INTENSITIES = {"01": "normal", "02": "strong"}
# 03: sound alone. The video files (01, 02) hold the same takes.
_NAME = re.compile(r"03-(0[12])-(0[1-8])-(0[12])-(0[12])-(0[12])-(0[1-9]|1\d|2[0-4])")
_NOT_SUNG = {"07", "08"}  # disgust and surprised are spoken only
_NO_SONG = {"18"}


def _read(path: Path) -> Clip | None:
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    channel, emotion, intensity, statement, _, actor = match.groups()
    return Clip(
        corpus="ravdess",
        name=path.stem,
        path=path,
        emotion=CODES[emotion],
        speaker=f"ravdess/{actor}",
        sex="male" if int(actor) % 2 else "female",
        channel=_CHANNELS[channel],
        language="en",
        intensity=_INTENSITIES[intensity],
        statement=statement,
    )


def _published() -> Published:
    names: set[str] = set()
    counts: dict[Count, int] = {}
    actors = [f"{actor:02d}" for actor in range(1, 25)]
    for channel, emotion, actor in product(_CHANNELS, CODES, actors):
        if channel == "02" and (emotion in _NOT_SUNG or actor in _NO_SONG):
            continue
        # Neutral was recorded at the normal intensity alone.
        intensities = ("01",) if emotion == "01" else ("01", "02")
        own = {
            f"03-{channel}-{emotion}-{intensity}-{statement}-{repetition}-{actor}"
            for intensity, statement, repetition in product(intensities, ("01", "02"), ("01", "02"))
        }
        names |= own
        counts[f"ravdess/{actor}", _CHANNELS[channel], CODES[emotion]] = len(own)
    return Published.of(
        counts,
        names=frozenset(names),
        same=(frozenset({"03-01-03-01-02-01-07", "03-01-03-01-02-02-07"}),),
        notes=(
            "actor 18 has no song; disgust and surprised are spoken only",
            "five speech clips and one song clip are stereo in the original",
        ),
    )


RAVDESS = Corpus(
    name="ravdess",
    title="Ryerson Audio-Visual Database of Emotional Speech and Song",
    languages=("en",),
    licence="CC BY-NC-SA 4.0",
    citation=(
        "Livingstone SR, Russo FA (2018). The Ryerson Audio-Visual Database of Emotional Speech "
        "and Song (RAVDESS). PLOS ONE 13(5): e0196391. doi:10.1371/journal.pone.0196391"
    ),
    home="https://zenodo.org/records/1188976",
    codes=CODES,
    read=_read,
    published=_published(),
    how_to_get="Free at Zenodo; speech and song without the videos, 434 MB.",
    sources=(
        Archive(
            url="https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip",
            into="speech",
            md5="bc696df654c87fed845eb13823edef8a",
            size=208_468_073,
        ),
        Archive(
            url="https://zenodo.org/records/1188976/files/Audio_Song_Actors_01-24.zip",
            into="song",
            md5="5411230427d67a21e18aa4d466e6d1b9",
            size=225_505_317,
        ),
    ),
)
