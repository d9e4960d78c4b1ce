"""The reports' own protocols: their sizes by hand count, and the leaks that they declare."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from sertain import corpora
from sertain.corpora.clip import Clip
from sertain.errors import LeakageError, ProtocolError, RecipeError
from sertain.lab.checked import check
from sertain.lab.evaluation import folds, protocol
from sertain.lab.evaluation.audit import audit
from sertain.lab.evaluation.folds import Sets
from sertain.lab.evaluation.protocol import Protocol
from sertain.labels import Emotion
from tests.lab.evaluation.conftest import EIGHT

DAVIES = "published/davies_chen2024"
TWINS = {"03-01-03-01-02-01-07", "03-01-03-01-02-02-07"}

SPEAKERS = "speakers on both sides"
COPIES = "copies of one clip on both sides"
VALIDATION = "the test set is also the validation set"


def sizes(sets: Sets) -> tuple[int, int, int]:
    return len(sets.train), len(sets.validation), len(sets.test)


def prints_of(clips: list[Clip]) -> dict[str, str]:
    return {clip.key: f"sound of {clip.key}" for clip in clips}


def copied(clips: list[Clip]) -> tuple[list[Clip], dict[str, str]]:
    """Three copies of every clip, with their sources."""
    copies = [
        replace(clip, name=f"{clip.name}~{kind}", path=Path(f"{clip.path}~{kind}"))
        for clip in clips
        for kind in ("noise", "stretch", "pitch")
    ]
    return copies, {copy.key: copy.key.split("~")[0] for copy in copies}


def numbered(actors: int = 24) -> list[Clip]:
    """RAVDESS' published names: 60 spoken clips an actor, 44 sung but by actor 18."""
    return [
        Clip(
            corpus="ravdess",
            name=f"03-0{channel}-0{emotion}-0{intensity}-0{statement}-0{repetition}-{actor:02d}",
            path=Path(f"{channel}-{emotion}-{intensity}-{statement}-{repetition}-{actor}.wav"),
            emotion=Emotion(EIGHT[emotion - 1]),
            speaker=f"ravdess/{actor:02d}",
            sex="male" if actor % 2 else "female",
            channel="speech" if channel == 1 else "song",
        )
        for actor in range(1, actors + 1)
        for channel in (1, 2)
        for emotion in range(1, 9 if channel == 1 else 7)
        for intensity in ((1,) if emotion == 1 else (1, 2))
        for statement in (1, 2)
        for repetition in (1, 2)
        if not (channel == 2 and actor == 18)
    ]


@pytest.mark.parametrize(
    ("name", "leak"),
    [
        ("erciyes2024", SPEAKERS),
        ("erciyes2024_stratified", SPEAKERS),
        ("davies_chen2024", f"{SPEAKERS}; {COPIES}; {VALIDATION}"),
        ("shukla", SPEAKERS),
        ("santamaria", f"{SPEAKERS}; {VALIDATION}"),
        ("vu_deepemonet", f"{SPEAKERS}; {VALIDATION}"),
    ],
)
def test_every_leak_is_said_in_words(name: str, leak: str) -> None:
    assert protocol.load(f"published/{name}").leak == leak


def test_only_the_clips_of_the_report_take_part(ravdess: list[Clip], savee: list[Clip]) -> None:
    sets = folds.sets("published/erciyes2024", ravdess + savee, 0, 0)
    # 24 actors speak 8 emotions: 192 clips, 15 % of them 28.8, rounded up.
    assert sizes(sets) == (134, 29, 29)
    clips = sets.train + sets.validation + sets.test
    assert {(clip.corpus, clip.channel) for clip in clips} == {("ravdess", "speech")}
    assert len({clip.key for clip in clips}) == 192


def test_the_split_is_the_same_for_every_seed(ravdess: list[Clip]) -> None:
    one, other = (folds.sets("published/erciyes2024", ravdess, 0, seed) for seed in (0, 7))
    assert (one.train, one.validation, one.test) == (other.train, other.validation, other.test)


