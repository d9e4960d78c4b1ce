"""The table as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sertain.lab.evaluation.pages import table
from sertain.lab.reproduce import words
from sertain.lab.reproduce.words import Values

_HEAD = [
    "row",
    "recipe",
    "published accuracy",
    "ours, same protocol",
    "points apart",
    "what leaks in that protocol",
    "unseen speakers: UAR",
    "unseen speakers: WA",
    "parameters",
    "training of a run",
    "speed, × real time",
    "figures of",
]
_OUTSIDE = [
    "recipe",
    "trained on",
    "tested on",
    "clips",
    "labels",
    "chance",
    "UAR",
    "WA",
    "interval over",
]


def written(values: Values) -> str:
    """Give the page."""
    parts = [f"# {words.title(values)}", *words.introduction(values)]
    for system, report in values["systems"].items():
        rows = [row for row in values["rows"] if row["system"] == system]
        if rows:
            name = f"{system}: {report}" if len(system) == 1 else report
            parts += [f"## {name[0].upper()}{name[1:]}", table([_HEAD, *map(_cells, rows)])]
            parts += [f"{row['row']}: {text}." for row in rows for text in words.told(row)]
    parts += words.compared(values)
    if values["outside"]:
        parts += [
            "## Corpora that a system never heard",
            table([_OUTSIDE, *map(_outside, values["outside"])]),
        ]
    if values["failed"]:
        parts += ["## What failed", "\n".join(_failed(values["failed"]))]
    return "\n\n".join([*parts, "## Notes", *words.footnotes(values)]) + "\n"


def _cells(row: Values) -> list[str]:
    return [
        row["row"],
        row["recipe"],
        words.published(row),
        words.ours(row),
        words.difference(row),
        row["under_published"]["leak"] or "nothing",
        words.unseen(row, "uar"),
        words.unseen(row, "wa"),
        words.parameters(row),
        words.training(row),
        words.speed(row),
        _links(row) or words.NOTHING,
    ]


def _links(row: Values) -> str:
    return ", ".join(f"[{name}]({place})" for name, place in words.links(row))


def _outside(line: Values) -> list[str]:
    cells = words.outside(line)
    order = ("clips", "labels", "chance", "uar", "wa", "over")
    return [
        line["recipe"],
        ", ".join(line["trained"]),
        line["tested"],
        *(cells[name] for name in order),
    ]


def _failed(failed: Sequence[dict[str, Any]]) -> list[str]:
    return [
        f"- {each['recipe']}, {each['protocol']}: {reason}"
        for each in failed
        for reason in each["reasons"]
    ]
