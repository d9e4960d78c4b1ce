"""The table as data: what was published, what came out here, and what stayed empty, and why."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sertain.lab import recipes
from sertain.lab.evaluation import protocol as protocols
from sertain.lab.evaluation.environment import hardware, versions
from sertain.lab.evaluation.outcome import write_whole
from sertain.lab.evaluation.protocol import Transfer
from sertain.lab.report import runs
from sertain.lab.reproduce import machine, markdown, page, record
from sertain.lab.reproduce.amount import picture_sizes, planned
from sertain.lab.reproduce.plan import Plan
from sertain.lab.reproduce.rows import Outside, Row
from sertain.lab.reproduce.series import SPEED, Key, Series

Cell = dict[str, Any]

MARGIN: Final = 3.0
"""How many points below the published accuracy still count as reached."""
_MEASURES: Final = ("wa", "uar", "macro_f1", "weighted_f1")


@dataclass
class State:
    """How far it came.

    Attributes
    ----------
    finished: by recipe and protocol, how many runs are finished.
    added: those whose figures were written since the start.
    failed: by recipe and protocol, what went wrong.
    unmeasured: by recipe, why no speed was measured.
    """

    finished: dict[Key, int] = field(default_factory=dict)
    added: set[Key] = field(default_factory=set)
    failed: dict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))
    unmeasured: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Origin:
    """When, after how many seconds if that is known, and on what a table was made."""

    created: str
    wall_s: float | None
    hardware: Mapping[str, Any]
    versions: Mapping[str, str]


def write(plan: Plan, state: State, wall_s: float) -> dict[str, Any]:
    """Write ``table.json``, ``table.md`` and ``table.html`` into the plan's folder."""
    values = build(plan, state, wall_s)
    write_tables(values, plan.out)
    return values


def write_tables(values: Mapping[str, Any], folder: Path) -> None:
    """Write the table in its three forms into a folder."""
    for name, text in {
        "table.json": json.dumps(values, indent=1, ensure_ascii=False) + "\n",
        "table.md": markdown.written(values),
        "table.html": page.written(values),
    }.items():
        write_whole(folder / name, text.encode())


