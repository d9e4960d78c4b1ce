"""The rows of the published table: a data file, and which of them are meant by a word."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import Field, model_validator

from sertain.errors import RecipeError
from sertain.lab.checked import Checked, check

OWN = "own"
"""The system of our own network, which is compared with the best row of each report."""

UNSEEN = "luna5"
"""The protocol on unseen speakers of every row that tests on RAVDESS."""


class Row(Checked):
    """A line of the table.

    Attributes
    ----------
    row, system: its name, e.g. ``"B8"``, and that of its report, ``"B"``.
    recipe: a recipe of the package, or the path of a YAML file.
    protocol: the report's own protocol.
    unseen: the protocol on unseen speakers.
    accuracy, f1: as published, in percent; ``None`` where the report gives none.
    beside: what a row is that no report has.
    tried: what was tried where the published accuracy is not reached.
    """

    row: str
    system: str
    recipe: str
    protocol: str
    unseen: str = UNSEEN
    accuracy: float | None = Field(default=None, ge=0, le=100)
    f1: float | None = Field(default=None, ge=0, le=100)
    beside: str | None = None
    tried: str | None = None


class Outside(Checked):
    """A line of the second table: a recipe tested on corpora that it never heard."""

    system: str
    recipe: str
    protocol: str


class Amount(Checked):
    """How much of a recipe is trained.

    Attributes
    ----------
    epochs: at most so many.
    examples: clips an epoch, or ``None`` for as many as the recipe has.
    """

    epochs: int = Field(ge=1)
    examples: int | None = Field(default=None, ge=1)


class Quick(Amount):
    """What ``--quick`` trains."""

    epochs: int = Field(default=2, ge=1)


class Budget(Amount):
    """What is trained of a recipe that is too heavy for a processor, where that is all there is.

    Attributes
    ----------
    size: the larger side of its pictures, at most; ``None`` for that of the recipe.
    seconds: of a run on one core.
    """

    size: int | None = Field(default=None, ge=8)
    seconds: float = Field(default=900.0, gt=0)


class Hint(Checked):
    """What is known of a recipe before it runs: the seconds of a whole run on one core.

    ``budget`` is what a processor trains of it, ``None`` for all.
    """

    seconds: float = Field(default=150.0, gt=0)
    budget: Budget | None = None
    quick: Quick = Quick()


class Rows(Checked):
    """The whole file.

    Attributes
    ----------
    systems: by the letter of each system, its report.
    rows, outside: the lines of the first and of the second table, in their order.
    recipes: by recipe, what is known before it runs.
    """

    systems: dict[str, str]
    rows: tuple[Row, ...]
    outside: tuple[Outside, ...] = ()
    recipes: dict[str, Hint] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [row.row for row in self.rows]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"two rows are called '{twice}'")
        for each in self.lines:
            if each.system not in self.systems:
                raise ValueError(f"'{each.system}' is not among the systems")
        return self

    @property
    def lines(self) -> tuple[Row | Outside, ...]:
        """The lines of both tables."""
        return (*self.rows, *self.outside)

    def hint(self, recipe: str) -> Hint:
        """Give what is known of a recipe."""
        return self.recipes.get(recipe, Hint())

    def chosen(self, words: Sequence[str]) -> Rows:
        """Give the rows that ``words`` name, in the table's order; all of them for no word.

        A word is a row (``B8``), a system (``B``), a recipe or a folder of recipes.

        Raises
        ------
        RecipeError
            A word names no row; the message gives the nearest one.
        """
        if not words:
            return self
        wanted: set[str] = set()
        for word in words:
            found = {place for place, names in self._names.items() if _plain(word) in names}
            if not found:
                raise RecipeError(
                    f"'{word}' is no row, system or recipe of the table", self._nearest(word)
                )
            wanted |= found
        rows = tuple(row for row in self.rows if f"row {row.row}" in wanted)
        outside = tuple(
            each for place, each in enumerate(self.outside) if f"outside {place}" in wanted
        )
        return self.model_copy(update={"rows": rows, "outside": outside})

    def _nearest(self, word: str) -> str:
        """Say which word was probably meant, or which there are."""
        names = [folder for line in self.lines for folder in _above(line)]
        names += [*self.systems, *(row.row for row in self.rows), *(n.recipe for n in self.lines)]
        known = {_plain(line.recipe).split("/")[-1]: line.recipe for line in self.lines}
        known |= {_plain(name): name for name in names}
        close = [plain for plain in known if plain.startswith(_plain(word))]
        close += difflib.get_close_matches(_plain(word), known, n=1)
        if close:
            return f"did you mean '{known[close[0]]}'?"
        return f"name a system ({', '.join(self.systems)}), a row ({self.rows[0].row}) or a recipe"

    @cached_property
    def _names(self) -> dict[str, set[str]]:
        """By line, every word that means it."""
        names = {}
        for row in self.rows:
            names[f"row {row.row}"] = {_plain(row.row), *_words(row)}
        for place, each in enumerate(self.outside):
            own = {_plain(row.row) for row in self.rows if row.recipe == each.recipe}
            names[f"outside {place}"] = {*_words(each), *own}
        return names


def load(path: Path | None = None) -> Rows:
    """Read the table of the package, or another one.

    Raises
    ------
    RecipeError
        The file is missing, no YAML, or has an unknown key or value.
    """
    path = path or Path(__file__).with_name("rows.yaml")
    try:
        values: Any = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read the rows {path} ({error})", "name a YAML file") from None
    except yaml.YAMLError as error:
        line = str(error).replace("\n", " ")
        raise RecipeError(f"{path} is not YAML: {line}", "mend the file") from None
    if not isinstance(values, dict):
        raise RecipeError(f"{path} holds no table of keys", "write systems and rows")
    return check(Rows, values, path.stem)


def _words(line: Row | Outside) -> set[str]:
    """The system, the recipe and its folders: ``b``, ``davies_chen2024/cnn1``, its folder."""
    return {_plain(word) for word in (line.system, line.recipe, *_above(line))}


def _above(line: Row | Outside) -> list[str]:
    """The folders of a recipe."""
    *folders, _ = line.recipe.split("/")
    return ["/".join(folders[: depth + 1]) for depth in range(len(folders))]


def _plain(word: str) -> str:
    return word.strip("/").casefold()
