"""How much of a recipe is trained: for ``--quick``, or at the budget that a processor can bear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sertain.errors import RecipeError
from sertain.lab.recipes import Recipe
from sertain.lab.recipes.parts import Exponential, Schedule
from sertain.lab.reproduce import words
from sertain.lab.reproduce.rows import Amount, Budget


def shortened(recipe: Recipe, amount: Amount) -> Recipe:
    """Give the recipe with few epochs, and few clips in each; its schedule follows the epochs."""
    plan = recipe.training
    epochs = min(plan.epochs, amount.epochs)
    changed = {"epochs": epochs, "schedule": _following(plan.schedule, epochs / plan.epochs)}
    sampling = recipe.sampling
    if amount.examples is not None:
        examples = min(amount.examples, sampling.examples_per_epoch or amount.examples)
        sampling = sampling.model_copy(update={"examples_per_epoch": examples})
    return recipe.model_copy(
        update={"training": plan.model_copy(update=changed), "sampling": sampling}
    )


def planned(recipe: Recipe, budget: Budget | None) -> Recipe:
    """Give the recipe as far as its budget goes, and let its text say so; all of it for ``None``.

    Raises
    ------
    RecipeError
        The budget gives a size of pictures, and the recipe has none.
    """
    if budget is None:
        return recipe
    small = _with_size(shortened(recipe, budget), budget.size)
    found = limits(recipe, small)
    if found is None:
        return recipe
    about = f"{recipe.about} Budget: {words.limits(found)}.".strip()
    return small.model_copy(update={"about": about})


def picture_sizes(recipe: Recipe) -> Sequence[Sequence[int]]:
    """Give (height, width) of the pictures that a recipe trains on, in turn; none: it has none."""
    if recipe.augment.sizes is not None:
        return recipe.augment.sizes.sizes
    size = _size(recipe)
    return [] if size is None else [size]


def limits(whole: Recipe, small: Recipe) -> dict[str, Any] | None:
    """Say in the words of JSON what is trained of a recipe; ``None`` where that is all of it.

    These are ``epochs`` of ``of_epochs``; clips an epoch (``examples``) and the ``size`` of
    pictures, (height, width), of ``of_size``, each ``None`` where it is the recipe's own; and
    whether the same holds for a ``pretraining``.
    """
    if small.hash == whole.hash:
        return None
    examples, size = small.sampling.examples_per_epoch, _size(small)
    cut = size != _size(whole)
    return {
        "epochs": small.training.epochs,
        "of_epochs": whole.training.epochs,
        "examples": examples if examples != whole.sampling.examples_per_epoch else None,
        "size": size if cut else None,
        "of_size": _size(whole) if cut else None,
        "pretraining": whole.pretraining is not None,
    }


def _following(how: Schedule, share: float) -> Schedule:
    """Let a rate fall as far in ``share`` of the epochs as in all; one cycle does so by itself."""
    if not isinstance(how, Exponential) or share == 1:
        return how
    step = how.every_epochs * share
    every = max(1, round(step))
    # Rounded, so that the recipe has the same hash on every machine.
    decay = round(how.decay ** (every / step), 6)
    return how.model_copy(update={"every_epochs": every, "decay": decay})


def _with_size(recipe: Recipe, side: int | None) -> Recipe:
    """Bring the larger side of the pictures down to ``side``; sizes on the way shrink as much."""
    if side is None:
        return recipe
    own = _size(recipe)
    if own is None:
        raise RecipeError(
            f"the budget of {recipe.name} has a size, and its front end {recipe.frontend.name} "
            "makes no picture of one",
            "take size from the budget",
        )
    share = side / max(own)
    if share >= 1:
        return recipe

    def scaled(cells: int) -> int:
        return max(1, round(cells * share))

    height, width = map(scaled, own)
    parameters = {**recipe.frontend.parameters, "height": height, "width": width}
    changed: dict[str, Any] = {
        "frontend": recipe.frontend.model_copy(update={"parameters": parameters})
    }
    sizes = recipe.augment.sizes
    if sizes is not None:
        small = tuple((scaled(one), scaled(other)) for one, other in sizes.sizes)
        resizing = sizes.model_copy(update={"sizes": small})
        changed["augment"] = recipe.augment.model_copy(update={"sizes": resizing})
    return recipe.model_copy(update=changed)


def _size(recipe: Recipe) -> list[int] | None:
    """Give (height, width) of the pictures that the front end makes, if it makes them of one."""
    config = recipe.frontend_config()
    if not {"height", "width"} <= type(config).model_fields.keys():
        return None
    return [config.height, config.width]
