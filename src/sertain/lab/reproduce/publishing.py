"""A folder to keep: every finished run in a small file, and the table of all that is there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sertain.errors import RecipeError
from sertain.lab import recipes
from sertain.lab.evaluation import protocol as protocols
from sertain.lab.evaluation.outcome import write_whole
from sertain.lab.reproduce import packing, record, tables
from sertain.lab.reproduce.kept import FILE as TABLE
from sertain.lab.reproduce.kept import sheet
from sertain.lab.reproduce.plan import Plan, shown
from sertain.lab.reproduce.rows import Rows
from sertain.lab.reproduce.series import SPEED, Key, Run, Series, folder_of

_OF_THE_CALL = ("created", "wall_s", "versions", "hardware")
"""What differs in a record each time that the same figures are written."""


def check(table: Rows, folder: Path) -> None:
    """See before anything trains whether all rows can be shown and the folder is fit for them.

    Raises
    ------
    SertainError
        A recipe or protocol of the table is unknown, or the folder holds quick runs.
    """
    for line in table.lines:
        recipes.load(line.recipe)
    for _, protocol, _ in shown(table, "both"):
        protocols.load(protocol)
    path = folder / TABLE
    if path.is_file() and json.loads(path.read_text("utf-8"))["quick"]:
        raise RecipeError(f"{folder} holds a quick table", "name another folder with --publish")


def publish(
    plan: Plan, finished: Mapping[Key, Iterable[Run]], table: Rows, folder: Path
) -> list[str]:
    """Add the finished runs, figures and speeds of a plan, and write the table of all rows.

    Nothing that was published is deleted, and a file changes only where what it says does.  Whole
    runs give no place to those at a budget, nor figures to others of fewer seeds.  The table is
    made of what the folder then holds, whatever the plan asked for.

    Parameters
    ----------
    plan:
        What was asked for.
    finished:
        By recipe and protocol, the runs that are finished and were read.
    table:
        All rows.
    folder:
        Where it is kept.

    Returns
    -------
    A line for each recipe and protocol of which something stays that is better.
    """
    kept = []
    for series in plan.series:
        whole = recipes.load(series.recipe).hash
        runs = sorted(finished.get(series.key, ()))
        better = sum(not _publish_run(series, run, whole, folder) for run in runs)
        if better:
            stay = "whole runs stay" if better > 1 else "whole run stays"
            today = "those of today are" if better > 1 else "that of today is"
            kept.append(
                f"{series.recipe} on {series.protocol}: {better} {stay} in {folder}, "
                f"where {today} at a budget"
            )
        line = _publish_record(series, whole, folder)
        kept += [line] if line else []
        _publish_speed(plan, series, folder)
    tables.write_tables(sheet(table, folder, plan), folder)
    return kept


def _publish_run(series: Series, run: Run, whole: str, folder: Path) -> bool:
    """Write a run, unless the same is there; ``False`` where a whole one stays in its place."""
    own = series.fold_folder(*run)
    path = packing.path_of(folder_of(folder, series.recipe) / series.protocol, *run)
    if path.is_file():
        there = packing.read(path)
        if there.recipe_hash == whole != series.recipe_hash:
            return False
        if there.outcome == packing.outcome_of(own):
            return True
    write_whole(path, packing.pack(own, len(series.folds)))
    return True


def _publish_record(series: Series, whole: str, folder: Path) -> str | None:
    """Write the figures, or say why those that are there stay."""
    own = record.read(series)
    if own is None:
        return None
    path = folder_of(folder, series.recipe) / f"{series.protocol}.json"
    if path.is_file():
        there = json.loads(path.read_text("utf-8"))
        if there["recipe"]["hash"] == whole != series.recipe_hash:
            return f"{series.recipe} on {series.protocol}: the figures of whole runs stay"
        same = there["recipe"]["hash"] == series.recipe_hash
        more = sorted(set(there["seeds"]) - set(own["seeds"]))
        if same and more:
            seeds = ", ".join(map(str, more))
            return (
                f"{series.recipe} on {series.protocol}: the figures that {folder} holds stay, as "
                f"the runs of seed {seeds} do not stand here"
            )
        if _lasting(there) == _lasting(own):
            return None
    write_whole(path, series.record.read_bytes())
    return None


def _publish_speed(plan: Plan, series: Series, folder: Path) -> None:
    """Write how fast the recipe's bundle answers, unless that is known of this recipe."""
    own = tables.measured(plan.folder(series.recipe) / SPEED, series.recipe_hash)
    path = folder_of(folder, series.recipe) / SPEED
    if own is None or tables.measured(path, series.recipe_hash) is not None:
        return
    write_whole(path, json.dumps({**own, "recipe_hash": series.recipe_hash}).encode())


def _lasting(held: Mapping[str, Any]) -> dict[str, Any]:
    """Leave away what only says when and where a record was written."""
    return {name: value for name, value in held.items() if name not in _OF_THE_CALL}
