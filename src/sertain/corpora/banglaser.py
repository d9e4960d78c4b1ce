"""BanglaSER, Bangla (Das et al. 2022, Data in Brief 42: 108091)."""

from __future__ import annotations

import re
from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.corpora.corpus import Corpus, Count, Published
from sertain.labels import Emotion

# The naming follows RAVDESS, but the numbers of the emotions are its own.
CODES = {
    "05": Emotion.NEUTRAL,
    "01": Emotion.HAPPY,
    "02": Emotion.SAD,
    "03": Emotion.ANGRY,
    "04": Emotion.SURPRISED,
}
_INTENSITIES = {"01": "normal", "02": "strong"}
# Mode (03: sound alone), type of statement, emotion, intensity, statement, repetition, actor.
_NAME = re.compile(r"03-(0[12])-(0[1-5])-(0[12])-(0[1-3])-(0[1-3])-(0[1-9]|[12]\d|3[0-4])")


def _read(path: Path) -> Clip | None:
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    _, emotion, intensity, statement, _, actor = match.groups()
    return Clip(
        corpus="banglaser",
        name=path.stem,
        path=path,
        emotion=CODES[emotion],
        speaker=f"banglaser/{actor}",
        sex="male" if int(actor) % 2 else "female",
        language="bn",
        intensity=_INTENSITIES[intensity],
        statement=statement,
    )


def _published() -> Published:
    # Three statements, three repetitions. 27 of the 34 actors also spoke neutrally; which 27 the
    # paper does not say, so neutral is counted over the whole.
    spoken = [emotion for emotion in CODES.values() if emotion is not Emotion.NEUTRAL]
    counts: dict[Count, int] = {
        (f"banglaser/{actor:02d}", "speech", emotion): 9
        for actor in range(1, 35)
        for emotion in spoken
    }
    totals = dict.fromkeys(spoken, 9 * 34) | {Emotion.NEUTRAL: 9 * 27}
    return Published(counts, totals, notes=("27 of the 34 actors have neutral clips",))


BANGLASER = Corpus(
    name="banglaser",
    title="BanglaSER: Bangla speech emotion recognition dataset",
    languages=("bn",),
    licence="as its page at Mendeley Data says",
    citation=(
        "Das RK, Islam N, Ahmed MR, Islam S, Shatabda S, Islam AKMM (2022). BanglaSER: A speech "
        "emotion recognition dataset for the Bangla language. Data in Brief 42: 108091. "
        "doi:10.1016/j.dib.2022.108091"
    ),
    home="https://data.mendeley.com/datasets/t9h6p943xy/5",
    codes=CODES,
    read=_read,
    published=_published(),
    how_to_get=(
        "At Mendeley Data: open https://data.mendeley.com/datasets/t9h6p943xy/5, press "
        "'Download All' and unpack it under the corpora's root as banglaser/."
    ),
)
