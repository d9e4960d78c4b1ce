"""The emotions this package speaks of, and how other vocabularies map to them.

>>> parse("Pleasant Surprise"), parse("joy"), parse("ANG"), parse("Ärger")
(<Emotion.SURPRISED: 'surprised'>, <Emotion.HAPPY: 'happy'>, <Emotion.ANGRY: 'angry'>, \
<Emotion.ANGRY: 'angry'>)
>>> label_set("4").fold(Emotion.CALM)
<Emotion.NEUTRAL: 'neutral'>
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from sertain.errors import LabelError


class Emotion(StrEnum):
    """One emotion; the value is the word printed in every output."""

    NEUTRAL = "neutral"
    CALM = "calm"
    HAPPY = "happy"
    SAD = "sad"
    ANGRY = "angry"
    FEARFUL = "fearful"
    DISGUST = "disgust"
    SURPRISED = "surprised"
    BOREDOM = "boredom"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class LabelSet:
    """A set of classes that papers report on.

    Attributes
    ----------
    name: e.g. ``"4"`` or ``"6-nemo"``.
    labels: the classes in the order of :class:`Emotion`.
    merges: emotions outside the set that count as one of its classes.
    used_by: who uses it.
    """

    name: str
    labels: tuple[Emotion, ...]
    merges: Mapping[Emotion, Emotion] = field(default_factory=lambda: MappingProxyType({}))
    used_by: str = ""

    def fold(self, emotion: Emotion) -> Emotion | None:
        """The class that an emotion counts as; ``None``: the set leaves it out."""
        return emotion if emotion in self.labels else self.merges.get(emotion)

    def mapping(self, source: Iterable[Emotion]) -> dict[Emotion, Emotion | None]:
        """How a whole vocabulary, a corpus' labels for instance, goes into the set."""
        return {emotion: self.fold(emotion) for emotion in source}


def _set(
    name: str, labels: str, used_by: str, merges: Mapping[Emotion, Emotion] | None = None
) -> LabelSet:
    words = labels.split()
    return LabelSet(
        name,
        tuple(emotion for emotion in Emotion if emotion in words),
        MappingProxyType(dict(merges or {})),
        used_by,
    )


LABEL_SETS: Mapping[str, LabelSet] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            _set(
                "8",
                "neutral calm happy sad angry fearful disgust surprised",
                "RAVDESS speech",
            ),
            _set("7", "neutral happy sad angry fearful disgust surprised", "SAVEE, TESS"),
            _set("7-emodb", "neutral happy sad angry fearful disgust boredom", "EMO-DB"),
            _set("6-nemo", "neutral happy sad angry fearful surprised", "nEMO"),
            _set("6-crema-d", "neutral happy sad angry fearful disgust", "CREMA-D"),
            _set("6-ravdess-song", "neutral calm happy sad angry fearful", "RAVDESS song"),
            _set("6-basic", "happy sad angry fearful disgust surprised", "Ekman's basic six"),
            _set("5-banglaser", "neutral happy sad angry surprised", "BanglaSER"),
            _set(
                "4",
                "neutral happy sad angry",
                "most cross-corpus work",
                {Emotion.CALM: Emotion.NEUTRAL},
            ),
            _set(
                "4-turev",
                "calm happy sad angry",
                "TurEV-DB",
                {Emotion.NEUTRAL: Emotion.CALM},
            ),
        )
    }
)
"""The sets of classes by name. Calm counts as neutral in the set of 4; the 7 leave it out."""


def label_set(name: str) -> LabelSet:
    """The set of classes of that name.

    Raises
    ------
    LabelError: there is none; ``"6"`` alone is not one, since papers mean different six.
    """
    if name in LABEL_SETS:
        return LABEL_SETS[name]
    same_size = [known for known in LABEL_SETS if known.split("-")[0] == name]
    raise LabelError(
        f"'{name}' names no single set of labels",
        f"name one of {', '.join(same_size or LABEL_SETS)}",
    )


