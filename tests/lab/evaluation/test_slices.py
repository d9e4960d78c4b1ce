"""Figures of parts, counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sertain.corpora.clip import Clip
from sertain.lab.evaluation import slices
from sertain.labels import Emotion

LABELS = ("happy", "sad")


def clip(number: int, **more: str | None) -> Clip:
    corpus = more.pop("corpus", None) or "one"
    speaker = more.pop("speaker", None) or "anna"
    emotion = Emotion(LABELS[number % 2])
    name = str(number)
    return Clip(corpus, name, Path(name), emotion, f"{corpus}/{speaker}", **more)  # type: ignore[arg-type]


def cut(
    clips: list[Clip], right: list[bool], **more: object
) -> dict[tuple[str, str], slices.Slice]:
    targets = np.array([LABELS.index(str(one.emotion)) for one in clips])
    predicted = np.where(right, targets, 1 - targets)
    lengths = more.get("lengths", [2.5] * len(clips))
    found = slices.slices(clips, targets, [predicted], LABELS, lengths)  # type: ignore[arg-type]
    return {(part.kind, part.value): part for part in found}


def test_each_part_has_its_own_mean_recall() -> None:
    clips = [clip(number, sex="female" if number < 4 else "male") for number in range(8)]
    parts = cut(clips, [True, True, True, False, True, True, True, True])
    assert list(parts) == [("sex", "female"), ("sex", "male")]
    women = parts["sex", "female"]
    assert (women.clips, women.labels, women.speakers) == (4, 2, 1)
    assert women.uar == pytest.approx((1 + 1 / 2) / 2)  # happy 2 of 2, sad 1 of 2
    assert women.wa == pytest.approx(3 / 4)
    assert parts["sex", "male"].uar == 1


def test_a_part_that_lacks_a_label_is_over_those_that_it_has() -> None:
    clips = [clip(n, intensity="strong" if n in {1, 3} else "normal") for n in range(6)]
    part = cut(clips, [True, False, True, True, True, True])["intensity", "strong"]
    assert (part.labels, part.uar) == (1, 0.5)


def test_a_kind_with_one_value_or_none_is_left_out() -> None:
    assert cut([clip(n, sex="female", language="de") for n in range(4)], [True] * 4) == {}
    assert cut([clip(n) for n in range(4)], [True] * 4) == {}


def test_clips_whose_corpus_does_not_say_are_a_part_of_their_own() -> None:
    clips = [clip(n, sex=None if n < 2 else "male") for n in range(4)]
    assert list(cut(clips, [True] * 4)) == [("sex", "male"), ("sex", "not told")]


def test_statements_that_tell_the_emotion_are_left_out() -> None:
    clips = [clip(n, statement=LABELS[n % 2]) for n in range(4)]
    assert cut(clips, [True] * 4) == {}


def test_words_of_several_corpora_are_kept_apart() -> None:
    clips = [
        clip(n, corpus="one" if n < 4 else "two", intensity="weak" if n % 4 < 2 else "strong")
        for n in range(8)
    ]
    kinds = [key for key in cut(clips, [True] * 8) if key[0] == "intensity"]
    assert [value for _, value in kinds] == ["one strong", "one weak", "two strong", "two weak"]


def test_lengths_stand_in_classes_in_their_order() -> None:
    clips = [clip(n) for n in range(6)]
    lengths = [0.9, 0.5, 12.0, 10.0, None, 1.0]
    parts = cut(clips, [True] * 6, lengths=lengths)
    assert [(key[1], part.clips) for key, part in parts.items()] == [
        ("under 1 s", 2),
        ("1 to 2 s", 1),
        ("10 s and more", 2),
        ("not told", 1),
    ]


def test_seeds_are_averaged() -> None:
    clips = [clip(n, sex="female" if n < 2 else "male") for n in range(4)]
    targets = np.array([0, 1, 0, 1])
    found = slices.slices(clips, targets, [targets, 1 - targets], LABELS, [1.0] * 4)
    assert [part.uar for part in found] == [0.5, 0.5]


def test_the_interval_is_over_speakers_where_there_are_five_and_missing_for_few_clips() -> None:
    clips = [clip(n, sex="male" if n < 20 else "female", speaker=str(n % 5)) for n in range(24)]
    parts = cut(clips, [n % 3 > 0 for n in range(24)])
    assert parts["sex", "male"].interval_over == "speakers"
    assert parts["sex", "male"].low < parts["sex", "male"].uar < parts["sex", "male"].high
    assert parts["sex", "female"].low is None


def test_the_page_shows_the_spread_of_each_kind() -> None:
    clips = [clip(n, speaker="anna" if n < 4 else "bela") for n in range(8)]
    parts = cut(clips, [True] * 4 + [True, False, True, False])
    page = slices.markdown(list(parts.values()))
    assert "**By speaker**: 2 values, UAR from 0.500 to 1.000, standard deviation 0.250." in page
    assert "| one/bela | 4 | 1 | 2 | 0.500 | 0.500 |" in page
