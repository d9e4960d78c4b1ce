"""Corpora are found where the user says they lie, and loaded as clips."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sertain import corpora
from sertain.errors import CorpusError
from tests.corpora.recordings import noise, tree, write


def test_a_corpus_is_found_under_the_root(tmp_path: Path) -> None:
    (tmp_path / "crema-d").mkdir()

    assert corpora.locate("crema-d", root=tmp_path) == tmp_path / "crema-d"


@pytest.mark.parametrize("written", ["CREMA-D", "cremad", "Crema_D"])
def test_case_and_punctuation_of_a_folder_do_not_count(tmp_path: Path, written: str) -> None:
    (tmp_path / written).mkdir()

    assert corpora.locate("crema-d", root=tmp_path).name == written


def test_a_named_folder_comes_before_the_root(tmp_path: Path) -> None:
    (tmp_path / "tess").mkdir()
    (tmp_path / "elsewhere").mkdir()

    found = corpora.locate("tess", root=tmp_path, named={"TESS": tmp_path / "elsewhere"})

    assert found == tmp_path / "elsewhere"


def test_the_environment_names_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "emodb").mkdir()
    monkeypatch.setenv("SERTAIN_CORPORA", str(tmp_path))

    assert corpora.locate("emodb") == tmp_path / "emodb"


def test_what_is_not_there_is_said_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SERTAIN_CORPORA", raising=False)
    with pytest.raises(CorpusError, match="give --corpora DIR, --corpus emodb=DIR or set SERTAIN"):
        corpora.locate("emodb")
    with pytest.raises(CorpusError, match="see how to get it: sertain corpora show emodb"):
        corpora.locate("emodb", root=tmp_path)
    with pytest.raises(CorpusError, match=r"the folder of corpora .*nowhere does not exist"):
        corpora.locate("emodb", root=tmp_path / "nowhere")
    with pytest.raises(CorpusError, match=r"the folder named for emodb, .*nowhere, does not exist"):
        corpora.locate("emodb", named={"emodb": tmp_path / "nowhere"})
    (tmp_path / "emodb").mkdir()
    with pytest.raises(CorpusError, match="no clip of emodb lies in"):
        corpora.load(["emodb"], root=tmp_path)


def test_clips_of_several_corpora_come_sorted_by_key(tmp_path: Path) -> None:
    tree(tmp_path / "tess", ["OAF_sad/OAF_back_sad.wav", "OAF_sad/OAF_bar_sad.wav"])
    tree(tmp_path / "emodb" / "wav", ["03a01Wa.wav"])

    clips = corpora.load(["tess", "emodb", "tess"], root=tmp_path)

    assert [clip.key for clip in clips] == [
        "emodb/03a01Wa",
        "tess/OAF_back_sad",
        "tess/OAF_bar_sad",
    ]


def test_a_name_in_two_codings_is_one_clip_and_the_lossless_one(tmp_path: Path) -> None:
    for suffix in ("mp3", "wav"):
        write(tmp_path / f"Audio{suffix}" / f"1001_DFA_ANG_XX.{suffix}", noise(1))
    write(tmp_path / "1002_DFA_ANG_XX.flac", noise(2))

    scan = corpora.get("crema-d").scan(tmp_path)

    assert [clip.path.name for clip in scan.clips] == [
        "1001_DFA_ANG_XX.wav",
        "1002_DFA_ANG_XX.flac",
    ]
    assert {name: len(paths) for name, paths in scan.copies.items()} == {"1001_DFA_ANG_XX": 2}


def test_hidden_files_and_other_files_are_passed_over(tmp_path: Path) -> None:
    tree(tmp_path, ["03a01Wa.wav", "__MACOSX/03a01Fa.wav", ".trash/03a01Nc.wav", "intro.wav"])
    (tmp_path / "._03a02Fc.wav").write_bytes(b"shadow")
    (tmp_path / "erklaerung.txt").write_text("text", encoding="utf-8")

    scan = corpora.get("emodb").scan(tmp_path)

    assert [clip.name for clip in scan.clips] == ["03a01Wa"]
    assert [path.name for path in scan.strangers] == ["intro.wav"]


def test_a_users_own_corpus_loads_beside_a_published_one(tmp_path: Path) -> None:
    tree(tmp_path / "emodb", ["03a01Wa.wav"])
    mine = tree(tmp_path / "calls", ["angry/anna/1.wav", "calm/ben/2.wav"])

    clips = corpora.load(["calls", "emodb"], root=tmp_path, named={"calls": mine})

    assert [(clip.key, clip.speaker) for clip in clips] == [
        ("calls/angry/anna/1", "calls/anna"),
        ("calls/calm/ben/2", "calls/ben"),
        ("emodb/03a01Wa", "emodb/03"),
    ]


@pytest.mark.corpus
def test_the_corpora_at_hand_hold_what_was_published(corpora_root: Path) -> None:
    here = [name for name in corpora.names() if (corpora_root / name).is_dir()]
    if not here:
        pytest.skip(f"no corpus lies in {corpora_root}")
    for name in here:
        corpus = corpora.get(name)
        scan = corpus.scan(corpora.locate(name, root=corpora_root))
        found = Counter((clip.speaker, clip.channel, clip.emotion) for clip in scan.clips)

        assert found == dict(corpus.published.counts)
        assert not scan.copies
        assert not scan.strangers


@pytest.mark.corpus
def test_all_clips_at_hand_have_names_of_their_own(corpora_root: Path) -> None:
    here = [name for name in corpora.names() if (corpora_root / name).is_dir()]
    clips = corpora.load(here, root=corpora_root)

    assert len({clip.key for clip in clips}) == len(clips)
    assert [clip.key for clip in clips] == sorted(clip.key for clip in clips)