# Words are stored as _plain() gives them: lower case, no accents, single spaces. English first,
# then codes of corpora that mean the same everywhere, then German, Italian, French, Spanish,
# Polish and Turkish as in the names of their corpora.
_WORDS: Mapping[Emotion, str] = {
    Emotion.NEUTRAL: (
        "neutral, neutrality, neutral state, normal, no emotion, unemotional;"
        "neu, ntr, n;"
        "sachlich, neutralitat, neutro, neutra, neutralita, neutre, neutralny, neutralnosc,"
        "notr"
    ),
    Emotion.CALM: (
        "calm, calmness, calming, relaxed, relaxation, peaceful, serene, serenity, content,"
        "contentment;"
        "cal, calm neutral, sk;"
        "ruhig, ruhe, gelassen, entspannt, calme, calma, tranquilo, tranquilla, spokoj,"
        "spokojny, sakin"
    ),
    Emotion.HAPPY: (
        "happy, happiness, happily, joy, joyful, joyous, cheerful, cheerfulness, glad, pleased,"
        "delight, delighted, elated, elation, amused, amusement, excited, excitement;"
        "hap, hpy, hp, exc, h, mt, gio;"
        "freude, freudig, froh, frohlich, froehlich, glucklich, gluecklich, gluck, gioia, felice,"
        "felicita, joie, heureux, heureuse, alegria, alegre, feliz, felicidad, radosc, radosny,"
        "szczescie, szczesliwy, mutlu, mutluluk"
    ),
    Emotion.SAD: (
        "sad, sadness, sadly, sorrow, sorrowful, unhappy, grief, melancholy, depressed;"
        "sa, s, t, hl, tri;"
        "trauer, traurig, traurigkeit, tristezza, triste, tristesse, tristeza, smutek, smutny,"
        "uzgun, huzunlu, huzun"
    ),
    Emotion.ANGRY: (
        "angry, anger, angrily, mad, rage, furious, fury, hot anger, cold anger, irritated,"
        "irritation, annoyed, annoyance;"
        "ang, agr, w, kz, rab;"
        "wut, wutend, wuetend, zorn, zornig, arger, aerger, argerlich, aergerlich, rabbia,"
        "arrabbiato, colere, en colere, ira, enojo, enfado, enojado, gniew, zlosc, zly, kizgin,"
        "ofke, ofkeli"
    ),
    Emotion.FEARFUL: (
        "fearful, fear, fearfully, afraid, scared, frightened, terrified, terror, panic, anxious,"
        "anxiety, anxiety fear, fear anxiety;"
        "fea, fer, anx, pau;"
        "angst, angstlich, aengstlich, furcht, furchtsam, paura, peur, miedo, temor, strach,"
        "przestraszony, korku, korkmus"
    ),
    Emotion.DISGUST: (
        "disgust, disgusted, disgusting, revulsion, aversion;"
        "dis, disg, d, e;"
        "ekel, angeekelt, geekelt, disgusto, degout, asco, wstret, obrzydzenie, igrenme, tiksinti"
    ),
    Emotion.SURPRISED: (
        "surprised, surprise, surprising, pleasant surprise, pleasant surprised,"
        "pleasantly surprised, astonished, astonishment, amazed, amazement;"
        "sur, surp, su, ps, u, sor;"
        "uberraschung, uberrascht, ueberraschung, ueberrascht, erstaunt, sorpresa, sorpreso,"
        "surpris, sorprendido, zaskoczenie, zaskoczony, saskin, saskinlik"
    ),
    Emotion.BOREDOM: (
        "boredom, bored, boring;"
        "bor, l;"
        "langeweile, gelangweilt, noia, annoiato, ennui, aburrimiento, nuda, znudzony, sikilmis"
    ),
    Emotion.OTHER: (
        "other, others, unknown, undefined, mixed, contempt, frustrated, frustration;"
        "oth, xxx, fru, o, x;"
        "andere, sonstige, anderes, altro, autre, otro, inne, diger"
    ),
}
_EMOTIONS: Mapping[str, Emotion] = {
    word.strip(): emotion for emotion, words in _WORDS.items() for word in re.split("[,;]", words)
}
# One letter that two corpora read differently must not be guessed.
_AMBIGUOUS = {
    "a": "angry in SAVEE and fearful in EMO-DB",
    "f": "fearful in SAVEE and happy in EMO-DB",
}


def parse(word: str) -> Emotion:
    """The emotion that a word or a common code stands for.

    Case, accents, punctuation and surrounding spaces do not count. Numbers and the letters that
    corpora read differently are refused: ``sertain.corpora.get(name).emotion(code)`` reads those.

    Raises
    ------
    LabelError: the word is not known; the remedy names the nearest word that is.
    """
    plain = _plain(word)
    if plain in _EMOTIONS:
        return _EMOTIONS[plain]
    if plain in _AMBIGUOUS:
        raise LabelError(
            f"the code '{word}' is ambiguous: {_AMBIGUOUS[plain]}", "write the word instead"
        )
    if plain.isdigit():
        raise LabelError(
            f"the number '{word}' means another emotion in every corpus", "write the word instead"
        )
    near = difflib.get_close_matches(plain, [w for w in _EMOTIONS if len(w) > 3], n=1)
    raise LabelError(
        f"'{word}' is no known emotion",
        f"did you mean '{near[0]}' ({_EMOTIONS[near[0]]})?"
        if near
        else f"known are {', '.join(Emotion)} and their usual synonyms",
    )


def synonyms(emotion: Emotion) -> tuple[str, ...]:
    """All words and codes that :func:`parse` reads as this emotion."""
    return tuple(word for word, meaning in _EMOTIONS.items() if meaning is emotion)


def _plain(word: str) -> str:
    # The two letters have no decomposition in Unicode.
    folded = word.casefold().replace("ł", "l").replace("ı", "i")
    decomposed = unicodedata.normalize("NFKD", folded)
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w]+|_+", " ", letters).split())
