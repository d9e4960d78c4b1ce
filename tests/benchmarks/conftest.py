"""A finished evaluation of real, tiny networks that were told of voices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from sertain.corpora.clip import Clip
from sertain.lab.evaluation import runner
from sertain.lab.evaluation.runner import Evaluation
from sertain.lab.recipes import Recipe
from tests.lab.encoders import tiny
from tests.lab.evaluation.conftest import SEVEN
from tests.lab.evaluation.tones import tones


class Told(NamedTuple):
    """Its folder, the clips at hand, and what it gave."""

    folder: Path
    clips: list[Clip]
    evaluation: Evaluation


def _recipe(encoder: Path) -> Recipe:
    front = {"encoder": str(encoder), "blocks": 1, "stride": 2}
    return Recipe.model_validate(
        {
            "name": "told",
            "corpora": ["savee"],
            "labels": list(SEVEN),
            "clip": {"cut": "file"},
            "normalise": "voice",
            "reference": {"prior_s": 1.0},
            "frontend": {"name": "encoder", "parameters": front},
            "model": {
                "name": "tdnn_asp",
                "parameters": {"channels": 8, "attention": 4, "embedding": 8},
            },
            "sampling": {"examples_per_epoch": 64},
            "training": {
                "epochs": 2,
                "batch_size": 16,
                "clip_s": 0.22,
                "watch": "last",
                "patience": None,
                "average_decay": 0.0,
                "precision": "32",
            },
        }
    )


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Two folds of SAVEE's protocol on tones of four voices; its cache is the default one."""
    place = tmp_path_factory.mktemp("told")
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SERTAIN_CACHE", str(place / "cache"))
        tiny.write("whisper", place / "encoder")
        clips = tones(place / "clips", "savee", ("DC", "JE", "JK", "KL"), SEVEN)
        folder = place / "out"
        recipe = _recipe(place / "encoder")
        yield Told(
            folder, clips, runner.evaluate(recipe, "savee4", clips, folder=folder, only=(0, 2))
        )
