"""A corpus is compared with what was published, and its sound is listened to."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sertain import corpora
from sertain.corpora import from_folder, from_table
from sertain.corpora.listening import listen
from sertain.corpora.verify import Difference, Verified, verify, verify_own
from sertain.labels import Emotion
from tests.corpora.recordings import RATE, named, noise, tree, write

EMOTIONS = {"n": 30, "a": 15, "d": 15, "f": 15, "h": 15, "sa": 15, "su": 15}


def savee_names() -> list[str]:
    return [
        f"{speaker}_{emotion}{number:02d}.wav"
        for speaker, (emotion, clips) in product(("DC", "JE", "JK", "KL"), EMOTIONS.items())
        for number in range(1, clips + 1)
    ]


def savee(folder: Path, *, listen: bool = True) -> Verified:
    return verify(corpora.get("savee"), folder, listen=listen)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree(tmp_path_factory.mktemp("savee"), savee_names())


def test_a_whole_corpus_is_whole(whole: Path) -> None:
    result = savee(whole)

    assert result.is_whole
    assert (result.found, result.published, result.listened) == (480, 480, True)
    assert (result.missing, result.surplus, result.missing_names) == ((), (), ())
    assert (result.unreadable, result.silent, result.clipped, result.same) == ((), (), (), ())


def test_what_is_missing_is_counted_and_named(tmp_path: Path) -> None:
    gone = {"DC_a01.wav", "DC_a02.wav", "KL_n30.wav"}
    named(tmp_path, [name for name in savee_names() if name not in gone])

    result = savee(tmp_path, listen=False)

    assert not result.is_whole
    assert result.missing == (
        Difference("savee/DC", "speech", Emotion.ANGRY, 13, 15),
        Difference("savee/KL", "speech", Emotion.NEUTRAL, 29, 30),
    )
    assert result.missing_names == ("DC_a01", "DC_a02", "KL_n30")


def test_what_is_too_much_is_counted_and_is_no_fault(tmp_path: Path) -> None:
    named(tmp_path, [*savee_names(), "DC_a16.wav", "other.wav"])

    result = savee(tmp_path, listen=False)

    assert result.is_whole
    assert result.surplus == (Difference("savee/DC", "speech", Emotion.ANGRY, 16, 15),)
    assert [path.name for path in result.strangers] == ["other.wav"]


def test_channels_are_counted_apart(tmp_path: Path) -> None:
    ravdess = corpora.get("ravdess")
    names = [name for name in ravdess.published.names or () if name.startswith("03-01")]
    named(tmp_path, [f"{name}.wav" for name in names])

    result = verify(ravdess, tmp_path, listen=False)

    assert len(result.missing_names) == 1012
    assert sum(each.published - each.found for each in result.missing) == 1012
    assert {each.channel for each in result.missing} == {"song"}
    # 23 actors sing, six emotions each.
    assert len(result.missing) == 23 * 6


def test_a_sum_over_speakers_is_compared_where_no_more_is_published(tmp_path: Path) -> None:
    actors = range(1, 35)
    names = [
        f"03-01-{emotion}-01-0{statement}-0{repetition}-{actor:02d}.wav"
        for emotion, statement, repetition, actor in product(
            ("01", "02", "03", "04", "05"), (1, 2, 3), (1, 2, 3), actors
        )
        # 27 of the 34 actors spoke neutrally.
        if emotion != "05" or actor <= 27
    ]
    named(tmp_path, names)
    banglaser = corpora.get("banglaser")

    assert len(names) == 1467
    assert verify(banglaser, tmp_path, listen=False).is_whole
    (tmp_path / "03-01-05-01-01-01-01.wav").unlink()
    (tmp_path / "03-01-03-01-01-01-34.wav").unlink()
    assert verify(banglaser, tmp_path, listen=False).missing == (
        Difference("all", "speech", Emotion.NEUTRAL, 242, 243),
        Difference("banglaser/34", "speech", Emotion.ANGRY, 8, 9),
    )


def test_the_same_recording_is_found_in_another_coding_too(tmp_path: Path) -> None:
    write(tmp_path / "03a01Wa.wav", noise(1))
    write(tmp_path / "03a01Fa.wav", noise(1))
    write(tmp_path / "03a01Nc.wav", noise(2))
    write(tmp_path / "03a02Fc.flac", noise(2))
    write(tmp_path / "03a02Nc.wav", noise(3))

    result = verify(corpora.get("emodb"), tmp_path)

    assert [(same.names, same.by, same.is_known) for same in result.same] == [
        (("03a01Fa", "03a01Wa"), "file", False),
        (("03a01Nc", "03a02Fc"), "sound", False),
    ]


def test_silent_clipped_and_unreadable_clips_are_named(tmp_path: Path) -> None:
    write(tmp_path / "03a01Fa.wav", np.zeros(RATE))
    write(tmp_path / "03a01Nc.wav", np.zeros(RATE))
    loud = noise(1, seconds=1.0)
    loud[:80] = 0.9999  # a hundredth of the clip
    write(tmp_path / "03a01Wa.wav", loud)
    (tmp_path / "03a02Fc.wav").write_bytes(b"no audio at all")
    write(tmp_path / "03a02Nc.wav", noise(2))

    result = verify(corpora.get("emodb"), tmp_path)

    assert [(each.name, each.is_known) for each in result.silent] == [
        ("03a01Fa", False),
        ("03a01Nc", False),
    ]
    assert [each.name for each in result.clipped] == ["03a01Wa"]
    assert result.clipped[0].what == "1.00% of its samples at full scale"
    assert [each.name for each in result.unreadable] == ["03a02Fc"]
    assert result.same == ()
    assert not result.is_whole


def test_a_clip_that_is_cut_off_is_unreadable(tmp_path: Path) -> None:
    path = write(tmp_path / "03a01Fa.wav", noise(1, seconds=2.0))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])

    result = verify(corpora.get("emodb"), tmp_path)

    assert [each.name for each in result.unreadable] == ["03a01Fa"]
    assert "cut off" in result.unreadable[0].what


def test_what_is_so_in_the_published_corpus_is_known(tmp_path: Path) -> None:
    write(tmp_path / "1076_MTI_SAD_XX.wav", np.zeros(RATE))
    for name in ("1017_IWW_ANG_XX", "1017_IWW_FEA_XX"):
        write(tmp_path / f"{name}.wav", noise(1))
    for name in ("1013_WSI_DIS_XX", "1013_WSI_ANG_XX"):
        write(tmp_path / f"{name}.wav", noise(2))

    result = verify(corpora.get("crema-d"), tmp_path)

    assert [(each.name, each.is_known) for each in result.silent] == [("1076_MTI_SAD_XX", True)]
    assert {same.names: same.is_known for same in result.same} == {
        ("1013_WSI_ANG_XX", "1013_WSI_DIS_XX"): False,
        ("1017_IWW_ANG_XX", "1017_IWW_FEA_XX"): True,
    }


def test_a_name_in_several_files_is_told(tmp_path: Path) -> None:
    tree(tmp_path, ["a/03a01Fa.wav", "b/03a01Fa.flac", "b/03a01Nc.wav"])

    result = verify(corpora.get("emodb"), tmp_path)

    assert [(each.name, each.what) for each in result.copies] == [
        ("03a01Fa", "a/03a01Fa.wav, b/03a01Fa.flac")
    ]
    assert result.found == 2


def test_an_own_corpus_is_listened_to(tmp_path: Path) -> None:
    tree(tmp_path, ["angry/1.wav", "sad/2.wav"])
    write(tmp_path / "sad" / "3.wav", noise(0))

    result = verify_own("calls", tmp_path, from_folder(tmp_path, "calls"))

    assert (result.found, result.published, result.is_whole) == (3, None, True)
    assert [same.names for same in result.same] == [("angry/1", "sad/3")]


def test_parts_of_one_file_are_not_the_same_recording(tmp_path: Path) -> None:
    tree(tmp_path, ["a.wav"])
    (tmp_path / "calls.csv").write_text(
        "file,emotion,start,end\na.wav,sad,0,0.1\na.wav,angry,0.1,0.2\n", encoding="utf-8"
    )

    result = verify_own("calls", tmp_path, from_table(tmp_path / "calls.csv"))

    assert (result.found, result.same) == (2, ())


def test_the_loudest_sample_and_the_share_at_full_scale_are_measured(tmp_path: Path) -> None:
    samples = np.full((RATE, 2), 0.25)
    samples[:40] = -1.0
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")

    heard = listen(tmp_path / "a.wav")

    assert heard.peak == 1.0
    assert heard.clipped == 0.005
    assert heard.duration_s == 1.0


def test_all_of_it_goes_into_json(tmp_path: Path) -> None:
    write(tmp_path / "1076_MTI_SAD_XX.wav", np.zeros(RATE))

    told = verify(corpora.get("crema-d"), tmp_path).to_dict()

    assert told["corpus"] == "crema-d"
    assert told["whole"] is False
    assert (told["found"], told["published"], len(told["missing_names"])) == (1, 7442, 7441)
    assert [each["known"] for each in told["silent"]] == [True]


@pytest.mark.corpus
def test_a_part_of_the_real_ravdess_holds_its_known_pair(
    corpora_root: Path, tmp_path: Path
) -> None:
    actor = corpora_root / "ravdess" / "speech" / "Actor_07"
    if not actor.is_dir():
        pytest.skip(f"{actor} is not at hand")
    (tmp_path / "Actor_07").symlink_to(actor)

    result = verify(corpora.get("ravdess"), tmp_path / "Actor_07")

    assert result.found == 60
    assert [(same.names, same.is_known) for same in result.same] == [
        (("03-01-03-01-02-01-07", "03-01-03-01-02-02-07"), True)
    ]
    assert result.unreadable == ()
    assert result.silent == ()