def test_the_stratified_sibling_gives_every_emotion_its_share(ravdess: list[Clip]) -> None:
    sets = folds.sets("published/erciyes2024_stratified", ravdess, 0, 0)
    assert sizes(sets) == (134, 29, 29)
    # 15 % of 24 clips an emotion are 3.6: three or four of each, five times four.
    for side in (sets.validation, sets.test):
        assert sorted(Counter(c.emotion for c in side).values()) == [3, 3, 3, 4, 4, 4, 4, 4]


def test_speech_song_and_tess_are_divided_together(ravdess: list[Clip], tess: list[Clip]) -> None:
    sets = folds.sets("published/shukla", ravdess + tess, 0, 0)
    # 192 spoken, 138 sung and 140 of TESS: 470 clips, 20 % are 94, 8 % are 37.6.
    assert sizes(sets) == (338, 38, 94)
    assert {clip.channel for clip in sets.test} == {"speech", "song"}
    assert audit(sets, prints_of(ravdess + tess)).leak == SPEAKERS


def test_the_published_figure_of_vu_is_that_of_the_validation_set(
    ravdess: list[Clip], savee: list[Clip]
) -> None:
    sets = folds.sets("published/vu_deepemonet", ravdess + savee, 0, 0)
    # 192 + 56 clips: 5 % are 12.4, 90 % are 223.2; the other 12 give no published figure.
    assert sizes(sets) == (223, 13, 13)
    assert sets.test == sets.validation
    assert audit(sets, prints_of(ravdess + savee)).leak == f"{SPEAKERS}; {VALIDATION}"


def test_rows_are_shuffled_after_augmentation(ravdess: list[Clip], savee: list[Clip]) -> None:
    spoken = [clip for clip in ravdess if clip.channel == "speech"]
    copies, sources = copied(spoken + savee)
    rows = spoken + savee + copies
    sets = folds.sets(DAVIES, rows, 0, 0, sources)
    # (192 + 56) clips and three copies of each: 992 rows, of which 248 test and validate.
    assert sizes(sets) == (744, 248, 248)
    assert sets.leak == f"{SPEAKERS}; {COPIES}; {VALIDATION}"
    tested = {folds.origin(clip.key, sources) for clip in sets.test}
    trained = {folds.origin(clip.key, sources) for clip in sets.train}
    assert len(tested & trained) > 100
    assert audit(sets, prints_of(rows)).clips == {"training": 744, "validation": 248, "test": 248}


def test_without_copies_the_clips_are_divided_and_the_table_says_so(
    ravdess: list[Clip], savee: list[Clip]
) -> None:
    sets = folds.sets(DAVIES, ravdess + savee, 0, 0)
    assert sizes(sets) == (186, 62, 62)
    assert sets.leak == (
        f"{SPEAKERS}; {VALIDATION}; no augmented copies were made: the clips themselves are divided"
    )
    twin = replace(sets.test[0], name="twin", path=Path("twin.wav"))
    sound = prints_of([*ravdess, *savee]) | {twin.key: f"sound of {sets.test[0].key}"}
    with pytest.raises(LeakageError, match=r"exact copy of (ravdess|savee)/twin"):
        audit(replace(sets, train=(*sets.train, twin)), sound)


def test_an_undeclared_copy_is_refused_where_declared_ones_stand(
    ravdess: list[Clip], savee: list[Clip]
) -> None:
    spoken = [clip for clip in ravdess if clip.channel == "speech"]
    copies, sources = copied(spoken + savee)
    sound = prints_of(spoken + savee + copies)
    sets = folds.sets(DAVIES, spoken + savee + copies, 0, 0, sources)
    trained = next(clip for clip in sets.train if clip.key not in sources)
    apart = next(clip for clip in sets.test if sources.get(clip.key, clip.key) != trained.key)
    alike = sound | {apart.key: sound[trained.key]}
    with pytest.raises(LeakageError, match=f"{apart.key}, an exact copy of {trained.key}, stands"):
        audit(sets, alike)
    # The same recording under two names is a declared copy once its origin is known.
    audit(sets, alike, {apart.key: trained.key, trained.key: "ravdess/original"})
    with pytest.raises(LeakageError, match=f"the file {apart.path.name} stands in training"):
        audit(replace(sets, train=(*sets.train, apart)), sound)
    with pytest.raises(LeakageError, match=f"the file {trained.path.name} stands in training"):
        moved = replace(apart, path=trained.path)
        others = tuple(moved if clip == apart else clip for clip in sets.test)
        audit(replace(sets, test=others, validation=others), sound)


