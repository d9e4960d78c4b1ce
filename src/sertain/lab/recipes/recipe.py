"""The shape of a recipe, checked before anything starts."""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from sertain import labels
from sertain.corpora.clip import Clip
from sertain.errors import RecipeError, SertainError
from sertain.lab import frontends, models
from sertain.lab.augment.copies import Copies
from sertain.lab.checked import LATER, Checked, check, fault, nearest
from sertain.lab.recipes.parts import (
    Augment,
    Cut,
    Part,
    Pretraining,
    Reference,
    Sampling,
    Teacher,
    Training,
)

Channel = Literal["speech", "song"]

__all__ = ["Part", "Recipe", "load", "names", "part_config", "part_module"]


class Recipe(Checked):
    """A model from the corpora to the last weight.

    ``normalise`` says whose mean and deviation standardise the features: the clip's own, those of
    each row of the features over all training clips (``columns``), those of the ``voice`` as far
    as a ``reference`` tells of it and else of all training clips, or nobody's.
    With ``strangeness`` answers to clips unlike all training clips are less sure: it is by how much
    the logarithm of the temperature grows with the distance.
    ``level_rms`` is the level that every clip is brought to; null leaves it as it is.
    ``copies`` are made of every clip before training.  Of the corpora only ``channels`` are heard.
    With a ``teacher`` the network also learns what trained ones answer, which ``--teacher`` names.
    ``corpora`` may name a user's own, whose place ``--corpus name=DIR`` says.
    """

    name: str
    about: str = ""
    corpora: tuple[str, ...]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1), LATER] = ("speech", "song")
    labels: tuple[labels.Emotion, ...]
    clip: Annotated[Cut, LATER] = Cut()
    copies: Annotated[Copies | None, LATER] = None
    pretraining: Annotated[Pretraining | None, LATER] = None
    level_rms: float | None = Field(default=0.05, gt=0, lt=1)
    normalise: Literal["clip", "voice", "columns", "none"] = "clip"
    reference: Annotated[Reference, LATER] = Reference()
    strangeness: Annotated[float | None, Field(gt=0, le=10), LATER] = None
    frontend: Part
    model: Part
    augment: Augment = Augment()
    sampling: Sampling = Sampling()
    training: Training = Training()
    teacher: Annotated[Teacher | None, LATER] = None

    @model_validator(mode="after")
    def _known_parts(self) -> Self:
        for name in self.sampling.weights:
            if name not in self.corpora:
                raise ValueError(f"sampling.weights names '{name}', which is not in corpora")
        for name in self.pretraining.corpora if self.pretraining else ():
            if name in self.corpora:
                raise ValueError(f"pretraining.corpora names '{name}', which is in corpora, too")
        self.frontend_config()
        self.network_config()
        if self.normalise != "voice" and self.reference != Reference():
            raise ValueError("reference is for normalise: voice")
        if self.strangeness is not None and self.normalise not in ("columns", "voice"):
            raise ValueError("strangeness is for normalise: voice or columns")
        if self.reference.elsewhere and self.augment.of_waveforms and not self.augment.variants:
            raise ValueError(
                "reference.elsewhere moves stored features: say how many changed versions are "
                "stored with augment.variants"
            )
        if self.fitted and self.normalise == "voice":
            raise ValueError(
                f"the network {self.model.name} is fitted once and meets no reference: it is for"
                " normalise: columns"
            )
        if self.fitted and self.strangeness is not None:
            raise ValueError(
                f"the network {self.model.name} is fitted once and gives no logits to make "
                "smaller: leave strangeness away"
            )
        if self.fitted and self.teacher:
            raise ValueError(
                f"the network {self.model.name} is fitted once, by its labels: no teacher is heard"
            )
        if self.fitted and self.augment.anything:
            raise ValueError(
                f"the network {self.model.name} is fitted once, not by epochs: it hears what "
                "copies makes of the clips, and nothing of augment"
            )
        return self

    def frontend_config(self) -> Any:
        """Give the checked parameters of the front end."""
        return part_config(frontends, "frontend", self.frontend, "FrontEnd")

    def network_config(self) -> Any:
        """Give the checked parameters of the network."""
        return part_config(models, "model", self.model, "Network")

    @property
    def fitted(self) -> bool:
        """Whether the network has a ``fit`` of its own and is not trained by epochs."""
        return hasattr(part_module(models, self.model, "Network").Network, "fit")

    @property
    def stored(self) -> bool:
        """Whether what the front end gives of a clip is the same in every epoch."""
        if self.augment.variants is not None:
            return True
        return self.training.clip_s is None and not self.augment.of_waveforms

    @property
    def hash(self) -> str:
        """Ten hexadecimal digits that change with every value but the name and the text.

        A key that came to recipes later does not change the hash of one that leaves it away, nor
        does the place of pretrained weights.
        """
        plain = self.model_dump(mode="json", exclude={"name", "about"})
        if self.pretraining:
            del plain["pretraining"]["weights"]
        content = _old(self, plain)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]

    def usable(self, clips: Sequence[Clip]) -> list[Clip]:
        """Give the clips whose label and channel are among the recipe's."""
        return [
            clip for clip in clips if clip.emotion in self.labels and clip.channel in self.channels
        ]

    def with_corpora(self, names: tuple[str, ...]) -> Recipe:
        """Give the same recipe on some of its corpora only."""
        weights = {k: v for k, v in self.sampling.weights.items() if k in names}
        sampling = self.sampling.model_copy(update={"weights": weights})
        return self.model_copy(update={"corpora": names, "sampling": sampling})


