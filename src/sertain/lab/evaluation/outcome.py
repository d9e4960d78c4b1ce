"""What one trained fold answered: the file that a killed evaluation resumes from."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError
from sertain.lab.evaluation.folds import Sets
from sertain.lab.evaluation.knowing import VOICE, Told

FILE = "outcome.json"


@dataclass(frozen=True)
class Identity:
    """What an outcome belongs to; an outcome of anything else is refused.

    ``sets`` is a hash of the clips of each set, so it changes with the folds and their draw,
    ``teachers`` one of the networks that taught, empty where none did.
    """

    protocol: str
    fold: int
    seed: int
    recipe: str
    recipe_hash: str
    data_hash: str
    sets: str
    teachers: str = ""


@dataclass(frozen=True)
class Outcome:
    """The answers of one fold and seed.

    Attributes
    ----------
    labels: the names of the logits' columns.
    test, validation: clip keys in the rows' order.
    test_logits, validation_logits: float32 (n, labels), before any temperature.
    parameters, epochs, train_s: of the training; ``wall_s`` counts everything.
    told: by the kind of reference, the test answers of a model that may be told of voices.
    validation_told: by the kind of reference, its answers to the validation clips.
    """

    identity: Identity
    labels: tuple[str, ...]
    test: tuple[str, ...]
    test_logits: NDArray[np.float32]
    validation: tuple[str, ...]
    validation_logits: NDArray[np.float32]
    parameters: int
    epochs: int
    train_s: float
    wall_s: float
    told: Mapping[str, Told] = field(default_factory=dict)
    validation_told: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def with_reference(self, kind: str) -> Outcome:
        """Give the answers of the model that was told, in the place of those that it gave alone.

        Every validation clip stands there once with each kind of reference.
        """
        return self.knowing(self.told[kind].logits)

    def knowing(self, logits: NDArray[np.float32]) -> Outcome:
        """Give the same with these answers to the test clips, which a model gave that was told."""
        heard = list(self.validation_told.values())
        return replace(
            self,
            test_logits=logits,
            validation=self.validation * len(heard),
            validation_logits=np.concatenate(heard),
        )


def data_hash(clips: Iterable[Clip], prints: Mapping[str, str]) -> str:
    """Give ten hexadecimal digits that change with any label, speaker, channel or sound."""
    digest = hashlib.sha256()
    for clip in sorted(clips, key=lambda clip: clip.key):
        row = (clip.key, clip.emotion, clip.speaker, clip.channel, prints[clip.key])
        digest.update(("\t".join(row) + "\n").encode())
    return digest.hexdigest()[:10]


def sets_hash(sets: Sets) -> str:
    """Give ten hexadecimal digits that change with the clips of any set."""
    keys = [[clip.key for clip in side] for side in (sets.train, sets.validation, sets.test)]
    return hashlib.sha256(json.dumps(keys).encode()).hexdigest()[:10]


def write(path: Path, outcome: Outcome) -> None:
    """Write an outcome so that a kill leaves the whole file or none."""
    values = asdict(outcome)
    if not outcome.identity.teachers:
        del values["identity"]["teachers"]
    for name in ("test_logits", "validation_logits"):
        values[name] = _plain(values[name])
    values["validation_told"] = {k: _plain(rows) for k, rows in outcome.validation_told.items()}
    values["told"] = {kind: told.plain() for kind, told in outcome.told.items()}
    write_whole(path, json.dumps(values).encode())


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file so that a kill leaves the old or the new content, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def read(path: Path, identity: Identity) -> Outcome | None:
    """Read a finished outcome; ``None`` if there is none yet.

    Raises
    ------
    ProtocolError
        If it belongs to another recipe, other data or other folds, or cannot be read.
    """
    if not path.is_file():
        return None
    try:
        values: dict[str, Any] = json.loads(path.read_text("utf-8"))
        held = Identity(**values.pop("identity"))
        outcome = Outcome(
            identity=held,
            labels=tuple(values["labels"]),
            test=tuple(values["test"]),
            test_logits=np.array(values["test_logits"], np.float32),
            validation=tuple(values["validation"]),
            validation_logits=np.array(values["validation_logits"], np.float32),
            parameters=values["parameters"],
            epochs=values["epochs"],
            train_s=values["train_s"],
            wall_s=values["wall_s"],
            told={kind: Told.read(told) for kind, told in values.get("told", {}).items()},
            validation_told=_validation_told(values.get("validation_told")),
        )
    except (ValueError, TypeError, KeyError):
        raise ProtocolError(f"{path} is damaged", "remove its folder") from None
    for name, value in asdict(identity).items():
        other = getattr(held, name)
        if other != value:
            raise ProtocolError(
                f"{path.parent} holds another {name.replace('_', ' ')} ({other}, now {value})",
                "name another folder with --out, or remove that one",
            )
    return outcome


def _validation_told(held: Any) -> dict[str, NDArray[np.float32]]:
    """Read answers by the kind of reference; earlier files hold those of whole voices alone."""
    if isinstance(held, list):
        held = {VOICE: held}
    return {kind: np.array(rows, np.float32) for kind, rows in (held or {}).items()}


def _plain(logits: NDArray[np.float32]) -> Sequence[Sequence[float]]:
    """Give rows whose decimals read back as the same float32."""
    return [[float(str(value)) for value in row] for row in logits]
