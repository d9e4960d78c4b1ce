"""Protocols: which clips test, and on what terms; each one is a data file in ``protocols/``."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Annotated, Literal

import yaml
from pydantic import Field

from sertain.errors import ProtocolError
from sertain.lab.checked import Checked, check, nearest
from sertain.labels import Emotion


class Named(Checked):
    """Test speakers are listed fold by fold, by their id within the corpus."""

    kind: Literal["named"]
    folds: tuple[tuple[str, ...], ...]


class Each(Checked):
    """Every speaker of the corpus is a fold."""

    kind: Literal["each"]


class Modulo(Checked):
    """Fold ``k`` tests the speakers whose number leaves the rest ``k``."""

    kind: Literal["modulo"]
    divisor: int = Field(ge=2)


class Random(Checked):
    """Clips are drawn without regard to speakers: leaks by design, published figures do it.

    Each emotion's clips are dealt into ``parts`` equal parts, of which the first ``folds``
    are tested in turn.  The clips of one row of ``together`` always land in the same part.
    """

    kind: Literal["random"]
    parts: int = Field(ge=2)
    folds: int = Field(ge=1)
    together: tuple[tuple[str, ...], ...] = ()


class OneCorpusOut(Checked):
    """Every corpus at hand is a fold; all the others train."""

    kind: Literal["corpus"]


class Pairs(Checked):
    """Every ordered pair of corpora is a fold: the first trains, the second tests."""

    kind: Literal["pairs"]


Split = Annotated[
    Named | Each | Modulo | Random | OneCorpusOut | Pairs, Field(discriminator="kind")
]


class Protocol(Checked):
    """The terms on which a figure is earned.

    Attributes
    ----------
    title, source: what it is, and who published these folds.
    corpus: the corpus that is tested; ``None`` where the folds are corpora themselves.
    channel: the only channel that is tested and validated on; ``None`` for every channel.
    speakers: how many speakers the corpus has to have; 0 where the folds are corpora.
    labels: the classes that are scored; empty where they depend on the corpora of a fold.
    leak: what stands on both sides by design, printed in every table; ``None`` for a clean one.
    split: how the test clips of a fold are found.
    """

    name: str
    title: str
    source: str
    corpus: str | None = None
    channel: Literal["speech", "song"] | None = None
    speakers: int = 0
    labels: tuple[Emotion, ...] = ()
    leak: str | None = None
    split: Split

    @property
    def across_corpora(self) -> bool:
        """Whether the folds are corpora, scored over the labels that both sides share."""
        return self.corpus is None


_FOLDER = resources.files(__package__) / "protocols"


@cache
def names() -> tuple[str, ...]:
    """Give the names of all protocols, sorted."""
    return tuple(
        sorted(
            entry.name.removesuffix(".yaml")
            for entry in _FOLDER.iterdir()
            if entry.name.endswith(".yaml")
        )
    )


@cache
def load(name: str) -> Protocol:
    """Read the protocol ``name``; :class:`ProtocolError` names the nearest one known."""
    if name not in names():
        raise ProtocolError(f"unknown protocol '{name}'", nearest(name, names()))
    values = yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return check(Protocol, {"name": name, **values}, name)
