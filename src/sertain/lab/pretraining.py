"""What a network learns before its recipe's own corpora: the emotions of other corpora."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.errors import LeakageError, ProtocolError
from sertain.lab import training
from sertain.lab.evaluation.audit import fingerprints
from sertain.lab.evaluation.folds import training_sets
from sertain.lab.recipes import Recipe
from sertain.lab.training import cache, store
from sertain.lab.training.summary import WEIGHTS
from sertain.labels import Emotion

SEED = 0
"""Every fold and seed of a recipe begins with the same weights."""


def begun(recipe: Recipe, clips: Sequence[Clip], cache_folder: Path | None = None) -> Recipe:
    """Pretrain as the recipe says, or find it done, and give the recipe with the weights' place.

    It is done once, in the cache, for every recipe, fold and seed that asks for the same; a killed
    one goes on.  ``clips`` hold those of ``recipe.pretraining.corpora``; a recipe without
    pretraining, or with its weights at hand, is given as it is.
    """
    if recipe.pretraining is None or recipe.pretraining.weights is not None:
        return recipe
    own = heard(recipe, clips)
    had = {clip.emotion for clip in own}
    first = recipe.model_copy(
        update={
            "name": f"{recipe.name}, pretraining",
            "corpora": recipe.pretraining.corpora,
            "channels": ("speech", "song"),
            "labels": tuple(label for label in Emotion if label in had),
            "pretraining": None,
            "teacher": None,
            # Corpora have different emotions; what one lacks says nothing against it.
            "training": recipe.training.model_copy(update={"own_labels": True}),
        }
    )
    train, validation = training_sets(own, SEED)
    keys = hashlib.sha256("\n".join(clip.key for clip in (*train, *validation)).encode())
    root = (cache_folder or cache.default_folder()) / "pretrained"
    folder = root / f"{first.hash}-{keys.hexdigest()[:10]}"
    folder.mkdir(parents=True, exist_ok=True)
    with store.locked(folder / "lock"):
        training.fit(first, train, validation, seed=SEED, folder=folder, cache_folder=cache_folder)
    place = recipe.pretraining.model_copy(update={"weights": str(folder / WEIGHTS)})
    return recipe.model_copy(update={"pretraining": place})


def heard(recipe: Recipe, clips: Sequence[Clip]) -> list[Clip]:
    """Give the clips of the corpora that the recipe is pretrained on.

    Raises
    ------
    ProtocolError
        One of the corpora has no clip here.
    """
    wanted = recipe.pretraining.corpora if recipe.pretraining else ()
    had = {clip.corpus for clip in clips}
    for corpus in wanted:
        if corpus not in had:
            raise ProtocolError(
                f"the recipe {recipe.name} is pretrained on {corpus}, of which there is no clip",
                f"get it (sertain corpora show {corpus})",
            )
    return [clip for clip in clips if clip.corpus in wanted]


def check(recipe: Recipe, clips: Sequence[Clip], tested: Collection[Clip]) -> None:
    """Refuse a pretraining that hears a speaker or a recording of the test.

    Raises
    ------
    ProtocolError
        A tested corpus is one of its corpora.
    LeakageError
        A recording of it is tested under another name.
    """
    own = heard(recipe, clips)
    common = {clip.corpus for clip in own} & {clip.corpus for clip in tested}
    if common:
        raise ProtocolError(
            f"the recipe {recipe.name} is pretrained on {min(common)}, which is tested",
            f"take {min(common)} from its pretraining.corpora",
        )
    if not own:
        return
    sounds = fingerprints([*own, *tested], how=recipe.clip)
    known = {sounds[clip.key]: clip.key for clip in own if sounds[clip.key]}
    for clip in tested:
        if sounds[clip.key] in known:
            raise LeakageError(
                f"{clip.key} is tested, and its exact copy {known[sounds[clip.key]]} pretrains",
                "take it from one of them; nothing is reported until then",
            )