def _old(values: Checked, plain: dict[str, Any]) -> dict[str, Any]:
    """Leave out of ``plain``, the values as JSON, the later keys that have their default."""
    kept = {}
    for name, value in plain.items():
        own, field = getattr(values, name), type(values).model_fields[name]
        if LATER in field.metadata and own == field.default:
            continue
        kept[name] = _old(own, value) if isinstance(own, Checked) else value
    return kept


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

    Where the file gives no name it is the one in the package, or the file's own.  With ``base: NAME
    or FILE`` (beside it) it begins with that recipe, of which its own keys replace those of the
    same name, whole.

    Raises
    ------
    RecipeError
        No such recipe, not YAML, an unknown key or a value out of range; the message names the
        place and the nearest known key.
    """
    path, name = _place(name_or_path)
    values = _values(path)
    values = {"name": name, **values}
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise fault(error, Recipe, name) from None
    except SertainError as error:
        raise RecipeError(f"{name}: {error.fact}", error.remedy) from None


def _place(name_or_path: str | Path) -> tuple[Path, str]:
    """Give the file of a recipe and the name that it has without one of its own."""
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml"}:
        return path, path.stem
    name = str(name_or_path)
    if name not in names():
        raise RecipeError(f"'{name}' is no recipe", nearest(name, names()))
    return Path(__file__).parent / f"{name}.yaml", name


def _values(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Read the keys of a recipe and of those that it is based on; ``above`` are based on it."""
    if not path.is_file():
        raise RecipeError(f"the recipe {path} does not exist", f"shipped: {', '.join(names())}")
    if path.resolve() in above:
        raise RecipeError(f"{path} is based on itself", "name another base")
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        line = str(error).replace("\n", " ")
        raise RecipeError(f"{path} is not YAML: {line}", "mend the file") from None
    if not isinstance(values, dict):
        raise RecipeError(f"{path} holds {type(values).__name__}", "write a table of keys")
    if "base" not in values:
        return values
    base = values.pop("base")
    if not isinstance(base, str):
        raise RecipeError(f"{path}: base is {base!r}", "name a recipe or a file")
    place, _name = _place(base)
    place = place if place.is_absolute() else path.parent / place
    held = _values(place, (*above, path.resolve()))
    held.pop("name", None)
    return {**held, **values}
