"""Recipes are checked before anything starts, and say what is wrong in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sertain import corpora
from sertain.errors import RecipeError
from sertain.lab import recipes
from sertain.labels import Emotion

pytestmark = pytest.mark.train

PLAIN = {
    "corpora": ["ravdess"],
    "labels": ["happy", "sad"],
    "frontend": {"name": "log_mel"},
    "model": {"name": "residual_asp"},
}


def _load(folder: Path, changes: dict[str, object]) -> recipes.Recipe:
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump({**PLAIN, **changes}), "utf-8")
    return recipes.load(path)


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_that_ships_is_sound(name: str) -> None:
    recipe = recipes.load(name)
    assert recipe.name == name
    assert set(recipe.corpora) <= set(corpora.names())


def test_a_file_is_read_and_named_after_itself(tmp_path: Path) -> None:
    recipe = _load(tmp_path, {"training": {"epochs": 3}})
    assert (recipe.name, recipe.training.epochs) == ("mine", 3)
    assert recipe.labels == (Emotion.HAPPY, Emotion.SAD)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trainin": {}}, r"unknown key mine\.trainin; did you mean 'training'"),
        ({"training": {"epoch": 3}}, r"unknown key mine\.training\.epoch; did you mean 'epochs'"),
        ({"training": {"epochs": 0}}, r"mine\.training\.epochs is 0; .*greater than or equal to 1"),
        ({"labels": ["happi"]}, r"mine\.labels\.0 is 'happi'"),
        (
            {"frontend": {"name": "logmel"}},
            r"'logmel' is no known FrontEnd; did you mean 'log_mel'",
        ),
        (
            {"model": {"name": "residual"}},
            r"'residual' is no known Network; did you mean 'residual_asp'",
        ),
        (
            {"frontend": {"name": "log_mel", "parameters": {"nmels": 3}}},
            r"unknown key .*frontend\.parameters\.nmels; did you mean 'n_mels'",
        ),
        ({"sampling": {"weights": {"tess": 1.0}}}, r"'tess', which is not in corpora"),
        (
            {"augment": {"speed": {"lwo": 0.8}}},
            r"unknown key mine\.augment\.speed\.lwo; did you mean 'low'",
        ),
        ({"clip": {"cut": "fil"}}, r"mine\.clip\.cut is 'fil'; .*'speech', 'file' or 'trim'"),
        ({"copies": {"strech": 1}}, r"unknown key mine\.copies\.strech; did you mean 'stretch'"),
        (
            {"training": {"schedule": {"name": "plato"}}},
            r"mine\.training\.schedule\.name is 'plato'; did you mean 'plateau'",
        ),
        (
            {"training": {"schedule": {"decay": 0.9}}},
            r"schedule\.name is 'not named'; known: constant, exponential, one_cycle, plateau",
        ),
        (
            {"training": {"schedule": {"name": "plateau", "factr": 1}}},
            r"unknown key .*schedule\.plateau\.factr; did you mean 'factor'",
        ),
        (
            {"training": {"watch": "last"}},
            r"mine\.training does not fit together; patience needs a figure to watch",
        ),
        (
            {"sampling": {"examples_per_epoch": None, "weights": {"ravdess": 1.0}}},
            r"weights need examples_per_epoch",
        ),
        (
            {"model": {"name": "svm"}, "augment": {"mixup": {}}},
            r"mine does not fit together; the network svm is fitted once",
        ),
    ],
)
def test_a_fault_is_one_line_with_place_value_and_remedy(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        _load(tmp_path, changes)
    assert "\n" not in str(caught.value)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("corpora: [ravdess]\nlabels: [happy]\n", "utf-8")
    with pytest.raises(RecipeError, match=r"mine\.frontend is missing; add it"):
        recipes.load(path)


def test_what_is_no_recipe_is_said(tmp_path: Path) -> None:
    with pytest.raises(
        RecipeError, match="'residual_aps' is no recipe; did you mean 'residual_asp'"
    ):
        recipes.load("residual_aps")
    with pytest.raises(RecipeError, match="does not exist"):
        recipes.load(tmp_path / "none.yaml")
    (tmp_path / "broken.yaml").write_text("a: [1", "utf-8")
    with pytest.raises(RecipeError, match="is not YAML"):
        recipes.load(tmp_path / "broken.yaml")
    (tmp_path / "list.yaml").write_text("- a", "utf-8")
    with pytest.raises(RecipeError, match="holds list"):
        recipes.load(tmp_path / "list.yaml")


def test_the_hash_changes_with_a_value_and_not_with_the_text(tmp_path: Path) -> None:
    plain = _load(tmp_path, {})
    assert _load(tmp_path, {"about": "words"}).hash == plain.hash
    assert _load(tmp_path, {"level_rms": 0.06}).hash != plain.hash


def test_the_recipe_with_boredom_is_the_default_one_but_for_that_label() -> None:
    plain, bored = recipes.load("default"), recipes.load("default_boredom")
    assert [*plain.labels, "boredom"] == list(bored.labels)
    of = {"about", "labels", "name"}
    assert plain.model_dump(exclude=of) == bored.model_dump(exclude=of)


def test_a_recipe_begins_with_another_and_replaces_its_keys_whole(tmp_path: Path) -> None:
    (tmp_path / "first.yaml").write_text("base: default\nlevel_rms: 0.1\n", "utf-8")
    (tmp_path / "own").mkdir()
    second = tmp_path / "own/second.yaml"
    second.write_text("base: ../first.yaml\nreference: {prior_s: 7}\n", "utf-8")
    plain, found = recipes.load("default"), recipes.load(second)
    assert (found.name, found.level_rms) == ("second", 0.1)
    assert (found.reference.prior_s, found.reference.elsewhere) == (7.0, 0.0)
    of = {"name", "level_rms", "reference"}
    assert found.model_dump(exclude=of) == plain.model_dump(exclude=of)


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("defualt", "'defualt' is no recipe"),
        ("none.yaml", "none.yaml does not exist"),
        ("own.yaml", "is based on itself"),
        ("[default]", "base is"),
    ],
)
def test_a_base_that_cannot_be_is_refused(tmp_path: Path, base: str, message: str) -> None:
    (tmp_path / "own.yaml").write_text(f"base: {base}\n", "utf-8")
    with pytest.raises(RecipeError, match=message):
        recipes.load(tmp_path / "own.yaml")


def test_keys_that_came_later_change_no_hash_while_they_have_their_default(tmp_path: Path) -> None:
    assert recipes.load("residual_asp").hash == "7735726992"
    plain = _load(tmp_path, {})
    same = {"clip": {"cut": "speech"}, "augment": {"gain": None}, "training": {"watch": "uar"}}
    same["teacher"] = None
    assert _load(tmp_path, same).hash == plain.hash
    for change in (
        {"clip": {"cut": "file"}},
        {"copies": {}},
        {"augment": {"gain": {}}},
        {"training": {"watch": "wa"}},
        {"training": {"schedule": {"name": "constant"}}},
        {"teacher": {}},
    ):
        assert _load(tmp_path, change).hash != plain.hash


def test_features_are_stored_where_no_waveform_is_changed(tmp_path: Path) -> None:
    whole = {"training": {"clip_s": None}}
    assert not _load(tmp_path, {}).stored
    assert _load(tmp_path, {**whole, "augment": {"mixup": {}, "rotation": {}}}).stored
    assert not _load(tmp_path, {**whole, "augment": {"gain": {}}}).stored
