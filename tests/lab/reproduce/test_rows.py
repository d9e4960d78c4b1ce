"""The table of rows is what the reports published, and words find its lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from sertain.errors import RecipeError
from sertain.lab import recipes
from sertain.lab.evaluation import folds, gather, protocol
from sertain.lab.reproduce import rows

pytestmark = pytest.mark.train

PUBLISHED = {
    "A1": 81.08,
    **dict(zip(["B1", "B2", "B3", "B4"], [62.76, 65.63, 67.29, 67.34], strict=True)),
    **dict(zip(["B5", "B6", "B7", "B8"], [70.10, 74.43, 76.20, 76.51], strict=True)),
    "C1": 76.02,
    "D1": 26,
    "D2": 36,
    **dict(zip(["E1", "E2", "E3", "E4", "E5"], [51.7, 52.8, 45.8, 57.3, 66.7], strict=True)),
}


def test_seventeen_rows_have_the_published_accuracy_and_the_others_none() -> None:
    found = {row.row: row.accuracy for row in rows.load().rows if row.accuracy is not None}
    assert found == PUBLISHED
    assert {row.row: row.f1 for row in rows.load().rows if row.f1} == {
        **{"C1": 76.97, "D1": 27, "D2": 33},
        **{"E1": 50.9, "E2": 49.7, "E3": 42.6, "E4": 52.8, "E5": 63.1},
    }


def test_every_row_is_a_recipe_under_its_own_reports_protocol_and_on_unseen_speakers() -> None:
    for row in rows.load().rows:
        report = row.protocol.removeprefix("published/").removesuffix("_stratified")
        if row.system != "own":
            assert row.recipe.startswith(report)
        assert protocol.load(row.protocol).leaks
        assert not protocol.load(row.unseen).leaks
        assert row.recipe in recipes.names()


def test_our_own_network_stands_under_every_protocol_of_a_report() -> None:
    table = rows.load()
    own = {row.protocol for row in table.rows if row.system == "own"}
    assert own == {row.protocol for row in table.rows if row.accuracy is not None}


def test_own_rows_are_found_by_their_recipe_and_may_say_what_differs_from_the_report() -> None:
    table = rows.load()
    own = {row.row: row for row in table.rows if row.system == "own"}
    for row in own.values():
        assert row in table.chosen([row.recipe]).rows
    assert own["own-B"].beside == (
        "no copies: 1,440 clips train and 480 are tested, none of them a copy"
    )


@pytest.mark.corpus
def test_without_copies_a_quarter_of_1920_clips_is_tested(corpora_root: Path) -> None:
    (own,) = (row for row in rows.load().rows if row.row == "own-B")
    recipe, terms = recipes.load(own.recipe), protocol.load(own.protocol)
    assert recipe.copies is None
    known = gather.fitting(terms, recipe, gather.clips_for(recipe, own.protocol, corpora_root))
    sets = folds.sets(own.protocol, known, 0, 0)
    assert (len(sets.train), len(sets.test)) == (1440, 480)
    assert not {clip.key for clip in sets.train} & {clip.key for clip in sets.test}


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("B8", ["B8"]),
        ("b8", ["B8"]),
        ("D", ["D1", "D2"]),
        ("shukla", ["C1"]),
        ("santamaria/", ["D1", "D2"]),
        ("santamaria/deep", ["D2"]),
        ("own", ["own-A", "own-B", "own-C", "own-D", "own-E"]),
        ("vu_deepemonet/svm", ["E1"]),
    ],
)
def test_a_word_is_a_row_a_system_a_recipe_or_a_folder(word: str, found: list[str]) -> None:
    assert [row.row for row in rows.load().chosen([word]).rows] == found


def test_words_add_up_in_the_order_of_the_table() -> None:
    chosen = rows.load().chosen(["E1", "A1", "E1"])
    assert [row.row for row in chosen.rows] == ["A1", "E1"]
    assert chosen.outside == ()
    assert [each.recipe for each in rows.load().chosen(["B8"]).outside] == [
        "davies_chen2024/crnn_gru"
    ]
    assert rows.load().chosen([]) == rows.load()


@pytest.mark.parametrize(
    ("word", "remedy"),
    [("shukle", "did you mean 'shukla'"), ("davies", "did you mean 'davies_chen2024'")],
)
def test_an_unknown_word_names_the_nearest_one(word: str, remedy: str) -> None:
    with pytest.raises(RecipeError, match=remedy):
        rows.load().chosen(["A1", word])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rows: [", "is not YAML"),
        ("- 1", "holds no table of keys"),
        ("systems: {X: x}\nrows: [{row: X1, system: Y, recipe: a, protocol: b}]", "'Y' is not"),
        ("systems: {X: x}\nrows: [{row: X1, sistem: X, recipe: a, protocol: b}]", "system"),
        (
            "systems: {X: x}\nrows: [{row: a, system: X, recipe: r, protocol: p},"
            " {row: a, system: X, recipe: r, protocol: p}]",
            "two rows are called 'a'",
        ),
    ],
)
def test_a_faulty_table_is_said_in_one_line(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "rows.yaml").write_text(text)
    with pytest.raises(RecipeError, match=said) as fault:
        rows.load(tmp_path / "rows.yaml")
    assert "\n" not in str(fault.value)
