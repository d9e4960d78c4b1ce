"""What a file's name alone says: the published schemes, and names that two of them share."""

from __future__ import annotations

import pytest

from sertain.corpora import recognise

ONE = [
    ("03-01-06-01-02-01-12.wav", "ravdess", "fearful"),
    ("03-02-08-01-01-02-24.wav", "ravdess", "surprised"),
    ("03-01-01-01-03-01-12.wav", "banglaser", "happy"),
    ("03-01-03-01-01-01-34.wav", "banglaser", "angry"),
    ("DC_sa03.wav", "savee", "sad"),
    ("YAF_dog_ps.wav", "tess", "surprised"),
    ("1001_DFA_ANG_XX.flac", "crema-d", "angry"),
    ("03a01Fa.wav", "emodb", "happy"),
    ("SM0_anger_12.wav", "nemo", "angry"),
    ("1984_kz_word.wav", "turev", "angry"),
]


@pytest.mark.parametrize(("name", "corpus", "emotion"), ONE)
def test_a_name_of_one_scheme_gives_its_corpus_and_emotion(
    name: str, corpus: str, emotion: str
) -> None:
    assert [(clip.corpus, clip.emotion) for clip in recognise(name)] == [(corpus, emotion)]


def test_a_name_that_two_corpora_use_gives_both_readings() -> None:
    # RAVDESS: 05 is angry. BanglaSER: 05 is neutral. Both have an actor 12.
    read = recognise("03-01-05-01-02-01-12.wav")
    assert [(clip.corpus, clip.emotion) for clip in read] == [
        ("ravdess", "angry"),
        ("banglaser", "neutral"),
    ]


@pytest.mark.parametrize("name", ["interview.wav", "a01.wav", "recording", "", "03-01-09.wav"])
def test_other_names_say_nothing(name: str) -> None:
    assert recognise(name) == []


def test_only_the_last_part_of_a_path_counts() -> None:
    # SAVEE's other layout names the speaker by the folder, which an upload does not have.
    assert recognise("DC/a01.wav") == []
    assert [clip.corpus for clip in recognise("some/where/DC_a01.wav")] == ["savee"]
