"""Words of many vocabularies become emotions, and sets of classes fold them."""

from __future__ import annotations

import pytest

from sertain.errors import LabelError
from sertain.labels import LABEL_SETS, Emotion, label_set, parse, synonyms


@pytest.mark.parametrize(
    ("word", "emotion"),
    [
        ("neutral", "neutral"),
        ("NEU", "neutral"),
        ("calm", "calm"),
        ("relaxed", "calm"),
        ("Joy", "happy"),
        ("happiness", "happy"),
        ("HAP", "happy"),
        ("Freude", "happy"),
        ("glücklich", "happy"),
        ("szczęście", "happy"),
        ("sadness", "sad"),
        ("Trauer", "sad"),
        ("hl", "sad"),
        ("anger", "angry"),
        ("Wut", "angry"),
        ("Ärger", "angry"),
        ("aerger", "angry"),
        ("kızgın", "angry"),
        ("KIZGIN", "angry"),
        ("złość", "angry"),
        ("rabbia", "angry"),
        ("fear", "fearful"),
        ("scared", "fearful"),
        ("anxiety", "fearful"),
        ("Anxiety/Fear", "fearful"),
        ("Angst", "fearful"),
        ("disgust", "disgust"),
        ("disgusted", "disgust"),
        ("Ekel", "disgust"),
        ("dégoût", "disgust"),
        ("ps", "surprised"),
        ("pleasant surprise", "surprised"),
        ("Pleasant_surprise", "surprised"),
        ("pleasant_surprised", "surprised"),
        ("überrascht", "surprised"),
        ("bored", "boredom"),
        ("Langeweile", "boredom"),
        ("other", "other"),
        ("  Happy  ", "happy"),
    ],
)
def test_a_word_becomes_an_emotion(word: str, emotion: str) -> None:
    assert parse(word) is Emotion(emotion)


@pytest.mark.parametrize("emotion", list(Emotion))
def test_every_emotion_is_read_from_its_own_word_and_all_its_synonyms(emotion: Emotion) -> None:
    assert parse(emotion.value) is emotion
    assert emotion.value in synonyms(emotion)
    assert all(parse(word.upper()) is emotion for word in synonyms(emotion))


def test_no_word_means_two_emotions() -> None:
    words = [word for emotion in Emotion for word in synonyms(emotion)]

    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("angyr", "'angyr' is no known emotion; did you mean 'angry' (angry)?"),
        ("hapiness", "'hapiness' is no known emotion; did you mean 'happiness' (happy)?"),
        ("A", "the code 'A' is ambiguous: angry in SAVEE and fearful in EMO-DB; write the word"),
        ("05", "the number '05' means another emotion in every corpus; write the word"),
        ("", "'' is no known emotion; known are neutral, calm, happy"),
        ("qwxz", "'qwxz' is no known emotion; known are neutral, calm, happy"),
    ],
)
def test_an_unknown_word_is_refused_with_the_nearest_known(word: str, message: str) -> None:
    with pytest.raises(LabelError) as error:
        parse(word)

    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("8", "neutral calm happy sad angry fearful disgust surprised"),
        ("7", "neutral happy sad angry fearful disgust surprised"),
        ("7-emodb", "neutral happy sad angry fearful disgust boredom"),
        ("6-nemo", "neutral happy sad angry fearful surprised"),
        ("6-crema-d", "neutral happy sad angry fearful disgust"),
        ("6-ravdess-song", "neutral calm happy sad angry fearful"),
        ("6-basic", "happy sad angry fearful disgust surprised"),
        ("5-banglaser", "neutral happy sad angry surprised"),
        ("4", "neutral happy sad angry"),
        ("4-turev", "calm happy sad angry"),
    ],
)
def test_a_set_holds_its_classes(name: str, labels: str) -> None:
    assert list(label_set(name).labels) == labels.split()


def test_the_name_of_a_set_starts_with_its_number_of_classes() -> None:
    assert all(len(each.labels) == int(name.split("-")[0]) for name, each in LABEL_SETS.items())


def test_calm_counts_as_neutral_among_4_and_is_left_out_of_7() -> None:
    assert label_set("4").fold(Emotion.CALM) is Emotion.NEUTRAL
    assert label_set("7").fold(Emotion.CALM) is None
    assert label_set("8").fold(Emotion.CALM) is Emotion.CALM


def test_neutral_counts_as_calm_in_the_set_of_turev() -> None:
    assert label_set("4-turev").fold(Emotion.NEUTRAL) is Emotion.CALM


def test_a_whole_vocabulary_is_mapped_into_a_set() -> None:
    eight = label_set("8").labels

    assert label_set("4").mapping(eight) == {
        Emotion.NEUTRAL: Emotion.NEUTRAL,
        Emotion.CALM: Emotion.NEUTRAL,
        Emotion.HAPPY: Emotion.HAPPY,
        Emotion.SAD: Emotion.SAD,
        Emotion.ANGRY: Emotion.ANGRY,
        Emotion.FEARFUL: None,
        Emotion.DISGUST: None,
        Emotion.SURPRISED: None,
    }


def test_six_alone_names_no_set_because_papers_mean_different_six() -> None:
    with pytest.raises(LabelError) as error:
        label_set("6")

    assert "name one of 6-nemo, 6-crema-d, 6-ravdess-song, 6-basic" in str(error.value)
