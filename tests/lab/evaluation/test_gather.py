"""An evaluation hears what its protocol and recipe name, and says what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from sertain.corpora.clip import Clip
from sertain.errors import CorpusError, ProtocolError
from sertain.lab.augment.copies import Copies
from sertain.lab.evaluation import folds, gather, protocol
from sertain.lab.recipes import Recipe
from sertain.lab.recipes.parts import Cut
from sertain.lab.training import cache
from tests.lab.evaluation.conftest import EIGHT, SEVEN, clips_of
from tests.lab.evaluation.tones import recipe_of, tones

pytestmark = pytest.mark.train

CODES = ("a", "d", "f", "h", "n", "sa", "su")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """RAVDESS, SAVEE and TESS by their names; nothing can be heard in the files."""
    monkeypatch.delenv("SERTAIN_CORPORA", raising=False)
    names = {
        "ravdess": [f"03-01-0{e}-01-01-01-{a:02d}" for a in range(1, 25) for e in range(1, 9)],
        "savee": [f"{man}_{code}01" for man in ("DC", "JE", "JK", "KL") for code in CODES],
        "tess": ["OAF_back_angry", "YAF_back_sad"],
    }
    for corpus, own in names.items():
        (tmp_path / corpus).mkdir()
        for name in own:
            (tmp_path / corpus / f"{name}.wav").touch()
    return tmp_path


def heard(clips: list[Clip]) -> set[str]:
    return {clip.corpus for clip in clips}


def with_labels(*corpora: str) -> Recipe:
    return recipe_of(corpora, EIGHT)


def test_a_report_of_its_own_needs_its_own_corpora_alone(root: Path) -> None:
    everything = with_labels("ravdess", "savee", "crema-d")
    assert heard(gather.clips_for(everything, "published/erciyes2024", root)) == {"ravdess"}
    davies = gather.clips_for(everything, "published/davies_chen2024", root)
    assert heard(davies) == {"ravdess", "savee"}
    with pytest.raises(CorpusError, match="crema-d does not lie in"):
        gather.clips_for(everything, "luna5", root)


def test_a_corpus_that_only_tests_is_heard_where_it_is_at_hand(root: Path) -> None:
    terms = protocol.load("cross_davies")
    clips = gather.clips_for(with_labels("ravdess", "savee", "emodb"), "cross_davies", root)
    assert heard(clips) == {"ravdess", "savee", "tess"}
    assert gather.absent(terms, clips) == ["nemo", "banglaser"]
    assert gather.absent(protocol.load("luna5"), []) == []
    with pytest.raises(CorpusError, match="banglaser"):  # a place that was named has to be there
        gather.clips_for(
            with_labels("ravdess", "savee"), "cross_davies", root, {"banglaser": root / "none"}
        )


def test_what_is_short_of_the_published_corpus_is_told(root: Path) -> None:
    clips = gather.clips_for(with_labels("ravdess", "savee"), "luna5", root)
    clips += clips_of("mine", {"me": None}, SEVEN)
    assert gather.shortfalls(clips) == [
        "ravdess is incomplete: 192 of its 2,452 clips are at hand; "
        "see what is missing: sertain corpora verify ravdess",
        "savee is incomplete: 28 of its 480 clips are at hand; "
        "see what is missing: sertain corpora verify savee",
    ]
    spoken = gather.shortfalls(clips, ("speech",))
    assert spoken[0].startswith("ravdess is incomplete: 192 of its 1,440 clips are at hand;")


def test_a_recipe_that_hears_speech_alone_learns_no_song(ravdess: list[Clip]) -> None:
    recipe = with_labels("ravdess").model_copy(update={"channels": ("speech",)})
    known = gather.fitting(protocol.load("luna5"), recipe, ravdess)
    assert {clip.channel for clip in known} == {"speech"}
    both = gather.fitting(protocol.load("luna5"), with_labels("ravdess"), ravdess)
    assert {clip.channel for clip in both} == {"speech", "song"}
    for name in ("published/shukla", "published/santamaria"):
        wide = recipe.model_copy(update={"corpora": ("ravdess", "tess")})
        with pytest.raises(ProtocolError, match=f"{name} tests song, which the recipe"):
            gather.fitting(protocol.load(name), wide, ravdess)


def test_what_a_recipe_lacks_for_the_outside_check_is_said(
    ravdess: list[Clip], savee: list[Clip], tess: list[Clip]
) -> None:
    terms = protocol.load("cross_davies")
    with pytest.raises(ProtocolError, match="cross_davies trains savee, which the recipe"):
        gather.fitting(terms, with_labels("ravdess"), ravdess + tess)
    with pytest.raises(ProtocolError, match="trains ravdess and savee, but savee is not at hand"):
        folds.fold_names("cross_davies", ravdess + tess)
    with pytest.raises(ProtocolError, match="tests tess, nemo, banglaser, of which none"):
        folds.fold_names("cross_davies", ravdess + savee)


def test_the_outside_check_tests_whole_corpora_over_shared_labels(
    ravdess: list[Clip], savee: list[Clip], tess: list[Clip]
) -> None:
    nemo = clips_of("nemo", dict.fromkeys(("A", "B"), "female"), SEVEN[:5], each=2)
    emodb = clips_of("emodb", {"03": "male"}, SEVEN)
    recipe = with_labels("ravdess", "savee", "emodb")
    known = gather.fitting(
        protocol.load("cross_davies"), recipe, ravdess + savee + tess + nemo + emodb
    )
    assert heard(known) == {"ravdess", "savee", "tess", "nemo"}
    assert folds.fold_names("cross_davies", known) == ("tess", "nemo")
    for fold, tested in enumerate((tess, nemo)):
        sets = folds.sets("cross_davies", known, fold, 0)
        assert {clip.key for clip in sets.test} == {clip.key for clip in tested}
        assert heard([*sets.train, *sets.validation]) == {"ravdess", "savee"}


def test_copies_are_of_what_is_heard_and_are_not_cut_again(tmp_path: Path) -> None:
    """A notebook loads 0.1 s from 0.05 s on, changes that, and averages all of it."""
    clips = tones(tmp_path / "savee", "savee", ("DC", "JE"), each=1)  # 0.25 s each
    how = Cut(cut="file", offset_s=0.05, duration_s=0.1)
    recipe = recipe_of(("savee",)).model_copy(
        update={"clip": how, "copies": Copies(stretch=0.5, pitch=None, sample_rate=16000)}
    )
    heard, sources = gather.with_copies(recipe, clips, tmp_path / "copies")
    assert len(heard) == 3 * len(clips)
    assert set(sources.values()) == {clip.key for clip in clips}
    waves = cache.prepare(heard, tmp_path / "cache", how=recipe.clip)
    lengths = {clip.key: entry.samples for clip, entry in zip(heard, waves.entries, strict=True)}
    key = clips[0].key
    assert lengths[key] == lengths[f"{key}~noise"] == 1600
    assert lengths[f"{key}~stretch"] == 3200
    kept = {clip.key: clip for clip in heard}
    assert kept[key] == clips[0]
