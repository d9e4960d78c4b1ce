"""TESS, the Toronto emotional speech set (Pichora-Fuller and Dupuis 2020)."""

from __future__ import annotations

import re
from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.corpora.corpus import Corpus, Count, Published
from sertain.corpora.sources import Dataverse
from sertain.labels import Emotion

CODES = {
    "neutral": Emotion.NEUTRAL,
    "happy": Emotion.HAPPY,
    "sad": Emotion.SAD,
    "angry": Emotion.ANGRY,
    "fear": Emotion.FEARFUL,
    "disgust": Emotion.DISGUST,
    "ps": Emotion.SURPRISED,
}
_SPEAKERS = {"OAF": "OAF", "YAF": "YAF", "OA": "OAF"}  # OA_bite_neutral is OAF's
_NAME = re.compile(r"(OAF|YAF|OA)_([a-z]+)_([a-z]+)")


def _read(path: Path) -> Clip | None:
    match = _NAME.fullmatch(path.stem)
    if match is None or match[3] not in CODES:
        return None
    return Clip(
        corpus="tess",
        name=path.stem,
        path=path,
        emotion=CODES[match[3]],
        speaker=f"tess/{_SPEAKERS[match[1]]}",
        sex="female",
        language="en",
        statement=match[2],
    )


def _published() -> Published:
    counts: dict[Count, int] = {
        (f"tess/{speaker}", "speech", emotion): 200
        for speaker in ("OAF", "YAF")
        for emotion in CODES.values()
    }
    return Published.of(
        counts,
        notes=(
            "OA_bite_neutral is OAF's 'bite', neutral",
            "two originals are AIFF inside a .wav, one is at 96 kHz",
        ),
    )


TESS = Corpus(
    name="tess",
    title="Toronto emotional speech set",
    languages=("en",),
    licence="CC BY-NC-ND 4.0",
    citation=(
        "Pichora-Fuller MK, Dupuis K (2020). Toronto emotional speech set (TESS). Borealis, V1. "
        "doi:10.5683/SP2/E8H2MF"
    ),
    home="https://doi.org/10.5683/SP2/E8H2MF",
    codes=CODES,
    read=_read,
    published=_published(),
    how_to_get="Free at Borealis, the Canadian Dataverse repository; a file at a time.",
    sources=(Dataverse(server="https://borealisdata.ca", doi="10.5683/SP2/E8H2MF"),),
)
