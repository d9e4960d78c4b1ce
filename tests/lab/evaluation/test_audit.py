"""Whatever stands on two sides is refused and named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sertain import corpora
from sertain.corpora.clip import Clip
from sertain.errors import LeakageError
from sertain.lab.evaluation import folds
from sertain.lab.evaluation.audit import audit, fingerprints
from sertain.lab.evaluation.folds import Sets
from sertain.labels import Emotion


def clip(name: str, speaker: str, **more: float) -> Clip:
    return Clip("mine", name, Path(f"{name}.wav"), Emotion.SAD, f"mine/{speaker}", **more)  # type: ignore[arg-type]


def prints_of(*clips: Clip) -> dict[str, str]:
    return {one.key: f"sound of {one.key}" for one in clips}


TRAIN, VALIDATION, TEST = clip("a", "anna"), clip("b", "bert"), clip("c", "carl")
CLEAN = Sets("mine5", 0, "carl", (TRAIN,), (VALIDATION,), (TEST,))


def test_clean_sets_are_counted() -> None:
    found = audit(CLEAN, prints_of(TRAIN, VALIDATION, TEST))
    assert found.speakers == {"training": 1, "validation": 1, "test": 1}
    assert found.clips == {"training": 1, "validation": 1, "test": 1}
    assert found.leak is None


@pytest.mark.parametrize(
    ("side", "words"),
    [
        ("train", "speaker mine/carl stands in training and in test"),
        ("validation", "speaker mine/carl stands in validation and in test"),
    ],
)
def test_a_speaker_on_two_sides_is_named(side: str, words: str) -> None:
    other = clip("d", "carl")
    sets = replace(CLEAN, **{side: (*getattr(CLEAN, side), other)})
    with pytest.raises(LeakageError, match=words):
        audit(sets, prints_of(TRAIN, VALIDATION, TEST, other))


def test_a_test_speaker_who_sings_in_training_leaks(ravdess: list[Clip]) -> None:
    sets = folds.sets("luna5", ravdess, 0, 0)
    song = next(c for c in ravdess if c.channel == "song" and c.speaker == "ravdess/14")
    with pytest.raises(LeakageError, match="speaker ravdess/14 stands in training and in test"):
        audit(replace(sets, train=(*sets.train, song)), prints_of(*ravdess))


def test_a_file_on_two_sides_is_named_even_where_speakers_may_stand() -> None:
    twin = replace(TEST, name="other", speaker="mine/anna")
    sets = replace(
        CLEAN,
        train=(TRAIN, twin),
        leak="speakers on both sides",
        shared_speakers=frozenset({("training", "test")}),
    )
    with pytest.raises(LeakageError, match=r"the file c\.wav stands in training and in test"):
        audit(sets, prints_of(TRAIN, VALIDATION, TEST, twin))


def test_parts_of_one_file_may_stand_apart_but_not_overlap() -> None:
    first = replace(TEST, name="first", end_s=2.0)
    later = replace(TEST, name="later", speaker="mine/anna", start_s=2.0)
    sound = prints_of(first, later, VALIDATION)
    audit(replace(CLEAN, train=(later,), test=(first,)), sound)
    earlier = replace(later, start_s=1.9)
    with pytest.raises(LeakageError, match=r"the file c\.wav"):
        audit(replace(CLEAN, train=(earlier,), test=(first,)), sound)


def test_a_copy_of_the_audio_is_named_across_corpora() -> None:
    copy = Clip("other", "z", Path("z.wav"), Emotion.SAD, "other/zoe")
    sound = prints_of(TRAIN, VALIDATION, TEST) | {copy.key: f"sound of {TEST.key}"}
    with pytest.raises(LeakageError, match="mine/c, an exact copy of other/z, stands in training"):
        audit(replace(CLEAN, train=(TRAIN, copy)), sound)


def test_silent_clips_are_no_copies_of_one_another() -> None:
    audit(CLEAN, {TRAIN.key: "", VALIDATION.key: "", TEST.key: ""})


def test_an_augmented_copy_is_traced_to_its_recording() -> None:
    faster, noisy = clip("c-faster", "anna"), clip("c-faster-noisy", "anna")
    sets = replace(CLEAN, train=(TRAIN, noisy))
    sound = prints_of(TRAIN, VALIDATION, TEST, noisy)
    audit(sets, sound)
    with pytest.raises(LeakageError, match="made from the same recording as mine/c-faster-noisy"):
        audit(sets, sound, {noisy.key: faster.key, faster.key: TEST.key})


def test_speakers_may_stand_on_both_sides_by_design(tess: list[Clip]) -> None:
    sets = folds.sets("tess_random", tess, 0, 0)
    assert audit(sets, prints_of(*tess)).leak == "speakers on both sides"
    with pytest.raises(LeakageError, match="speaker tess/OAF stands in training and in validation"):
        audit(replace(sets, shared_speakers=frozenset()), prints_of(*tess))


def test_fingerprints_agree_for_the_same_samples_in_another_coding(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    samples = (rng.normal(0, 0.1, 16000).clip(-1, 1) * 32767).astype(np.int16)
    clips = []
    for name, data in (("a.wav", samples), ("b.flac", samples), ("c.wav", samples[::-1])):
        soundfile.write(tmp_path / name, data, 16000)
        clips.append(replace(TRAIN, name=name, path=tmp_path / name))
    soundfile.write(tmp_path / "silent.wav", np.zeros(16000, np.int16), 16000)
    clips.append(replace(TRAIN, name="silent", path=tmp_path / "silent.wav"))
    found = fingerprints(clips, tmp_path / "cache")
    assert found["mine/a.wav"] == found["mine/b.flac"] != found["mine/c.wav"]
    assert found["mine/silent"] == ""


@pytest.mark.corpus
def test_the_published_copies_of_real_corpora_are_recognised(
    corpora_root: Path, tmp_path: Path
) -> None:
    twins = [
        ("ravdess", "03-01-03-01-02-01-07", "03-01-03-01-02-02-07"),
        ("crema-d", "1017_IWW_ANG_XX", "1017_IWW_FEA_XX"),
        ("crema-d", "1013_WSI_DIS_XX", "1013_WSI_SAD_XX"),
        ("crema-d", "1006_TIE_HAP_XX", "1006_TIE_NEU_XX"),
    ]
    by_key = {one.key: one for one in corpora.load(["ravdess", "crema-d"], corpora_root)}
    keys = [f"{corpus}/{name}" for corpus, *names in twins for name in names]
    found = fingerprints([by_key[key] for key in keys], tmp_path)
    for one, other in zip(keys[::2], keys[1::2], strict=True):
        assert found[one] == found[other]
    assert len(set(found.values())) == len(twins)
