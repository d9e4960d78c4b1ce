"""nEMO, emotional speech in Polish (Christop 2024, LREC-COLING)."""

from __future__ import annotations

import re
from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.corpora.corpus import Corpus, Count, Published
from sertain.corpora.sources import GitTree
from sertain.labels import Emotion

CODES = {
    "neutral": Emotion.NEUTRAL,
    "happiness": Emotion.HAPPY,
    "sadness": Emotion.SAD,
    "anger": Emotion.ANGRY,
    "fear": Emotion.FEARFUL,
    "surprised": Emotion.SURPRISED,
}
# From the column 'gender' of the published data.tsv.
_SEX = {
    "EB0": "female",
    "IC0": "female",
    "KD0": "female",
    "KS0": "male",
    "MK0": "female",
    "MP0": "male",
    "SM0": "male",
    "TP0": "male",
    "WR0": "male",
}
# Clips per speaker, in the order of CODES, counted in data.tsv.
_COUNTS = {
    "EB0": (90, 90, 90, 90, 90, 89),
    "IC0": (90, 90, 90, 90, 90, 90),
    "KD0": (90, 90, 90, 90, 90, 90),
    "KS0": (90, 90, 90, 90, 90, 90),
    "MK0": (90, 90, 90, 90, 90, 0),
    "MP0": (90, 30, 49, 29, 17, 41),
    "SM0": (90, 89, 90, 90, 89, 90),
    "TP0": (90, 90, 90, 90, 90, 89),
    "WR0": (89, 90, 90, 90, 90, 90),
}
_NAME = re.compile(r"([A-Z]{2}0)_([a-z]+)_(\d{1,2})")


def _read(path: Path) -> Clip | None:
    match = _NAME.fullmatch(path.stem)
    if match is None or match[1] not in _SEX or match[2] not in CODES:
        return None
    return Clip(
        corpus="nemo",
        name=path.stem,
        path=path,
        emotion=CODES[match[2]],
        speaker=f"nemo/{match[1]}",
        sex=_SEX[match[1]],
        language="pl",
        statement=match[3],
    )


def _published() -> Published:
    counts: dict[Count, int] = {
        (f"nemo/{speaker}", "speech", emotion): clips
        for speaker, row in _COUNTS.items()
        for emotion, clips in zip(CODES.values(), row, strict=True)
        if clips
    }
    return Published.of(counts, notes=("speaker MK0 has no surprised clip",))


NEMO = Corpus(
    name="nemo",
    title="nEMO: Dataset of Emotional Speech in Polish",
    languages=("pl",),
    licence="CC BY-NC-SA 4.0",
    citation=(
        "Christop I (2024). nEMO: Dataset of Emotional Speech in Polish. Proc. LREC-COLING 2024, "
        "Torino, pp. 12111-12116"
    ),
    home="https://github.com/amu-cai/nEMO",
    codes=CODES,
    read=_read,
    published=_published(),
    how_to_get="Free in its repository, a file at a time.",
    sources=(
        GitTree(
            listing="https://api.github.com/repos/amu-cai/nEMO/git/trees/main?recursive=1",
            files="https://raw.githubusercontent.com/amu-cai/nEMO/main",
            suffixes=(".wav", ".tsv"),
        ),
    ),
)