def build(plan: Plan, state: State, wall_s: float) -> dict[str, Any]:
    """Give the table of a folder of runs, as :func:`of`, made now and here."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return of(plan, state, Origin(now, round(wall_s, 1), hardware(), versions()))


def of(plan: Plan, state: State, origin: Origin) -> dict[str, Any]:
    """Give the table.

    A cell's ``state`` is ``"done"``, ``"failed"``, ``"empty"`` (out of reach), ``"waiting"`` (no
    seed is whole yet), or ``"left out"`` (not asked for); all but the first have a ``reason``.
    ``seeds`` are those that are whole, ``of_seeds`` is how many are wanted.  ``shown`` holds how
    many runs the figures rest on, and what all of them took.
    """
    return {
        "format": 1,
        "quick": plan.quick,
        "created": origin.created,
        "wall_s": origin.wall_s,
        "seeds": plan.seeds,
        "runs": plan.runs,
        "shown": _shown(plan),
        "hardware": dict(origin.hardware),
        "versions": dict(origin.versions),
        "margin": MARGIN,
        "systems": dict(plan.rows.systems),
        "rows": [_row(plan, state, row) for row in plan.rows.rows],
        "outside": [line for each in plan.rows.outside for line in _outside(plan, state, each)]
        if plan.wants("speaker-independent")
        else [],
        "failed": [
            {"recipe": recipe, "protocol": protocol, "reasons": reasons}
            for (recipe, protocol), reasons in state.failed.items()
        ]
        + [
            {"recipe": recipe, "protocol": "export and speed", "reasons": [reason]}
            for recipe, reason in state.unmeasured.items()
        ],
    }


def _shown(plan: Plan) -> dict[str, Any]:
    """Add up the runs of all figures, each once, however many rows show it."""
    held = [found for series in plan.series if (found := record.read(series)) is not None]
    each_s = [run["wall_s"] for one in held for run in one["runs"]]
    return {"runs": len(each_s), "wall_s": round(sum(each_s), 1)}


def _row(plan: Plan, state: State, row: Row) -> dict[str, Any]:
    own = _cell(plan, state, row.recipe, row.protocol, wanted=plan.wants("published"))
    unseen = _cell(plan, state, row.recipe, row.unseen, wanted=plan.wants("speaker-independent"))
    return {
        "row": row.row,
        "system": row.system,
        "recipe": row.recipe,
        "beside": row.beside,
        "tried": row.tried,
        "published": {"accuracy": row.accuracy, "f1": row.f1},
        "under_published": {**own, **_difference(row, own, quick=plan.quick)},
        "unseen": unseen,
        "parameters": own.get("parameters", unseen.get("parameters")),
        "size": _size(plan, row.recipe, [own, unseen]),
        "speed": _speed(plan, state, row.recipe, [own, unseen]),
        "empty": plan.empty.get(row.recipe),
    }


def _difference(row: Row, cell: Cell, *, quick: bool) -> dict[str, Any]:
    """Say how many points ours lies above the published accuracy, and whether that is reached."""
    if row.accuracy is None or cell["state"] != "done" or quick:
        return {}
    points = 100 * cell["figures"]["wa"]["mean"] - row.accuracy
    return {"difference": round(points, 2), "reached": points >= -MARGIN}


def _cell(plan: Plan, state: State, recipe: str, protocol: str, *, wanted: bool) -> Cell:
    """Give what a recipe earned under a protocol, or why there is nothing."""
    found: Cell = {"protocol": protocol, "leak": protocols.load(protocol).leak}
    if recipe in plan.empty:
        return {**found, "state": "empty", "reason": plan.empty[recipe]}
    series = plan.by_key.get((recipe, protocol))
    if not wanted or series is None:
        return {**found, "state": "left out", "reason": "not asked for"}
    if state.failed.get(series.key) and series.key not in state.added:
        return {**found, "state": "failed", "reason": "; ".join(state.failed[series.key])}
    held = record.read(series)
    if held is None:
        return {**found, "state": "waiting", **_begun(series, state)}
    pool = held["pooled"]
    figures = pool["figures"] if pool else held["mean_of_folds"]
    return {
        **found,
        "state": "done",
        "leak": held["protocol"]["leak"],
        "clips": sum(each["clips"] for each in held["pools"].values()),
        "figures": {name: figures[name] for name in _MEASURES},
        "interval_over": pool["interval_over"] if pool else "folds",
        **_training(plan, series, held),
    }


def _begun(series: Series, state: State) -> Cell:
    """Say how far a series has come of which no seed is whole."""
    found: Cell = {} if series.asked is None else {"of_seeds": series.asked}
    count = state.finished.get(series.key, 0)
    if not count:
        return {**found, "reason": "not run yet"}
    return {**found, "reason": f"no seed is whole yet: {count} of {len(series.runs)} runs"}


def _training(plan: Plan, series: Series, held: Mapping[str, Any]) -> Cell:
    """Say what was trained, for how long, and on what."""
    done, seeds = held["runs"], held["seeds"]
    epochs = [run["epochs"] for run in done]
    drawn = series.folder / runs.PAGE
    return {
        "seeds": seeds,
        "of_seeds": max(series.asked or 0, len(seeds)),
        "folds": [len(held["protocol"]["run"]), len(held["protocol"]["folds"])],
        "parameters": max(run["parameters"] for run in done),
        "epochs": [min(epochs), max(epochs)],
        "train_clips": done[0]["train_clips"],
        "train_s": round(sum(run["train_s"] for run in done) / len(done), 1),
        "wall_s": round(sum(run["wall_s"] for run in done), 1),
        "hardware": "; ".join(held.get("machines") or [machine.named(held["hardware"])]),
        "recipe_hash": held["recipe"]["hash"],
        "budget": series.limits,
        **({"page": _relative(drawn, plan.out)} if drawn.is_file() else {}),
        "record": _relative(series.record, plan.out),
    }


def _outside(plan: Plan, state: State, each: Outside) -> list[dict[str, Any]]:
    """Give a line for every corpus that the protocol tests."""
    split = protocols.load(each.protocol).split
    assert isinstance(split, Transfer)
    whole = _cell(plan, state, each.recipe, each.protocol, wanted=True)
    series = plan.by_key.get((each.recipe, each.protocol))
    held = record.read(series) if series and whole["state"] == "done" else None
    lines = []
    for corpus in split.test:
        cell = dict(whole)
        if series is not None and corpus in series.absent:
            cell = {"state": "empty", "reason": f"{corpus} is not at hand"}
        elif held is not None:
            pool = held["pools"][corpus]
            cell |= {
                "clips": pool["clips"],
                "labels": pool["labels"],
                "chance": pool["chance"],
                "interval_over": pool["interval_over"],
                "figures": {name: pool["figures"][name] for name in _MEASURES},
            }
        lines.append(
            {
                "system": each.system,
                "recipe": each.recipe,
                "protocol": each.protocol,
                "trained": list(split.train),
                "tested": corpus,
                "cell": cell,
            }
        )
    return lines


def measured(path: Path, recipe_hash: str | None) -> dict[str, Any] | None:
    """Read a speed; ``None`` where there is none, or it is that of another recipe hash."""
    if not path.is_file():
        return None
    held: dict[str, Any] = json.loads(path.read_text("utf-8"))
    # Earlier files name no recipe; their folder held one alone.
    return held if recipe_hash in (None, held.get("recipe_hash", recipe_hash)) else None


def _speed(plan: Plan, state: State, recipe: str, cells: Sequence[Cell]) -> dict[str, Any] | None:
    if recipe in state.unmeasured:
        return {"failed": state.unmeasured[recipe]}
    shown = next((cell["recipe_hash"] for cell in cells if cell["state"] == "done"), None)
    return measured(plan.folder(recipe) / SPEED, shown)


def _size(plan: Plan, name: str, cells: Sequence[Cell]) -> str | None:
    """Give the size of the pictures that a recipe is trained on, where it says one."""
    done = next((cell for cell in cells if cell["state"] == "done"), None)
    whole = plan.budget(name) is None if done is None else done["budget"] is None
    recipe = planned(recipes.load(name), None if whole else plan.rows.hint(name).budget)
    sizes = picture_sizes(recipe)
    if not sizes:
        return None
    return ", then ".join(f"{height} × {width}" for height, width in sizes)


def _relative(path: Path, out: Path) -> str:
    return Path(os.path.relpath(path, out)).as_posix()
