"""A budget shortens a recipe in what it names, and says by how much."""

from __future__ import annotations

from typing import Any

import pytest

from sertain.errors import RecipeError
from sertain.lab import recipes
from sertain.lab.recipes import Recipe
from sertain.lab.recipes.parts import Exponential
from sertain.lab.reproduce import rows, words
from sertain.lab.reproduce.amount import limits, planned
from sertain.lab.reproduce.rows import Budget

pytestmark = pytest.mark.train

SHIPPED = {
    "santamaria/deep": "12 of 1,000 epochs",
    "vu_deepemonet/resnet34": "25 of 200 epochs, 64 × 64 pixels of 128 × 128",
    "vu_deepemonet/resnet34_transfer": "12 of 30 epochs",
    "vu_deepemonet/resnet34_speech": (
        "20 of 30 epochs, 1,728 clips an epoch, 64 × 64 pixels of 128 × 128, its pretraining alike"
    ),
    "vu_deepemonet/resnet34_augmented": "20 of 30 epochs, 128 × 128 pixels of 256 × 256",
}


def said(recipe: Recipe, budget: Budget | None) -> str | None:
    found = limits(recipe, planned(recipe, budget))
    return None if found is None else words.limits(found)


def test_the_heavy_recipes_have_a_budget_and_the_others_none() -> None:
    table = rows.load()
    names = {line.recipe for line in table.lines}
    found = {name: said(recipes.load(name), table.hint(name).budget) for name in names}
    assert {name: text for name, text in found.items() if text} == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_recipe_at_its_budget_is_another_recipe_that_is_valid_and_says_so(name: str) -> None:
    whole = recipes.load(name)
    small = planned(whole, rows.load().hint(name).budget)
    assert small.hash != whole.hash
    assert small.about.endswith(f"Budget: {SHIPPED[name]}.")
    assert Recipe.model_validate(small.model_dump(mode="json")) == small
    assert small.training.patience == whole.training.patience


def test_size_is_that_of_the_larger_side_and_sizes_on_the_way_shrink_as_much() -> None:
    whole = recipes.load("vu_deepemonet/resnet34_augmented")
    small = planned(whole, Budget(epochs=30, size=64))
    assert small.frontend.parameters == {"height": 64, "width": 64}
    assert small.augment.sizes is not None
    assert small.augment.sizes.sizes == ((32, 32), (64, 64))
    wide = {"frontend": {"name": "picture", "parameters": {"height": 100, "width": 200}}}
    oblong = Recipe.model_validate({**whole.model_dump(mode="json"), **wide})
    assert planned(oblong, Budget(epochs=30, size=64)).frontend.parameters == {
        "height": 32,
        "width": 64,
    }


@pytest.mark.parametrize("budget", [None, Budget(epochs=200), Budget(epochs=300, size=128)])
def test_a_budget_that_holds_all_of_a_recipe_changes_nothing(budget: Budget | None) -> None:
    whole = recipes.load("vu_deepemonet/resnet34")
    assert planned(whole, budget) == whole
    assert said(whole, budget) is None


@pytest.mark.parametrize(
    ("name", "epochs", "every", "decay"),
    [
        # 0.9 every 10 of 200 epochs is 0.9^(1 / 10) an epoch, of 60: 0.9^(200 / 60 / 10).
        ("vu_deepemonet/bilstm", 60, 3, 0.9),
        ("vu_deepemonet/resnet34", 25, 1, 0.9 ** (8 / 10)),
        ("vu_deepemonet/resnet34_transfer", 12, 1, 0.9 ** (30 / 12)),
    ],
)
def test_a_rate_falls_as_far_in_few_epochs_as_in_all(
    name: str, epochs: int, every: int, decay: float
) -> None:
    how = planned(recipes.load(name), Budget(epochs=epochs)).training.schedule
    assert isinstance(how, Exponential)
    assert how.every_epochs == every
    assert how.decay == pytest.approx(decay, abs=1e-6)


def test_what_has_no_picture_takes_no_size() -> None:
    with pytest.raises(RecipeError, match="its front end cube makes no picture of one") as fault:
        planned(recipes.load("santamaria/deep"), Budget(epochs=1, size=64))
    assert fault.value.remedy == "take size from the budget"


@pytest.mark.parametrize(
    ("key", "value"), [("epochs", 0), ("examples", 0), ("size", 4), ("seconds", 0)]
)
def test_a_budget_of_nothing_is_refused(key: str, value: int) -> None:
    values: dict[str, Any] = {"epochs": 1, key: value}
    with pytest.raises(ValueError, match=key):
        Budget(**values)
