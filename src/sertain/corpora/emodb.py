"""EMO-DB, the Berlin database of emotional speech (Burkhardt et al. 2005)."""

from __future__ import annotations

import re
from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.corpora.corpus import Corpus, Count, Published
from sertain.corpora.sources import Archive
from sertain.labels import Emotion

# The letters stand for the German words: Wut, Langeweile, Ekel, Angst, Freude, Trauer.
CODES = {
    "N": Emotion.NEUTRAL,
    "F": Emotion.HAPPY,
    "T": Emotion.SAD,
    "W": Emotion.ANGRY,
    "A": Emotion.FEARFUL,
    "E": Emotion.DISGUST,
    "L": Emotion.BOREDOM,
}
_SEX = {
    "03": "male",
    "08": "female",
    "09": "female",
    "10": "male",
    "11": "male",
    "12": "male",
    "13": "female",
    "14": "female",
    "15": "male",
    "16": "female",
}
# Clips per speaker, in the order of CODES: N F T W A E L.
_COUNTS = {
    "03": (11, 7, 7, 14, 4, 1, 5),
    "08": (10, 11, 9, 12, 6, 0, 10),
    "09": (9, 4, 4, 13, 1, 8, 4),
    "10": (4, 4, 3, 10, 8, 1, 8),
    "11": (9, 8, 7, 11, 10, 2, 8),
    "12": (4, 2, 4, 12, 6, 2, 5),
    "13": (9, 10, 5, 12, 7, 8, 10),
    "14": (7, 8, 10, 16, 12, 8, 8),
    "15": (11, 6, 4, 13, 8, 5, 9),
    "16": (5, 11, 9, 14, 7, 11, 14),
}
_NAME = re.compile(r"(\d{2})([ab]\d{2})([WLEAFTN])([a-z]?)")


def _read(path: Path) -> Clip | None:
    match = _NAME.fullmatch(path.stem)
    if match is None or match[1] not in _SEX:
        return None
    return Clip(
        corpus="emodb",
        name=path.stem,
        path=path,
        emotion=CODES[match[3]],
        speaker=f"emodb/{match[1]}",
        sex=_SEX[match[1]],
        language="de",
        statement=match[2],
    )


def _published() -> Published:
    counts: dict[Count, int] = {
        (f"emodb/{speaker}", "speech", emotion): clips
        for speaker, row in _COUNTS.items()
        for emotion, clips in zip(CODES.values(), row, strict=True)
        if clips
    }
    return Published.of(counts)


EMODB = Corpus(
    name="emodb",
    title="Berlin Database of Emotional Speech",
    languages=("de",),
    licence="free, cite",
    citation=(
        "Burkhardt F, Paeschke A, Rolfes M, Sendlmeier W, Weiss B (2005). A Database of German "
        "Emotional Speech. Proc. Interspeech, Lisbon, pp. 1517-1520"
    ),
    home="http://emodb.bilderbar.info/",
    codes=CODES,
    read=_read,
    published=_published(),
    how_to_get="Free at its home page, 40 MB; its publishers give no checksum.",
    sources=(Archive(url="http://emodb.bilderbar.info/download/download.zip"),),
)
