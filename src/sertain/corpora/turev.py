"""TurEV-DB, Turkish single words (Canpolat et al. 2020)."""

from __future__ import annotations

import re
from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.corpora.corpus import Corpus, Count, Published
from sertain.labels import Emotion

# Turkish: sakin, mutlu, hüzünlü, kızgın.
CODES = {
    "sk": Emotion.CALM,
    "mt": Emotion.HAPPY,
    "hl": Emotion.SAD,
    "kz": Emotion.ANGRY,
}
# Clips per speaker, in the order of CODES.
_COUNTS = {
    "1157": (0, 0, 73, 77),
    "1234": (82, 82, 82, 82),
    "1358": (82, 82, 82, 82),
    "1984": (82, 82, 82, 82),
    "6783": (82, 82, 82, 82),
    "7895": (80, 29, 82, 82),
}
_NAME = re.compile(r"(\d{4})_(kz|sk|mt|hl)_(\w+)")


def _read(path: Path) -> Clip | None:
    match = _NAME.fullmatch(path.stem)
    if match is None or match[1] not in _COUNTS:
        return None
    return Clip(
        corpus="turev",
        name=path.stem,
        path=path,
        emotion=CODES[match[2]],
        speaker=f"turev/{match[1]}",
        language="tr",
        statement=match[3],
    )


def _published() -> Published:
    counts: dict[Count, int] = {
        (f"turev/{speaker}", "speech", emotion): clips
        for speaker, row in _COUNTS.items()
        for emotion, clips in zip(CODES.values(), row, strict=True)
        if clips
    }
    return Published.of(counts, notes=("speaker 1157 has sad and angry clips only",))


TUREV = Corpus(
    name="turev",
    title="TurEV-DB: Turkish Emotional Speech Database",
    languages=("tr",),
    licence="CC BY-NC-ND 4.0",
    citation=(
        "Canpolat SF, Ormanoglu Z, Zeyrek D (2020). Turkish Emotion Voice Database (TurEV-DB). "
        "Proc. SLTU-CCURL 2020, Marseille, pp. 368-375"
    ),
    home="https://github.com/Xeonen/TurEV-DB",
    codes=CODES,
    read=_read,
    published=_published(),
    how_to_get=(
        "Clone https://github.com/Xeonen/TurEV-DB and place its folders of sounds under the "
        "corpora's root as turev/."
    ),
)
