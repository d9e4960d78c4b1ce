"""SAVEE (Haq and Jackson 2010), in both published layouts."""

from __future__ import annotations

import re
from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.corpora.corpus import Corpus, Count, Published
from sertain.labels import Emotion

CODES = {
    "n": Emotion.NEUTRAL,
    "h": Emotion.HAPPY,
    "sa": Emotion.SAD,
    "a": Emotion.ANGRY,
    "f": Emotion.FEARFUL,
    "d": Emotion.DISGUST,
    "su": Emotion.SURPRISED,
}
_SPEAKERS = ("DC", "JE", "JK", "KL")
_NAME = re.compile(r"(?:(DC|JE|JK|KL)_)?(sa|su|[adfhn])(\d{2})")


def _read(path: Path) -> Clip | None:
    match = _NAME.fullmatch(path.stem)
    if match is None:
        return None
    # DC_sa03 stands for itself; in the other layout, DC/sa03, the folder names the speaker.
    speaker = match[1] or path.parent.name
    if speaker not in _SPEAKERS:
        return None
    return Clip(
        corpus="savee",
        name=f"{speaker}_{match[2]}{match[3]}",
        path=path,
        emotion=CODES[match[2]],
        speaker=f"savee/{speaker}",
        sex="male",
        language="en",
        statement=f"{match[2]}{match[3]}",
    )


def _published() -> Published:
    counts: dict[Count, int] = {}
    names: set[str] = set()
    for speaker in _SPEAKERS:
        for code, emotion in CODES.items():
            clips = 30 if code == "n" else 15
            counts[f"savee/{speaker}", "speech", emotion] = clips
            names |= {f"{speaker}_{code}{number:02d}" for number in range(1, clips + 1)}
    return Published.of(counts, names=frozenset(names))


SAVEE = Corpus(
    name="savee",
    title="Surrey Audio-Visual Expressed Emotion Database",
    languages=("en",),
    licence="research use, by request to the University of Surrey",
    citation=(
        "Haq S, Jackson PJB (2010). Multimodal Emotion Recognition. In: Wang W (ed), Machine "
        "Audition: Principles, Algorithms and Systems, IGI Global, ch. 17, pp. 398-423"
    ),
    home="http://kahlan.eps.surrey.ac.uk/savee/",
    codes=CODES,
    read=_read,
    published=_published(),
    how_to_get=(
        "By request: fill the registration form at http://kahlan.eps.surrey.ac.uk/savee/"
        "Download.html, fetch AudioData.zip with the answer's password, and unpack it so that "
        "files are named DC_sa03.wav or DC/sa03.wav."
    ),
)
