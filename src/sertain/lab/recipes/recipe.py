"""The shape of a recipe, checked before anything starts."""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from sertain import labels
from sertain.corpora.clip import Clip
from sertain.errors import RecipeError, SertainError
from sertain.lab import frontends, models
from sertain.lab.augment.mixing import Mixup
from sertain.lab.augment.spectrogram import SpecAugment
from sertain.lab.augment.waveform import Band, Noise, Speed
from sertain.lab.checked import Checked, check, fault, nearest


class Part(Checked):
    """A front end or an architecture: the name of its module and its parameters."""

    name: str
    parameters: dict[str, Any] = Field(default_factory=dict)


class Augment(Checked):
    """What is done to training clips; a part that is left out is not done."""

    speed: Speed | None = None
    noise: Noise | None = None
    band: Band | None = None
    spec_augment: SpecAugment | None = None
    mixup: Mixup | None = None


class Sampling(Checked):
    """How often clips are drawn.

    ``weights`` is the share of draws that each corpus gets (they are scaled to sum 1); inside a
    corpus the labels are drawn alike when ``balance_labels``.
    """

    examples_per_epoch: int = Field(default=5000, ge=1)
    weights: dict[str, float] = Field(default_factory=dict)
    balance_labels: bool = True


class Training(Checked):
    """Optimisation by AdamW under a one-cycle learning rate (Smith and Topin 2018)."""

    epochs: int = Field(default=20, ge=1)
    batch_size: int = Field(default=64, ge=2)
    learning_rate: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=1e-2, ge=0)
    label_smoothing: float = Field(default=0.05, ge=0, lt=1)
    clip_s: float = Field(default=2.5, gt=0.2, le=30)
    average_decay: float = Field(default=0.998, ge=0, lt=1)
    patience: int = Field(default=10, ge=1)
    precision: Literal["32", "bf16"] = "bf16"
    validation_clips: int = Field(default=300, ge=1)


class Recipe(Checked):
    """A model from the corpora to the last weight.

    ``normalise`` says whose mean and deviation standardise the features: the clip's own, or those
    of its speaker where they are known (half of the draws in training, so that it works without).
    ``corpora`` may name a user's own, whose place ``--corpus name=DIR`` says.
    ``validation_clips`` of the training part is the most clips of one corpus that are heard
    after an epoch; calibration hears them all.
    """

    name: str
    about: str = ""
    corpora: tuple[str, ...]
    labels: tuple[labels.Emotion, ...]
    level_rms: float = Field(default=0.05, gt=0, lt=1)
    normalise: Literal["clip", "speaker"] = "clip"
    frontend: Part
    model: Part
    augment: Augment = Augment()
    sampling: Sampling = Sampling()
    training: Training = Training()

    @model_validator(mode="after")
    def _known_parts(self) -> Self:
        for name in self.sampling.weights:
            if name not in self.corpora:
                raise ValueError(f"sampling.weights names '{name}', which is not in corpora")
        self.frontend_config()
        self.network_config()
        return self

    def frontend_config(self) -> Any:
        """Give the checked parameters of the front end."""
        return part_config(frontends, "frontend", self.frontend, "FrontEnd")

    def network_config(self) -> Any:
        """Give the checked parameters of the network."""
        return part_config(models, "model", self.model, "Network")

    @property
    def hash(self) -> str:
        """Ten hexadecimal digits that change with every value but the name and the text."""
        content = self.model_dump(mode="json", exclude={"name", "about"})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]

    def usable(self, clips: Sequence[Clip]) -> list[Clip]:
        """Give the clips whose label is one of the recipe's."""
        return [clip for clip in clips if clip.emotion in self.labels]

    def with_corpora(self, names: tuple[str, ...]) -> Recipe:
        """Give the same recipe on some of its corpora only."""
        weights = {k: v for k, v in self.sampling.weights.items() if k in names}
        sampling = self.sampling.model_copy(update={"weights": weights})
        return self.model_copy(update={"corpora": names, "sampling": sampling})


def part_module(room: Any, part: Part, entry: str) -> Any:
    """Import the module of a front end or an architecture by its registered name."""
    names = [found.name for found in pkgutil.iter_modules(room.__path__)]
    if part.name in names:
        module = importlib.import_module(f"{room.__name__}.{part.name}")
        if hasattr(module, entry):
            return module
    modules = {name: importlib.import_module(f"{room.__name__}.{name}") for name in names}
    known = [name for name, module in modules.items() if hasattr(module, entry)]
    raise RecipeError(f"'{part.name}' is no known {entry}", nearest(part.name, known))


def part_config(room: Any, where: str, part: Part, entry: str) -> Any:
    """Check the parameters of a part against its module's ``Config``."""
    module = part_module(room, part, entry)
    return check(module.Config, part.parameters, f"{where}.parameters")


def names() -> list[str]:
    """Give the names of the recipes that ship with the package, sorted."""
    here = Path(__file__).parent
    return sorted(str(path.relative_to(here).with_suffix("")) for path in here.rglob("*.yaml"))


def load(name_or_path: str | Path) -> Recipe:
    """Read a recipe by its name in the package or by the path of a YAML file.

    Raises
    ------
    RecipeError
        No such recipe, not YAML, an unknown key or a value out of range; the message names the
        place and the nearest known key.
    """
    path = Path(name_or_path)
    if path.suffix not in {".yaml", ".yml"}:
        if str(name_or_path) not in names():
            raise RecipeError(f"'{name_or_path}' is no recipe", nearest(str(name_or_path), names()))
        path = Path(__file__).parent / f"{name_or_path}.yaml"
    if not path.is_file():
        raise RecipeError(f"the recipe {path} does not exist", f"shipped: {', '.join(names())}")
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        line = str(error).replace("\n", " ")
        raise RecipeError(f"{path} is not YAML: {line}", "mend the file") from None
    if not isinstance(values, dict):
        raise RecipeError(f"{path} holds {type(values).__name__}", "write a table of keys")
    values = {"name": path.stem, **values}
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise fault(error, Recipe, path.stem) from None
    except SertainError as error:
        raise RecipeError(f"{path.stem}: {error.fact}", error.remedy) from None