def test_the_test_set_validates_only_where_it_is_declared_and_only_whole(
    ravdess: list[Clip],
) -> None:
    sound = prints_of(ravdess)
    clean = folds.sets("published/erciyes2024", ravdess, 0, 0)
    with pytest.raises(LeakageError, match="stands in validation and in test"):
        audit(replace(clean, validation=clean.test), sound)
    leaking = replace(clean, validation=clean.test, test_validates=True)
    assert audit(leaking, sound).clips["test"] == 29
    with pytest.raises(LeakageError, match="stands in validation and in test"):
        audit(replace(leaking, validation=clean.test[1:]), sound)


@pytest.mark.parametrize("name", ["luna5", "published/erciyes2024", "published/santamaria"])
def test_copies_follow_their_source_into_training_and_nowhere_else(name: str) -> None:
    clips = numbered()
    copies, sources = copied(clips)
    sets = folds.sets(name, clips + copies, 0, 0, sources)
    alone = folds.sets(name, clips, 0, 0)
    assert (sets.validation, sets.test) == (alone.validation, alone.test)
    assert len(sets.train) == 4 * len(alone.train)
    assert {folds.origin(c.key, sources) for c in sets.train} == {c.key for c in alone.train}
    audit(sets, prints_of(clips + copies))


def test_files_in_order_song_first_are_cut_at_80_percent() -> None:
    clips = numbered()
    sets = folds.sets("published/santamaria", clips[::-1], 0, 0)
    assert sizes(sets) == (1961, 491, 491)
    assert Counter(str(clip.emotion) for clip in sets.test) == {
        "neutral": 32,
        "calm": 65,
        "happy": 66,
        "sad": 65,
        "angry": 66,
        "fearful": 67,
        "disgust": 65,
        "surprised": 65,
    }
    assert {clip.channel for clip in sets.test} == {"speech"}
    own = Counter(int(clip.speaker[-2:]) for clip in sets.test)
    assert own == {16: 11, **dict.fromkeys(range(17, 25), 60)}
    # Of actor 16 the last of each emotion: three fearful ones, of the strong intensity.
    fearful = [c.name for c in sets.test if c.speaker[-2:] == "16" and c.emotion == "fearful"]
    assert fearful == ["03-01-06-02-01-02-16", "03-01-06-02-02-01-16", "03-01-06-02-02-02-16"]
    # Every actor sings in training: 44 clips each but 18; those of 17 to 24 are not unseen.
    songs = Counter(int(c.speaker[-2:]) for c in sets.train if c.channel == "song")
    assert songs == dict.fromkeys(set(range(1, 25)) - {18}, 44)
    assert audit(sets, prints_of(clips)).leak == f"{SPEAKERS}; {VALIDATION}"


def test_an_incomplete_corpus_cannot_give_the_published_support() -> None:
    # The eight clips that actor 16 speaks calmly are missing: 2,444 are left.
    clips = [
        clip
        for clip in numbered()
        if not (clip.name.startswith("03-01-02") and clip.name.endswith("-16"))
    ]
    with pytest.raises(
        ProtocolError, match="tests 491 clips, but the last 20 % of the 2444 at hand are 489"
    ):
        folds.sets("published/santamaria", clips, 0, 0)
    # Actor 20's four neutral clips are taken for calm ones: 64 + 4.
    mislabelled = [
        replace(clip, emotion=Emotion.CALM)
        if clip.name.startswith("03-01-01") and clip.name.endswith("-20")
        else clip
        for clip in numbered()
    ]
    with pytest.raises(ProtocolError, match="tests 65 clips 'calm', but finds 68"):
        folds.sets("published/santamaria", mislabelled, 0, 0)
    with pytest.raises(ProtocolError, match="needs the 24 speakers of ravdess, but 23 are at hand"):
        folds.sets("published/santamaria", numbered(23), 0, 0)


