"""File names of each corpus are read as its publishers describe them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sertain import corpora
from sertain.corpora import Clip
from sertain.errors import CorpusError, LabelError
from sertain.labels import Emotion, label_set


def read(corpus: str, path: str) -> Clip | None:
    return corpora.get(corpus).read(Path(path))


# corpus, file, name, emotion, speaker, sex, channel, language, intensity, statement
NAMED = [
    (
        *("ravdess", "Actor_12/03-01-05-02-02-01-12.wav", "03-01-05-02-02-01-12", "angry"),
        *("ravdess/12", "female", "speech", "en", "strong", "02"),
    ),
    (
        *("ravdess", "03-02-02-01-01-02-07.flac", "03-02-02-01-01-02-07", "calm"),
        *("ravdess/07", "male", "song", "en", "normal", "01"),
    ),
    (
        *("savee", "DC_sa03.wav", "DC_sa03", "sad"),
        *("savee/DC", "male", "speech", "en", None, "sa03"),
    ),
    (
        *("savee", "KL/su15.wav", "KL_su15", "surprised"),
        *("savee/KL", "male", "speech", "en", None, "su15"),
    ),
    (
        *("savee", "AudioData/JE/a01.wav", "JE_a01", "angry"),
        *("savee/JE", "male", "speech", "en", None, "a01"),
    ),
    (
        *("tess", "YAF_pleasant_surprised/YAF_back_ps.wav", "YAF_back_ps", "surprised"),
        *("tess/YAF", "female", "speech", "en", None, "back"),
    ),
    (
        *("tess", "OAF_neutral/OA_bite_neutral.wav", "OA_bite_neutral", "neutral"),
        *("tess/OAF", "female", "speech", "en", None, "bite"),
    ),
    (
        *("crema-d", "1001_IEO_FEA_HI.wav", "1001_IEO_FEA_HI", "fearful"),
        *("crema-d/1001", "male", "speech", "en", "high", "IEO"),
    ),
    (
        *("crema-d", "1091_DFA_DIS_XX.mp3", "1091_DFA_DIS_XX", "disgust"),
        *("crema-d/1091", "female", "speech", "en", None, "DFA"),
    ),
    (
        *("emodb", "wav/03a01Wa.wav", "03a01Wa", "angry"),
        *("emodb/03", "male", "speech", "de", None, "a01"),
    ),
    (
        *("emodb", "16b10Lb.wav", "16b10Lb", "boredom"),
        *("emodb/16", "female", "speech", "de", None, "b10"),
    ),
    (
        *("nemo", "samples/EB0_happiness_1.wav", "EB0_happiness_1", "happy"),
        *("nemo/EB0", "female", "speech", "pl", None, "1"),
    ),
    (
        *("turev", "Angry/1157_kz_acik.wav", "1157_kz_acik", "angry"),
        *("turev/1157", None, "speech", "tr", None, "acik"),
    ),
    (
        *("banglaser", "Actor 34/03-01-02-01-03-02-34.wav", "03-01-02-01-03-02-34", "sad"),
        *("banglaser/34", "female", "speech", "bn", "normal", "03"),
    ),
]


@pytest.mark.parametrize("expected", NAMED, ids=lambda row: f"{row[0]} {row[2]}")
def test_a_name_tells_emotion_speaker_and_more(expected: tuple[str, ...]) -> None:
    clip = read(expected[0], expected[1])

    assert clip is not None
    assert (
        *(clip.corpus, str(clip.path), clip.name, clip.emotion.value),
        *(clip.speaker, clip.sex, clip.channel, clip.language, clip.intensity, clip.statement),
    ) == expected


@pytest.mark.parametrize(
    ("corpus", "path"),
    [
        ("ravdess", "01-01-05-02-02-01-12.mp4"),  # the film of a clip that is there as sound
        ("ravdess", "03-01-09-01-01-01-12.wav"),
        ("ravdess", "03-01-05-01-01-01-25.wav"),
        ("savee", "sa03.wav"),  # neither name nor folder says who speaks
        ("savee", "XX_sa03.wav"),
        ("tess", "OAF_back_joy.wav"),
        ("crema-d", "1000_IEO_FEA_HI.wav"),
        ("crema-d", "1092_IEO_FEA_HI.wav"),
        ("crema-d", "1001_XYZ_FEA_HI.wav"),
        ("emodb", "01a01Wa.wav"),
        ("nemo", "XX0_anger_1.wav"),
        ("turev", "1157_xx_acik.wav"),
        ("banglaser", "03-01-06-01-01-01-01.wav"),
        ("banglaser", "03-01-01-01-01-01-35.wav"),
    ],
)
def test_another_name_is_not_taken(corpus: str, path: str) -> None:
    assert read(corpus, path) is None


@pytest.mark.parametrize(
    ("corpus", "clips", "speakers", "women"),
    [
        # Figures of the papers and home pages.
        ("ravdess", 1440 + 1012, 24, 12),
        ("savee", 480, 4, 0),
        ("tess", 2800, 2, 2),
        ("crema-d", 7442, 91, 43),
        ("emodb", 535, 10, 5),
        ("nemo", 4481, 9, 4),
        ("turev", 1735, 6, None),
        ("banglaser", 1467, 34, 17),
    ],
)
def test_the_published_figures_are_known(
    corpus: str, clips: int, speakers: int, women: int | None
) -> None:
    known = corpora.get(corpus)

    assert known.published.clips == clips
    assert len(known.speakers) == speakers
    if women is not None:
        assert _women(corpus) == women


@pytest.mark.parametrize(
    ("corpus", "emotion", "clips"),
    [
        ("ravdess", "neutral", 96 + 92),
        ("ravdess", "disgust", 192),
        ("savee", "neutral", 120),
        ("tess", "surprised", 400),
        ("crema-d", "angry", 1271),
        ("crema-d", "neutral", 1087),
        ("emodb", "angry", 127),
        ("emodb", "disgust", 46),
        ("nemo", "surprised", 669),
        ("turev", "happy", 357),
        ("banglaser", "neutral", 243),
        ("banglaser", "angry", 306),
    ],
)
def test_the_published_clips_per_emotion_are_known(corpus: str, emotion: str, clips: int) -> None:
    assert corpora.get(corpus).published.totals[Emotion(emotion)] == clips


@pytest.mark.parametrize(
    ("corpus", "labels"),
    [
        ("ravdess", "8"),
        ("savee", "7"),
        ("tess", "7"),
        ("crema-d", "6-crema-d"),
        ("emodb", "7-emodb"),
        ("nemo", "6-nemo"),
        ("turev", "4-turev"),
        ("banglaser", "5-banglaser"),
    ],
)
def test_a_corpus_has_the_labels_of_its_set(corpus: str, labels: str) -> None:
    assert corpora.get(corpus).labels == label_set(labels).labels


def test_every_name_that_is_known_is_read_as_itself() -> None:
    for name in corpora.names():
        corpus = corpora.get(name)
        for clip_name in corpus.published.names or ():
            clip = corpus.read(Path(f"{clip_name}.wav"))
            assert clip is not None
            assert clip.name == clip_name


def test_known_oddities_are_names_of_the_corpus() -> None:
    for name in corpora.names():
        corpus = corpora.get(name)
        odd = corpus.published.silent.union(*corpus.published.same)
        assert all(corpus.read(Path(f"{clip}.wav")) is not None for clip in odd)


def test_codes_go_both_ways() -> None:
    for name in corpora.names():
        corpus = corpora.get(name)
        for code, emotion in corpus.codes.items():
            assert corpus.emotion(code) is emotion
            assert corpus.code(emotion) == code


def test_codes_that_a_corpus_lacks_are_refused() -> None:
    with pytest.raises(LabelError, match="'09' is no emotion code of ravdess; its codes are 01"):
        corpora.get("ravdess").emotion("09")
    with pytest.raises(LabelError, match="turev has no emotion 'fearful'; it has calm, happy"):
        corpora.get("turev").code(Emotion.FEARFUL)


def test_an_unknown_corpus_is_refused_with_the_nearest() -> None:
    with pytest.raises(CorpusError, match="'ravdes' is no known corpus; did you mean 'ravdess'"):
        corpora.get("ravdes")
    assert corpora.get("CREMA_D").name == "crema-d"


def _women(corpus: str) -> int:
    """Women among the speakers, by reading one file name of each."""
    known = corpora.get(corpus)
    example = {
        "ravdess": "03-01-01-01-01-01-{}",
        "savee": "{}_a01",
        "tess": "{}_back_sad",
        "crema-d": "{}_DFA_ANG_XX",
        "emodb": "{}a01Wa",
        "nemo": "{}_anger_1",
        "banglaser": "03-01-01-01-01-01-{}",
    }[corpus]
    sexes: Counter[str | None] = Counter()
    for speaker in known.speakers:
        clip = known.read(Path(f"{example.format(speaker.split('/')[1])}.wav"))
        assert clip is not None
        assert clip.speaker == speaker
        sexes[clip.sex] += 1
    assert sexes[None] == 0
    return sexes["female"]
