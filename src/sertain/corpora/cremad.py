"""CREMA-D (Cao et al. 2014, IEEE Transactions on Affective Computing 5(4))."""

from __future__ import annotations

import re
from collections import Counter
from itertools import product
from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.corpora.corpus import Corpus, Count, Published
from sertain.corpora.sources import GitTree
from sertain.labels import Emotion

CODES = {
    "NEU": Emotion.NEUTRAL,
    "HAP": Emotion.HAPPY,
    "SAD": Emotion.SAD,
    "ANG": Emotion.ANGRY,
    "FEA": Emotion.FEARFUL,
    "DIS": Emotion.DISGUST,
}
_INTENSITIES = {"LO": "low", "MD": "medium", "HI": "high", "XX": None}
_SENTENCES = ("DFA", "IEO", "IOM", "ITH", "ITS", "IWL", "IWW", "MTI", "TAI", "TIE", "TSI", "WSI")
# From the published VideoDemographics.csv: 43 of the 91 actors.
_FEMALE = frozenset(
    {
        *(1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010, 1012, 1013, 1018, 1020, 1021, 1024),
        *(1025, 1028, 1029, 1030, 1037, 1043, 1046, 1047, 1049, 1052, 1053, 1054, 1055, 1056),
        *(1058, 1060, 1061, 1063, 1072, 1073, 1074, 1075, 1076, 1078, 1079, 1082, 1084, 1089),
        1091,
    }
)
_NAME = re.compile(r"(10[0-8]\d|109[01])_([A-Z]{3})_(ANG|DIS|FEA|HAP|NEU|SAD)_(LO|MD|HI|XX)")


def _read(path: Path) -> Clip | None:
    match = _NAME.fullmatch(path.stem)
    if match is None or match[1] == "1000" or match[2] not in _SENTENCES:
        return None
    return Clip(
        corpus="crema-d",
        name=path.stem,
        path=path,
        emotion=CODES[match[3]],
        speaker=f"crema-d/{match[1]}",
        sex="female" if int(match[1]) in _FEMALE else "male",
        language="en",
        intensity=_INTENSITIES[match[4]],
        statement=match[2],
    )


def _published() -> Published:
    names: set[str] = set()
    for actor, sentence, code in product(range(1001, 1092), _SENTENCES, CODES):
        # One sentence was spoken at three intensities, but for neutral.
        levels = ("LO", "MD", "HI") if sentence == "IEO" and code != "NEU" else ("XX",)
        names |= {f"{actor}_{sentence}_{code}_{level}" for level in levels}
    # Never published: 20 clips of four actors.
    missing = {"1002_TIE_NEU", "1076_ITS_NEU"} | {
        f"{actor_sentence}_{code}"
        for actor_sentence in ("1008_WSI", "1009_MTI", "1019_ITH")
        for code in CODES
    }
    names -= {f"{name}_XX" for name in missing}
    counts: Counter[Count] = Counter(
        (f"crema-d/{name[:4]}", "speech", CODES[name[9:12]]) for name in names
    )
    return Published.of(
        counts,
        names=frozenset(names),
        silent=frozenset({"1076_MTI_SAD_XX"}),
        same=(
            frozenset({"1017_IWW_ANG_XX", "1017_IWW_FEA_XX"}),
            frozenset({"1013_WSI_DIS_XX", "1013_WSI_SAD_XX"}),
            frozenset({"1006_TIE_HAP_XX", "1006_TIE_NEU_XX"}),
        ),
        notes=("people agree with the intended emotion at 0.41 by sound alone",),
    )


CREMA_D = Corpus(
    name="crema-d",
    title="Crowd-sourced Emotional Multimodal Actors Dataset",
    languages=("en",),
    licence="ODbL 1.0",
    citation=(
        "Cao H, Cooper DG, Keutmann MK, Gur RC, Nenkova A, Verma R (2014). CREMA-D: "
        "Crowd-sourced Emotional Multimodal Actors Dataset. IEEE Transactions on Affective "
        "Computing 5(4), pp. 377-390. doi:10.1109/TAFFC.2014.2336244"
    ),
    home="https://github.com/CheyneyComputerScience/CREMA-D",
    codes=CODES,
    read=_read,
    published=_published(),
    how_to_get="Free in its repository; the sound without the videos, 620 MB, a file at a time.",
    sources=(
        GitTree(
            listing=(
                "https://api.github.com/repos/CheyneyComputerScience/CREMA-D"
                "/git/trees/master:AudioWAV"
            ),
            # The repository holds the sound in Git LFS; this host answers with its content.
            files=(
                "https://media.githubusercontent.com/media/CheyneyComputerScience/CREMA-D"
                "/master/AudioWAV"
            ),
            suffixes=(".wav",),
            into="AudioWAV",
            lfs=True,
        ),
    ),
)
