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
