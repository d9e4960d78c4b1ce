"""Every row of the reports can be divided by its published protocol and by luna5.

Nothing is trained; the sizes are those that the reports give or that follow from them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from sertain import corpora
from sertain.corpora.clip import Clip
from sertain.lab import recipes
from sertain.lab.evaluation import folds, gather, protocol
from sertain.lab.evaluation.audit import audit

pytestmark = pytest.mark.train

DAVIES = [
    f"davies_chen2024/{row}"
    for row in (
        "cnn1",
        "cnn4",
        "crnn",
        "crnn_dropout",
        "crnn_kernel5",
        "crnn_conv4",
        "crnn_activations",
        "crnn_gru",
    )
]
VU = [
    f"vu_deepemonet/{row}"
    for row in ("svm", "bilstm", "resnet34", "resnet34_transfer", "resnet34_augmented")
]
PUBLISHED = {
    "erciyes2024": "erciyes2024",
    **dict.fromkeys(DAVIES, "davies_chen2024"),
    "shukla": "shukla",
    **dict.fromkeys(("santamaria/baseline", "santamaria/deep"), "santamaria"),
    **dict.fromkeys(VU, "vu_deepemonet"),
}
SIZES = {
    "erciyes2024": (1008, 216, 216),
    "davies_chen2024": (5760, 1920, 1920),
    "shukla": (3780, 421, 1051),
    "santamaria": (1961, 491, 491),
    "vu_deepemonet": (1728, 96, 96),
}


@pytest.fixture(scope="module")
def at_hand(corpora_root: Path) -> list[Clip]:
    return corpora.load(["ravdess", "savee", "tess"], corpora_root)


def copied(recipe: recipes.Recipe, clips: list[Clip]) -> tuple[list[Clip], dict[str, str]]:
    """The copies that the recipe asks for, by name alone, and their sources."""
    kinds = recipe.copies.kinds if recipe.copies else ()
    copies = [
        replace(clip, name=f"{clip.name}~{kind}", path=Path(f"{clip.path}~{kind}"))
        for clip in clips
        for kind in kinds
    ]
    return copies, {copy.key: copy.key.split("~")[0] for copy in copies}


def sounds(clips: list[Clip]) -> dict[str, str]:
    """Every clip sounds otherwise."""
    return {clip.key: clip.key for clip in clips}


def test_the_seventeen_rows_are_there() -> None:
    assert len(PUBLISHED) == 17
    assert set(PUBLISHED) <= set(recipes.names())


@pytest.mark.parametrize("row", sorted(PUBLISHED))
def test_a_row_states_its_published_figure_and_how_it_was_earned(row: str) -> None:
    about = recipes.load(row).about
    assert "published" in about
    assert "%" in about
    assert "RAVDESS" in about


@pytest.mark.corpus
@pytest.mark.parametrize("row", sorted(PUBLISHED))
def test_a_row_has_the_sets_of_its_published_protocol(row: str, at_hand: list[Clip]) -> None:
    recipe, report = recipes.load(row), PUBLISHED[row]
    name = f"published/{report}"
    known = gather.fitting(protocol.load(name), recipe, at_hand)
    copies, sources = copied(recipe, known)
    sets = folds.sets(name, known + copies, 0, 0, sources)
    assert (len(sets.train), len(sets.validation), len(sets.test)) == SIZES[report]
    assert sets.leak == protocol.load(name).leak  # copies too, where the report's were there
    audit(sets, sounds(known + copies), sources)


@pytest.mark.corpus
@pytest.mark.parametrize("row", sorted(PUBLISHED))
def test_a_row_has_the_five_folds_of_unseen_actors(row: str, at_hand: list[Clip]) -> None:
    recipe = recipes.load(row)
    known = gather.fitting(protocol.load("luna5"), recipe, at_hand)
    assert {clip.channel for clip in known} == set(recipe.channels)
    copies, sources = copied(recipe, known)
    tested: list[str] = []
    for fold, actors in enumerate((5, 5, 5, 5, 4)):
        sets = folds.sets("luna5", known + copies, fold, 0, sources)
        assert audit(sets, sounds(known + copies), sources).leak is None
        assert len(sets.test) == 60 * actors
        tested += [clip.key for clip in sets.test]
        # All that trains along: 24 actors less those tested and four that validate, one man of
        # SAVEE's four, one woman of TESS' two.
        speakers = Counter(clip.corpus for clip in {c.speaker: c for c in sets.train}.values())
        assert speakers["ravdess"] == 20 - actors
        assert speakers["savee"] == (3 if "savee" in recipe.corpora else 0)
        assert speakers["tess"] == (1 if "tess" in recipe.corpora else 0)
        spoken = [c for c in sets.train if c.corpus == "ravdess" and c.channel == "speech"]
        originals = 60 * (20 - actors)
        assert len(spoken) == originals * (4 if recipe.copies else 1)
        assert not {clip.key for clip in (*sets.validation, *sets.test)} & sources.keys()
    assert len(tested) == len(set(tested)) == 1440


@pytest.mark.corpus
@pytest.mark.parametrize("row", [*DAVIES, "residual_asp"])
def test_system_b_and_ours_are_tested_across_corpora(row: str, corpora_root: Path) -> None:
    recipe = recipes.load(row)
    clips = gather.clips_for(recipe, "cross_davies", corpora_root)
    terms = protocol.load("cross_davies")
    assert gather.absent(terms, clips) == ["banglaser"]
    known = gather.fitting(terms, recipe, clips)
    copies, sources = copied(recipe, [c for c in known if c.corpus in terms.split.train])
    assert folds.fold_names("cross_davies", known) == ("tess", "nemo")
    for fold, (corpus, count) in enumerate((("tess", 2800), ("nemo", 4481))):
        sets = folds.sets("cross_davies", known + copies, fold, 0, sources)
        assert {clip.corpus for clip in sets.test} == {corpus}
        assert len(sets.test) == count
        assert {clip.corpus for clip in (*sets.train, *sets.validation)} == {"ravdess", "savee"}
        assert audit(sets, sounds(known + copies), sources).leak is None
