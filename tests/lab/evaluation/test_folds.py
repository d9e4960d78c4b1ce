"""Test speakers are unseen, validation speakers are drawn, and nothing stands on two sides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sertain import corpora
from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError
from sertain.lab.evaluation import folds, protocol
from sertain.labels import Emotion
from tests.lab.evaluation.conftest import SEVEN, clips_of

LUNA = [
    {2, 5, 14, 15, 16},
    {3, 6, 7, 13, 18},
    {10, 11, 12, 19, 20},
    {8, 17, 21, 23, 24},
    {1, 4, 9, 22},
]
EMOBOX = [
    {1, 11, 20, 21},
    {4, 10, 12, 14},
    {8, 9, 19, 23},
    {3, 5, 7, 24},
    {2, 15, 16, 18},
    {6, 13, 17, 22},
]


def actors(clips: tuple[Clip, ...]) -> set[int]:
    return {
        int(clip.speaker.removeprefix("ravdess/")) for clip in clips if clip.corpus == "ravdess"
    }


def speakers(clips: tuple[Clip, ...], corpus: str) -> set[str]:
    return {clip.speaker for clip in clips if clip.corpus == corpus}


@pytest.mark.parametrize(("name", "published"), [("luna5", LUNA), ("emobox6", EMOBOX)])
def test_published_folds_of_ravdess(
    name: str, published: list[set[int]], ravdess: list[Clip]
) -> None:
    found = [folds.sets(name, ravdess, fold, 0) for fold in range(len(published))]
    assert [actors(sets.test) for sets in found] == published
    # One spoken clip of each of eight emotions, none of the six sung ones.
    assert [len(sets.test) for sets in found] == [8 * len(fold) for fold in published]
    assert {clip.channel for sets in found for clip in sets.test} == {"speech"}


def test_neither_speech_nor_song_of_a_test_actor_is_trained_or_validated(
    ravdess: list[Clip],
) -> None:
    for fold, tested in enumerate(LUNA):
        sets = folds.sets("luna5", ravdess, fold, 0)
        assert not actors(sets.train) & tested
        assert not actors(sets.validation) & tested
        assert {clip.channel for clip in sets.train} == {"speech", "song"}


@pytest.mark.parametrize("seed", range(5))
def test_two_actors_of_each_sex_validate_and_leave_training_with_their_songs(
    seed: int, ravdess: list[Clip]
) -> None:
    for fold in range(5):
        sets = folds.sets("luna5", ravdess, fold, seed)
        chosen = actors(sets.validation)
        assert sorted(actor % 2 for actor in chosen) == [0, 0, 1, 1]
        assert not actors(sets.train) & chosen
        assert len(sets.validation) == 4 * 8
        assert actors(sets.train) | chosen | LUNA[fold] == set(range(1, 25))


def test_the_draw_of_validation_depends_on_fold_and_seed_alone(
    ravdess: list[Clip], savee: list[Clip]
) -> None:
    def drawn(clips: list[Clip], seed: int) -> set[int]:
        return actors(folds.sets("luna5", clips, 0, seed).validation)

    assert drawn(ravdess, 0) == drawn(ravdess[::-1] + savee, 0)
    assert len({frozenset(drawn(ravdess, seed)) for seed in range(10)}) > 5


def test_corpora_that_train_along_give_one_speaker_or_a_tenth(
    ravdess: list[Clip], savee: list[Clip], tess: list[Clip], cremad: list[Clip]
) -> None:
    sets = folds.sets("luna5", ravdess + savee + tess + cremad, 0, 0)
    counts = {c: len(speakers(sets.validation, c)) for c in ("savee", "tess", "crema-d", "ravdess")}
    # A tenth of 91 is 9.1; of 4 and of 2 less than one speaker.
    assert counts == {"savee": 1, "tess": 1, "crema-d": 9, "ravdess": 4}
    for corpus in counts:
        assert not speakers(sets.train, corpus) & speakers(sets.validation, corpus)


def test_one_speaker_a_fold(savee: list[Clip], ravdess: list[Clip]) -> None:
    assert folds.fold_names("savee4", savee) == ("DC", "JE", "JK", "KL")
    assert len(folds.fold_names("loso24", ravdess)) == 24
    sets = folds.sets("savee4", savee + ravdess, 2, 0)
    assert {clip.speaker for clip in sets.test} == {"savee/JK"}
    assert len(speakers(sets.validation, "savee")) == 1
    assert len(speakers(sets.train, "savee")) == 2
    assert len(actors(sets.validation)) == 4


def test_cremad_speakers_are_tested_by_their_number_modulo_five(cremad: list[Clip]) -> None:
    sets = folds.sets("cremad5", cremad, 1, 0)
    # 1001, 1006, … 1091: 19 actors; of the 72 others a tenth, 7, validates.
    assert {clip.speaker for clip in sets.test} == {f"crema-d/{n}" for n in range(1001, 1092, 5)}
    assert len({clip.speaker for clip in sets.validation}) == 7
    assert sets.leak is None


def test_with_two_speakers_and_no_other_corpus_validation_shares_the_speaker_and_says_so(
    tess: list[Clip], savee: list[Clip]
) -> None:
    alone = folds.sets("tess2", tess, 0, 0)
    assert {clip.speaker for clip in alone.test} == {"tess/OAF"}
    assert {clip.speaker for clip in alone.train + alone.validation} == {"tess/YAF"}
    assert (len(alone.train), len(alone.validation)) == (63, 7)  # one of ten clips a label
    assert alone.leak == "training and validation share their only speaker"
    assert alone.shared_speakers == {("training", "validation")}
    along = folds.sets("tess2", tess + savee, 0, 0)
    assert along.leak is None
    assert speakers(along.validation, "tess") == set()


def test_a_random_quarter_leaks_by_design_and_says_so(tess: list[Clip], savee: list[Clip]) -> None:
    sets = folds.sets("tess_random", tess + savee, 0, 0)
    # Ten clips of each of two speakers and seven labels: 20 a label, of which 5 are tested.
    assert len(sets.test) == 35
    assert sets.leak == "speakers on both sides"
    keys = [{clip.key for clip in side} for side in (sets.train, sets.validation, sets.test)]
    assert not keys[0] & keys[1] | keys[0] & keys[2] | keys[1] & keys[2]
    assert len(speakers(sets.validation, "savee")) == 1
    assert not speakers(sets.train, "savee") & speakers(sets.validation, "savee")


def test_random_folds_test_every_clip_once() -> None:
    labels = tuple(label for label in (*SEVEN, "boredom") if label != "surprised")
    ids = ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16")
    emodb = clips_of("emodb", dict.fromkeys(ids), labels, each=2)
    tested = [c.key for fold in range(5) for c in folds.sets("emodb_random", emodb, fold, 0).test]
    assert sorted(tested) == sorted(clip.key for clip in emodb)


def test_copies_of_a_recording_are_kept_on_one_side_of_a_random_split(cremad: list[Clip]) -> None:
    pairs = protocol.load("cremad_random").split.together  # type: ignore[union-attr]
    named = [
        replace(cremad[0], name=name, emotion=emotion)
        for pair in pairs
        for name, emotion in zip(pair, (Emotion.ANGRY, Emotion.SAD), strict=True)
    ]
    for seed in range(5):
        sets = folds.sets("cremad_random", cremad + named, 0, seed)
        for pair in pairs:
            sides = [
                [key in {c.name for c in side} for key in pair]
                for side in (sets.train, sets.validation, sets.test)
            ]
            assert sorted(sides) == [[False, False], [False, False], [True, True]]


def test_one_corpus_out_tests_the_whole_of_it_over_the_shared_labels(
    ravdess: list[Clip], savee: list[Clip]
) -> None:
    turev = clips_of("turev", dict.fromkeys(("1157", "1234")), ("calm", "happy", "sad", "angry"))
    clips = ravdess + savee + turev
    assert folds.fold_names("loco", clips) == ("ravdess", "savee", "turev")
    sets = folds.sets("loco", clips, 0, 0)
    assert {clip.corpus for clip in sets.train + sets.validation} == {"savee", "turev"}
    assert len(sets.test) == 24 * 8 + 23 * 6  # spoken and sung: all labels are shared
    without_calm = folds.sets("loco", ravdess + savee, 0, 0)
    assert len(without_calm.test) == 24 * 7 + 23 * 5


def test_a_label_that_only_a_validation_speaker_has_is_not_scored(savee: list[Clip]) -> None:
    tess = clips_of("tess", dict.fromkeys(("OAF", "YAF"), "female"), SEVEN)
    chosen = {c.speaker for c in folds.sets("loco", savee + tess, 0, 0).validation}
    fewer = [c for c in tess if c.emotion is not Emotion.SAD or c.speaker in chosen]
    sets = folds.sets("loco", savee + fewer, 0, 0)
    assert Emotion.SAD in {clip.emotion for clip in sets.validation}
    assert Emotion.SAD not in {clip.emotion for clip in sets.test}


def test_pairs_train_on_one_corpus_and_test_on_another(
    ravdess: list[Clip], savee: list[Clip]
) -> None:
    clips = ravdess + savee
    assert folds.fold_names("pairs", clips) == ("ravdess to savee", "savee to ravdess")
    sets = folds.sets("pairs", clips, 0, 0)
    assert {clip.corpus for clip in sets.train + sets.validation} == {"ravdess"}
    assert {clip.corpus for clip in sets.test} == {"savee"}


def test_what_is_tested_on_one_corpus_is_chosen_on_another_that_is_left_out_too(
    ravdess: list[Clip], savee: list[Clip]
) -> None:
    turev = clips_of("turev", dict.fromkeys(("1157", "1234")), ("calm", "happy", "sad", "angry"))
    crema = clips_of("crema-d", dict.fromkeys(("1001", "1002", "1003"), "male"), SEVEN)
    clips = ravdess + savee + turev + crema
    # Emo-DB, nEMO and TESS are not here, and with them five of the seven pairs.
    names = folds.fold_names("loco_validation", clips)
    assert names == ("crema-d without ravdess", "savee without crema-d")
    sets = folds.sets("loco_validation", clips, 0, 0)
    assert {clip.corpus for clip in sets.train + sets.validation} == {"savee", "turev"}
    assert {clip.corpus for clip in sets.test} == {"crema-d"}
    with pytest.raises(ProtocolError, match="needs three corpora"):
        folds.fold_names("loco_validation", ravdess + crema)


def test_every_corpus_is_left_out_and_chosen_on_once() -> None:
    split = protocol.load("loco_validation").split
    assert isinstance(split, protocol.TwoCorporaOut)
    seven = {"ravdess", "savee", "tess", "crema-d", "emodb", "nemo", "turev"}
    for side in zip(*split.pairs, strict=True):
        assert len(side) == len(seven)
        assert set(side) == seven


def test_all_protocols_of_the_specification_are_there() -> None:
    expected = "luna5 emobox6 loso24 savee4 tess2 tess_random emodb10 emodb_random cremad5"
    expected += " cremad_random nemo9 turev6 loco loco_validation pairs cross_davies"
    published = "erciyes2024 erciyes2024_stratified davies_chen2024 shukla santamaria vu_deepemonet"
    expected += "".join(f" published/{name}" for name in published.split())
    assert set(protocol.names()) == set(expected.split())
    leaking = {name for name in protocol.names() if protocol.load(name).leak}
    assert {name for name in leaking if "/" not in name} == {
        "cremad_random",
        "emodb_random",
        "tess_random",
    }
    assert len(leaking) == 3 + 6


def test_too_few_speakers_are_refused(ravdess: list[Clip]) -> None:
    clips = [clip for clip in ravdess if clip.speaker != "ravdess/07"]
    with pytest.raises(ProtocolError, match="24 speakers of ravdess, but 23 are at hand"):
        folds.sets("luna5", clips, 0, 0)


def test_a_class_that_nothing_trains_is_refused(savee: list[Clip]) -> None:
    clips = [
        clip for clip in savee if clip.emotion is not Emotion.SAD or clip.speaker == "savee/DC"
    ]
    with pytest.raises(ProtocolError, match=r"fold 0 \(DC\) of savee4 has no 'sad' in training"):
        folds.sets("savee4", clips, 0, 0)


def test_a_class_that_the_corpus_lacks_is_refused(savee: list[Clip]) -> None:
    clips = [clip for clip in savee if clip.emotion is not Emotion.SAD]
    with pytest.raises(ProtocolError, match="savee4 scores 'sad', of which savee has no clip"):
        folds.fold_names("savee4", clips)


def test_one_corpus_cannot_be_left_out_of_one(savee: list[Clip]) -> None:
    with pytest.raises(ProtocolError, match="loco needs two corpora"):
        folds.fold_names("loco", savee)


def test_an_unknown_fold_and_an_unknown_protocol_are_named(savee: list[Clip]) -> None:
    with pytest.raises(ProtocolError, match="savee4 has no fold 4; its folds are 0 to 3"):
        folds.sets("savee4", savee, 4, 0)
    with pytest.raises(ProtocolError, match=r"unknown protocol 'luna6'; did you mean 'luna5'\?"):
        protocol.load("luna6")


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "fold_count", "tested"),
    [
        ("luna5", 5, 1440),
        ("emobox6", 6, 1440),
        ("loso24", 24, 1440),
        ("savee4", 4, 480),
        ("tess2", 2, 2800),
        ("tess_random", 1, 700),
        ("emodb10", 10, 535),
        ("emodb_random", 5, 535),
        ("cremad5", 5, 7442),
        ("nemo9", 9, 4481),
        ("turev6", 6, 1735),
    ],
)
def test_every_clip_of_the_real_corpora_is_tested_once(
    name: str, fold_count: int, tested: int, corpora_root: Path
) -> None:
    (corpus,) = protocol.load(name).corpora
    clips = corpora.load([corpus, "savee"], corpora_root)
    assert len(folds.fold_names(name, clips)) == fold_count
    keys = [c.key for fold in range(fold_count) for c in folds.sets(name, clips, fold, 0).test]
    assert len(keys) == len(set(keys)) == tested
