"""The folds of an evaluation as models that answer like any other: each exported to a bundle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sertain.corpora.clip import Clip
from sertain.errors import RecipeError
from sertain.lab import training
from sertain.lab.evaluation.answers import Answers
from sertain.lab.export import export
from sertain.lab.recipes import Recipe
from sertain.lab.robustness.measure import Part
from sertain.lab.training.summary import SUMMARY
from sertain.predict import load


def parts(
    answers: Sequence[Answers], clips: Sequence[Clip], folder: Path, *, int8: bool = False
) -> list[Part]:
    """Give the model of every fold and seed with its test clips and its training speakers.

    A fold's bundle lies in its folder, ``fold-<number>-seed-<seed>/bundle``, that in 8 bits beside
    it as ``bundle-int8``; one that lies there already is taken.

    Parameters
    ----------
    answers: of a finished evaluation.
    clips: all clips of the evaluation.
    folder: where its folds are.
    int8: whether the models are stored in 8 bits.
    """
    bundle = "bundle-int8" if int8 else "bundle"
    known = {clip.key: clip for clip in clips}
    found = []
    for one in answers:
        place = folder / f"fold-{one.fold}-seed-{one.seed}"
        if not (place / "fit" / SUMMARY).is_file():
            raise RecipeError(
                f"{place} holds the answers of a run and not its network",
                "train it anew: --out DIR",
            )
        claim = json.loads((place / "fit" / "run.json").read_text("utf-8"))
        # Copies made by augmentation are no recordings of anybody.
        train = [known[key] for key in claim["train"] if key in known]
        if not (place / bundle / "bundle.json").is_file():
            recipe = Recipe.model_validate(claim["recipe"])
            validation = [known[key] for key in claim["validation"] if key in known]
            export(
                training.load_fit(place / "fit", recipe),
                train,
                validation,
                place / bundle,
                name=f"{recipe.name}-fold-{one.fold}-seed-{one.seed}",
                int8=int8,
            )
        found.append(Part(load(place / bundle), one.clips, tuple(train), one.seed))
    return found
