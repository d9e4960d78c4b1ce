"""Parameters that are checked before anything starts, with the nearest known name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from sertain.errors import RecipeError

C = TypeVar("C", bound="Checked")

LATER: Final = "later"
"""Marks a key that is younger than the hash of recipes: at its default it does not enter it."""


class Checked(BaseModel):
    """A frozen set of parameters that refuses unknown keys and values out of range."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, or list them all."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known)}"


def check(kind: type[C], values: dict[str, Any], where: str) -> C:
    """Build ``kind`` from ``values``; the first fault becomes one line that names its place."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise fault(error, kind, where) from None


def fault(error: ValidationError, kind: type[BaseModel], where: str) -> RecipeError:
    """Turn the first fault of a validation into one line: place, value, remedy."""
    first = error.errors()[0]
    place = ".".join([where, *(str(part) for part in first["loc"])])
    if first["type"] == "extra_forbidden":
        return RecipeError(
            f"unknown key {place}", nearest(str(first["loc"][-1]), _fields(kind, first["loc"][:-1]))
        )
    if first["type"] == "missing":
        return RecipeError(f"{place} is missing", "add it")
    if first["type"].startswith("union_tag"):  # several models are possible, told apart by a name
        named = first["input"].get("name", "not named")
        known = first["ctx"].get("expected_tags", "")
        offered = re.findall(r"'(.*?)'", known) or _names(kind, first["loc"])
        return RecipeError(f"{place}.name is {named!r}", nearest(str(named), offered))
    message = first["msg"][0].lower() + first["msg"][1:]
    message = message.removeprefix("value error, ")
    if isinstance(first["input"], dict) and first["type"] == "value_error":
        return RecipeError(f"{place} does not fit together", message)
    return RecipeError(f"{place} is {first['input']!r}", message)


def _fields(kind: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Give the field names of the model that lies at ``path`` inside ``kind``."""
    others: list[type[BaseModel]] = []
    for part in path:
        field = kind.model_fields.get(str(part))
        if field:
            offered = _offered(field.annotation)
            kind = offered[0] if offered else kind
            others = offered
        else:  # where several models are possible, the place names which one was meant
            kind = next((one for one in others if part in _tags(one)), kind)
    return list(kind.model_fields)


def _offered(annotation: Any) -> list[type[BaseModel]]:
    """Give the models that a field may hold."""
    found = [annotation, *get_args(annotation)]
    return [one for one in found if isinstance(one, type) and issubclass(one, BaseModel)]


def _names(kind: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Give the names of the models that may stand at ``path``."""
    *before, last = path
    for part in before:
        kind = _offered(kind.model_fields[str(part)].annotation)[0]
    offered = _offered(kind.model_fields[str(last)].annotation)
    return [str(tag) for one in offered for tag in _tags(one)]


def _tags(kind: type[BaseModel]) -> tuple[Any, ...]:
    """Give the names that a model of several possible ones answers to."""
    field = kind.model_fields.get("name")
    return get_args(field.annotation) if field else ()
