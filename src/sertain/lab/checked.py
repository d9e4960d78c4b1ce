"""Parameters that are checked before anything starts, with the nearest known name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from sertain.errors import RecipeError

C = TypeVar("C", bound="Checked")


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
    message = first["msg"][0].lower() + first["msg"][1:]
    return RecipeError(f"{place} is {first['input']!r}", message.removeprefix("value error, "))


def _fields(kind: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Give the field names of the model that lies at ``path`` inside ``kind``."""
    for part in path:
        field = kind.model_fields.get(str(part))
        inner = field.annotation if field else None
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            kind = inner
    return list(kind.model_fields)