@pytest.mark.parametrize("name", ["erciyes2024", "erciyes2024_stratified"])
def test_one_recording_under_two_names_stays_in_training(name: str) -> None:
    sets = folds.sets(f"published/{name}", numbered(), 0, 0)
    assert sizes(sets) == (1008, 216, 216)
    assert {clip.name for clip in sets.train} >= TWINS


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"leaks": [SPEAKERS]}, "'the test set is also the validation set' is a leak just where"),
        ({"leaks": ["speakers"]}, "leaks.0"),
        ({"corpora": {}}, "the split 'shares' and the corpora do not fit"),
        ({"split": {"kind": "shares", "train": 80, "test": 30}}, "sum to more than 100"),
        ({"split": {"kind": "each"}}, "the split 'each' is of one corpus"),
    ],
)
def test_a_protocol_that_contradicts_itself_is_refused(
    changed: dict[str, object], message: str
) -> None:
    values = {
        "name": "mine",
        "title": "mine",
        "source": "mine",
        "corpora": {"ravdess": 24, "savee": 4},
        "leaks": [SPEAKERS, VALIDATION],
        "split": {"kind": "shares", "train": 80, "test": 20},
    }
    check(Protocol, values, "mine")
    with pytest.raises(RecipeError, match=message):
        check(Protocol, values | changed, "mine")


def test_a_misspelt_name_in_a_folder_is_answered_with_the_nearest() -> None:
    with pytest.raises(ProtocolError, match=r"did you mean 'published/shukla'\?"):
        protocol.load("published/shukl")


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("erciyes2024", (1008, 216, 216)),  # of 1,440
        ("erciyes2024_stratified", (1008, 216, 216)),
        ("davies_chen2024", (1440, 480, 480)),  # of 1,920
        ("shukla", (3780, 421, 1051)),  # of 5,252: 8 % are 420.2, 20 % are 1050.4
        ("santamaria", (1961, 491, 491)),  # of 2,452
        ("vu_deepemonet", (1728, 96, 96)),  # of 1,920, 96 left out
    ],
)
def test_published_sizes_on_the_real_corpora(
    name: str, counts: tuple[int, int, int], corpora_root: Path
) -> None:
    clips = corpora.load(["ravdess", "savee", "tess"], corpora_root)
    sets = folds.sets(f"published/{name}", clips, 0, 0)
    assert sizes(sets) == counts
    assert {clip.name for clip in sets.train} >= TWINS
    audit(sets, prints_of(clips))


@pytest.mark.corpus
def test_davies_and_chen_have_7680_rows(corpora_root: Path) -> None:
    found = corpora.load(["ravdess", "savee"], corpora_root)
    clips = [clip for clip in found if clip.channel == "speech"]
    # As the report counts them.
    assert Counter(str(clip.emotion) for clip in clips) == {
        **dict.fromkeys(("angry", "disgust", "fearful", "happy", "sad", "surprised"), 252),
        "neutral": 216,
        "calm": 192,
    }
    copies, sources = copied(clips)
    sets = folds.sets(DAVIES, clips + copies, 0, 0, sources)
    assert sizes(sets) == (5760, 1920, 1920)
    # The recording with two names sounds alike in every copy; it is one clip's copies too.
    one, other = sorted(TWINS)
    sound = {key: value.replace(other, one) for key, value in prints_of(clips + copies).items()}
    assert len(set(sound.values())) == 7680 - 4
    audit(sets, sound)
    with pytest.raises(LeakageError, match=r"an exact copy of ravdess/03-01-03-01-02-0[12]-07"):
        audit(replace(sets, origins=sources), sound)


@pytest.mark.corpus
def test_the_real_names_give_the_published_support(corpora_root: Path) -> None:
    clips = corpora.load(["ravdess"], corpora_root)
    tested = folds.sets("published/santamaria", clips, 0, 0).test
    counts = Counter(clip.emotion for clip in tested)
    assert [counts[Emotion(label)] for label in EIGHT] == [32, 65, 66, 65, 66, 67, 65, 65]
    assert [c.key for c in tested] == [
        c.key for c in folds.sets("published/santamaria", numbered(), 0, 0).test
    ]
