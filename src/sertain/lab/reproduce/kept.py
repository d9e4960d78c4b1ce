"""The table of a published folder: of everything that it holds, and of nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sertain.lab import recipes
from sertain.lab.reproduce import packing, record, tables
from sertain.lab.reproduce.amount import limits, planned
from sertain.lab.reproduce.plan import SEEDS, Plan, shown
from sertain.lab.reproduce.rows import Rows
from sertain.lab.reproduce.series import Key, Series, folder_of
from sertain.lab.reproduce.setting import Places
from sertain.lab.reproduce.tables import Origin, State

FILE: Final = "table.json"


def sheet(table: Rows, folder: Path, plan: Plan) -> dict[str, Any]:
    """Give the table of all rows, as far as their figures are published.

    The same folder gives the same table, whoever writes it.  Of a plan only two things are told:
    how many seeds it wants, and which weights are out of reach.
    """
    before = _before(folder)
    earlier, now = _asked(before), _asked_now(plan)
    asked = {**earlier, **now} if plan.seeds_said else {**now, **earlier}
    state = State()
    series = []
    for recipe, protocol in dict.fromkeys((one, other) for one, other, _ in shown(table, "both")):
        found, count = _series(table, folder, recipe, protocol, asked.get((recipe, protocol)))
        state.finished[found.key] = count
        series.append(found)
    records = [held for one in series if (held := record.read(one)) is not None]
    there = {one.recipe for one in series if one.record.is_file()}
    view = Plan(
        table,
        tuple(series),
        folder,
        Places(),
        "both",
        SEEDS,
        quick=False,
        empty={
            recipe: reason
            for recipe, reason in {**_empty(before, plan), **plan.empty}.items()
            if recipe not in there
        },
        whole=True,
    )
    return tables.of(view, state, _origin(records))


def _series(
    table: Rows, folder: Path, recipe: str, protocol: str, asked: int | None
) -> tuple[Series, int]:
    """Give what is published of a recipe under a protocol, and how many runs that is."""
    whole = recipes.load(recipe)
    small = planned(whole, table.hint(recipe).budget)
    place = folder_of(folder, recipe) / protocol
    path = place.with_name(f"{place.name}.json")
    held: Mapping[str, Any] | None = json.loads(path.read_text("utf-8")) if path.is_file() else None
    known = (whole.hash, small.hash)
    if held is not None and held["recipe"]["hash"] in known:
        own, count = held["recipe"]["hash"], len(held["runs"])
        folds = tuple(sorted({run["fold"] for run in held["runs"]}))
        absent, seeds = held["protocol"]["absent"], tuple(held["seeds"])
    else:
        own, folds, count = _begun(place, known)
        absent, seeds = (), tuple(range(asked or SEEDS))
    found = Series(
        recipe,
        protocol,
        tuple(map(str, folds)),
        folds,
        seeds,
        tuple(absent),
        place,
        0.0,
        own,
        limits=limits(whole, small) if own != whole.hash else None,
        asked=asked,
    )
    return found, count


def _begun(place: Path, known: tuple[str, str]) -> tuple[str, tuple[int, ...], int]:
    """Of runs without figures give the recipe hash, the folds of the series, and how many it is.

    Whole runs come before those at a budget; those of any other recipe do not count.
    """
    counts: Counter[str] = Counter()
    folds = 0
    for _, _, path in packing.held(place):
        run = packing.read(path)
        counts[run.recipe_hash] += 1
        folds = max(folds, run.folds)
    own = next((one for one in known if counts[one]), known[0])
    return own, tuple(range(folds)), counts[own]


def _before(folder: Path) -> dict[str, Any]:
    """Read the table that the folder holds, if it holds one."""
    path = folder / FILE
    held: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return held


def _asked(before: Mapping[str, Any]) -> dict[Key, int]:
    """Say how many seeds were wanted of each series when the table was written before."""
    found: dict[Key, int] = {}
    for row in before.get("rows", ()):
        for cell in (row["under_published"], row["unseen"]):
            found |= {(row["recipe"], cell["protocol"]): cell.get("of_seeds", 0)}
    for line in before.get("outside", ()):
        found |= {(line["recipe"], line["protocol"]): line["cell"].get("of_seeds", 0)}
    return {key: count for key, count in found.items() if count}


def _asked_now(plan: Plan) -> dict[Key, int]:
    return {one.key: one.asked for one in plan.series if one.asked is not None}


def _empty(before: Mapping[str, Any], plan: Plan) -> dict[str, str]:
    """Say of recipes that the plan leaves alone which were out of reach before."""
    now = {line.recipe for line in plan.rows.lines}
    rows = [row for row in before.get("rows", ()) if row["recipe"] not in now]
    return {row["recipe"]: row["empty"] for row in rows if row["empty"]}


def _origin(records: list[dict[str, Any]]) -> Origin:
    """Say when and on what the youngest figures were written."""
    youngest = max(records, key=lambda held: str(held["created"]), default=None)
    if youngest is None:
        return Origin("before any figures", None, {}, {})
    return Origin(youngest["created"], None, youngest["hardware"], youngest["versions"])
