"""Who heard whom the student is tested on teaches it nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from sertain.corpora.clip import Clip
from sertain.errors import LeakageError, RecipeError
from sertain.lab.recipes import Recipe
from sertain.lab.training import teachers
from sertain.lab.training.summary import Summary
from sertain.lab.training.teachers import Teacher
from sertain.labels import Emotion

pytestmark = pytest.mark.train


def _clips(corpus: str, *speakers: str, channel: str = "speech") -> list[Clip]:
    return [
        Clip(
            corpus,
            f"{speaker}-{channel}-{take}",
            Path(f"{speaker}-{channel}-{take}.wav"),
            Emotion.HAPPY,
            f"{corpus}/{speaker}",
            channel=channel,
        )
        for speaker in speakers
        for take in range(2)
    ]


ONE, TWO, THREE, FOUR = (_clips("ravdess", number) for number in ("01", "02", "03", "04"))
SUNG = _clips("ravdess", "01", channel="song")
OTHERS = _clips("savee", "DC")
ALL = [*ONE, *TWO, *THREE, *FOUR, *SUNG, *OTHERS]


def _keys(clips: list[Clip]) -> list[str]:
    return [clip.key for clip in clips]


def _teacher(
    tiny: Recipe, folder: Path, learnt: list[str], chose: list[str], **more: Any
) -> Teacher:
    """A run as its records say, without a network."""
    folder.mkdir(parents=True)
    claim = {
        "recipe": tiny.model_dump(mode="json"),
        "hash": tiny.hash,
        "seed": 2,
        "train": learnt,
        "validation": chose,
        **more,
    }
    (folder / "run.json").write_text(json.dumps(claim), "utf-8")
    done = Summary("tiny", tiny.hash, 2, 100, 1, 1, 0.5, 1.0, len(learnt), len(chose))
    values = {name: value for name, value in asdict(done).items() if name != "teachers"}
    (folder / "summary.json").write_text(json.dumps(values), "utf-8")
    (folder / "best.ckpt").write_bytes(folder.name.encode())
    return teachers.read(folder)


def _refused(teacher: Teacher, tested: list[Clip], **more: Any) -> str:
    with pytest.raises(LeakageError) as error:
        teachers.check_tested(teacher, ALL, tested, **more)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_who_heard_none_of_the_test_may_teach(tiny: Recipe, tmp_path: Path) -> None:
    teacher = _teacher(tiny, tmp_path / "t", _keys([*TWO, *OTHERS]), _keys(THREE))
    teachers.check_tested(teacher, ALL, ONE)
    assert teacher.record.corpora == ("ravdess", "savee")
    assert teacher.record.seed == 2


@pytest.mark.parametrize("side", ["learnt", "chose"])
def test_a_speaker_of_the_test_in_training_or_validation_is_refused(
    tiny: Recipe, tmp_path: Path, side: str
) -> None:
    sides = {"learnt": _keys(TWO), "chose": _keys(THREE)}
    sides[side] += _keys(SUNG[:1])  # not the same clip, not the same channel: the same voice
    teacher = _teacher(tiny, tmp_path / "t", **sides)
    message = _refused(teacher, ONE)
    assert f"{tmp_path / 't'} heard the speaker ravdess/01" in message
    assert "an evaluation of its recipe by the same protocol" in message


def test_a_copy_made_by_augmentation_has_the_voice_of_its_clip(
    tiny: Recipe, tmp_path: Path
) -> None:
    teacher = _teacher(tiny, tmp_path / "t", [f"{ONE[0].key}~noise"], _keys(THREE))
    assert "the speaker ravdess/01" in _refused(teacher, ONE)
    teachers.check_tested(teacher, ALL, TWO)


def test_a_clip_of_a_tested_corpus_that_nobody_knows_is_refused(
    tiny: Recipe, tmp_path: Path
) -> None:
    teacher = _teacher(tiny, tmp_path / "t", ["ravdess/07-a", *_keys(TWO)], _keys(THREE))
    assert "ravdess/07-a, which is not at hand" in _refused(teacher, ONE)
    teachers.check_tested(teacher, ALL, OTHERS)  # its voice is none of SAVEE's


def test_a_corpus_of_the_teachers_pretraining_is_refused(tiny: Recipe, tmp_path: Path) -> None:
    recipe = tiny.model_dump(mode="json") | {"pretraining": {"corpora": ["savee"]}}
    teacher = _teacher(tiny, tmp_path / "t", _keys(TWO), _keys(THREE), recipe=recipe)
    assert "the corpus savee" in _refused(teacher, OTHERS)
    teachers.check_tested(teacher, ALL, ONE)


def test_a_recording_under_another_name_is_refused(tiny: Recipe, tmp_path: Path) -> None:
    teacher = _teacher(tiny, tmp_path / "t", _keys(OTHERS), _keys(THREE))
    sounds = {clip.key: clip.key for clip in ALL}
    teachers.check_tested(teacher, ALL, ONE, sounds)
    sounds[OTHERS[0].key] = ONE[1].key
    copied = _refused(teacher, ONE, sounds=sounds)
    assert f"{OTHERS[0].key}, an exact copy of {ONE[1].key}" in copied


def test_what_the_teachers_own_teachers_heard_counts(tiny: Recipe, tmp_path: Path) -> None:
    first = _teacher(tiny, tmp_path / "a", _keys(ONE), _keys(THREE))
    second = _teacher(tiny, tmp_path / "b", _keys(TWO), _keys(THREE), **teachers.papers([first]))
    assert "the speaker ravdess/01" in _refused(second, ONE)
    third = _teacher(tiny, tmp_path / "c", _keys(TWO), _keys(THREE), **teachers.papers([second]))
    assert "the speaker ravdess/01" in _refused(third, ONE)
    teachers.check_tested(third, ALL, FOUR)


def test_who_learnt_from_a_validation_speaker_does_not_teach_who_chose_by_one_does(
    tiny: Recipe, tmp_path: Path
) -> None:
    teacher = _teacher(tiny, tmp_path / "t", _keys(TWO), _keys(THREE))
    teachers.check_held_out(teacher, ALL, THREE)
    with pytest.raises(LeakageError, match=r"learnt from the speaker ravdess/02.* with --seed 2"):
        teachers.check_held_out(teacher, ALL, TWO)
    # Where a speaker trains and validates by design, clips tell.
    assert teachers.learnt_from(teacher, ALL, TWO, by_clip=True) == TWO[0].key
    others = [replace(clip, name=f"{clip.name}-other") for clip in TWO]
    assert teachers.learnt_from(teacher, ALL, others, by_clip=True) is None


def test_its_papers_are_the_same_wherever_it_lies(tiny: Recipe, tmp_path: Path) -> None:
    one = _teacher(tiny, tmp_path / "here" / "t", _keys(TWO), _keys(THREE))
    other = _teacher(tiny, tmp_path / "there" / "t", _keys(TWO), _keys(THREE))
    assert teachers.papers([one]) == teachers.papers([other])


def test_a_run_that_is_not_finished_does_not_teach(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no finished run that could teach; finish it"):
        teachers.read(tmp_path)
