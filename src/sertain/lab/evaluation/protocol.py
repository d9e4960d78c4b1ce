"""Protocols: which clips test, and on what terms; each one is a data file in ``protocols/``."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, model_validator

from sertain.errors import ProtocolError
from sertain.lab.checked import Checked, check, nearest
from sertain.labels import Emotion


class Leak(StrEnum):
    """What a protocol lets stand on two sides; the audit lets pass these and nothing else."""

    SPEAKERS = "speakers on both sides"
    COPIES = "copies of one clip on both sides"
    VALIDATION = "the test set is also the validation set"


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


class Shares(Checked):
    """Clips are drawn at random into sets of fixed sizes, in percent: one draw for every seed.

    Validation and test are rounded up; training takes the rest or, where the shares leave some
    clips out, its share rounded down.  ``stratified`` gives each emotion its share of every set.
    The clips of one row of ``together`` are one recording and stay in training, unless copies
    are on both sides by design.
    """

    kind: Literal["shares"]
    train: int = Field(ge=1, le=99)
    validation: int = Field(default=0, ge=0, le=99)
    test: int = Field(ge=1, le=99)
    stratified: bool = False
    together: tuple[tuple[str, ...], ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.train + self.validation + self.test > 100:
            raise ValueError("the shares sum to more than 100")
        return self


class FileOrder(Checked):
    """The first ``train`` percent of the clips train, in the order of their files; the rest tests.

    The order is by channel as listed, then by speaker, then by name.  ``support`` is the number
    of test clips of each emotion that a report gives: of the speaker inside whose clips the cut
    falls, the last clips of each emotion are tested that make up these numbers, since a report
    that reads folders unsorted has an order within them that its file system alone knew.
    """

    kind: Literal["file_order"]
    channels: tuple[Literal["speech", "song"], ...]
    train: int = Field(ge=1, le=99)
    support: dict[Emotion, int] = Field(default_factory=dict)


class OneCorpusOut(Checked):
    """Every corpus at hand is a fold; all the others train."""

    kind: Literal["corpus"]


class TwoCorporaOut(Checked):
    """For every pair (test, validation) neither trains, and the figures are of the second.

    They choose what is then tested on the first, which nothing of theirs has heard.  A pair of
    which a corpus is not at hand is no fold.
    """

    kind: Literal["two_corpora"]
    pairs: tuple[tuple[str, str], ...] = Field(min_length=1)


class Pairs(Checked):
    """Every ordered pair of corpora is a fold: the first trains, the second tests."""

    kind: Literal["pairs"]


class Transfer(Checked):
    """The corpora of ``train`` train, and each of ``test`` is a fold, heard nowhere in training.

    A corpus of ``test`` that is not at hand is no fold, and every table says so.
    """

    kind: Literal["transfer"]
    train: tuple[str, ...] = Field(min_length=1)
    test: tuple[str, ...] = Field(min_length=1)


Split = Annotated[
    Named
    | Each
    | Modulo
    | Random
    | Shares
    | FileOrder
    | OneCorpusOut
    | TwoCorporaOut
    | Pairs
    | Transfer,
    Field(discriminator="kind"),
]


class Protocol(Checked):
    """The terms on which a figure is earned.

    Attributes
    ----------
    title, source: what it is, and who published these folds.
    corpora: by the name of each corpus that is tested, how many speakers it has to have; empty
        where the folds are corpora themselves.
    channel: the only channel that is tested and validated on; ``None`` for every channel.
    labels: the classes that are scored; empty where they depend on the corpora of a fold.
    leaks: what stands on both sides by design, printed in every table; none for a clean one.
    split: how the test clips of a fold are found.
    """

    name: str
    title: str
    source: str
    corpora: dict[str, int] = Field(default_factory=dict)
    channel: Literal["speech", "song"] | None = None
    labels: tuple[Emotion, ...] = ()
    leaks: tuple[Leak, ...] = ()
    split: Split

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        whole = isinstance(self.split, Shares | FileOrder)
        across = isinstance(self.split, OneCorpusOut | TwoCorporaOut | Pairs | Transfer)
        if (across and self.corpora) or (not across and not self.corpora):
            raise ValueError(f"the split '{self.split.kind}' and the corpora do not fit")
        if not across and not whole and len(self.corpora) != 1:
            raise ValueError(f"the split '{self.split.kind}' is of one corpus")
        drawn = not whole or (isinstance(self.split, Shares) and self.split.validation > 0)
        if drawn == (Leak.VALIDATION in self.leaks):
            raise ValueError(f"'{Leak.VALIDATION}' is a leak just where no validation is drawn")
        return self

    @property
    def across_corpora(self) -> bool:
        """Whether the folds are corpora, scored over the labels that both sides share."""
        return not self.corpora

    @property
    def closed(self) -> bool:
        """Whether nothing trains along: no other corpus, no other channel.

        These are the reports' own, scored over all their labels whatever a clip's corpus has.
        """
        return isinstance(self.split, Shares | FileOrder)

    @property
    def leak(self) -> str | None:
        """What stands on both sides by design, in words, or ``None``."""
        return "; ".join(self.leaks) or None

    @property
    def together(self) -> tuple[tuple[str, ...], ...]:
        """Names of clips that are one recording, a row each."""
        return self.split.together if isinstance(self.split, Random | Shares) else ()


_FOLDER = resources.files(__package__) / "protocols"


@cache
def names() -> tuple[str, ...]:
    """Give the names of all protocols, sorted; those of a folder are ``folder/name``."""
    return tuple(sorted(_names(_FOLDER, "")))


def _names(folder: Traversable, prefix: str) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _names(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".yaml"):
            yield prefix + entry.name.removesuffix(".yaml")


@cache
def load(name: str) -> Protocol:
    """Read the protocol ``name``; :class:`ProtocolError` names the nearest one known."""
    if name not in names():
        raise ProtocolError(f"unknown protocol '{name}'", nearest(name, names()))
    path = _FOLDER.joinpath(*f"{name}.yaml".split("/"))
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    return check(Protocol, {"name": name, **values}, name)
