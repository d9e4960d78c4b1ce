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
from sertain.lab.reproduce import machine, markdown, page
from sertain.lab.reproduce.amount import planned
from sertain.lab.reproduce.plan import Plan, Series
from sertain.lab.reproduce.rows import Outside, Row

Key = tuple[str, str]
Cell = dict[str, Any]

SPEED: Final = "speed.json"
MARGIN: Final = 3.0
"""How many points below the published accuracy still count as reached."""
_MEASURES: Final = ("wa", "uar", "macro_f1", "weighted_f1")


@dataclass
class State:
    """What went wrong: by recipe and protocol the reasons, by recipe why no speed was measured."""

    failed: dict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))
    unmeasured: dict[str, str] = field(default_factory=dict)


def write(plan: Plan, state: State, wall_s: float) -> dict[str, Any]:
    """Write ``table.json``, ``table.md`` and ``table.html`` into the plan's folder."""
    values = build(plan, state, wall_s)
    _write(values, plan.out)
    return values


def publish(plan: Plan, values: Mapping[str, Any], folder: Path) -> None:
    """Write the tables and the small records that they link to into a folder of their own.

    That is little enough to be kept with the project; the folders of the runs stay behind.
    """
    plain = json.loads(json.dumps(values))
    cells = [line[name] for line in plain["rows"] for name in ("under_published", "unseen")]
    cells += [line["cell"] for line in plain["outside"]]
    for cell in cells:
        if cell["state"] == "done":
            del cell["page"]
            write_whole(folder / cell["record"], (plan.out / cell["record"]).read_bytes())
    _write(plain, folder)


def _write(values: Mapping[str, Any], folder: Path) -> None:
    for name, text in {
        "table.json": json.dumps(values, indent=1, ensure_ascii=False) + "\n",
        "table.md": markdown.written(values),
        "table.html": page.written(values),
    }.items():
        write_whole(folder / name, text.encode())


def build(plan: Plan, state: State, wall_s: float) -> dict[str, Any]:
    """Give the table.

    A cell's ``state`` is ``"done"``, ``"failed"``, ``"empty"`` (out of reach), ``"waiting"`` (not
    run yet), or ``"left out"`` (not asked for); all but the first have a ``reason``.
    """
    return {
        "format": 1,
        "quick": plan.quick,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "wall_s": round(wall_s, 1),
        "seeds": plan.seeds,
        "runs": plan.runs,
        "hardware": hardware(),
        "versions": versions(),
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


def _row(plan: Plan, state: State, row: Row) -> dict[str, Any]:
    own = _cell(plan, state, row.recipe, row.protocol, wanted=plan.wants("published"))
    unseen = _cell(plan, state, row.recipe, row.unseen, wanted=plan.wants("speaker-independent"))
    return {
        "row": row.row,
        "system": row.system,
        "recipe": row.recipe,
        "beside": row.beside,
        "published": {"accuracy": row.accuracy, "f1": row.f1},
        "under_published": {**own, **_difference(row, own, quick=plan.quick)},
        "unseen": unseen,
        "parameters": own.get("parameters", unseen.get("parameters")),
        "size": _size(plan, row.recipe),
        "speed": _speed(plan, state, row.recipe),
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
    if state.failed.get(series.key):
        return {**found, "state": "failed", "reason": "; ".join(state.failed[series.key])}
    record = _record(series)
    if record is None:
        return {**found, "state": "waiting", "reason": "not run yet"}
    pool = record["pooled"]
    figures = pool["figures"] if pool else record["mean_of_folds"]
    return {
        **found,
        "state": "done",
        "leak": record["protocol"]["leak"],
        "clips": sum(each["clips"] for each in record["pools"].values()),
        "figures": {name: figures[name] for name in _MEASURES},
        "interval_over": pool["interval_over"] if pool else "folds",
        **_training(plan, series, record),
    }


def _training(plan: Plan, series: Series, record: Mapping[str, Any]) -> Cell:
    """Say what was trained, for how long, and on what."""
    done = record["runs"]
    epochs = [run["epochs"] for run in done]
    machines = {
        machine.noted(series.fold_folder(run["fold"], run["seed"]))
        or machine.named(record["hardware"])
        for run in done
    }
    return {
        "seeds": record["seeds"],
        "folds": [len(record["protocol"]["run"]), len(record["protocol"]["folds"])],
        "parameters": max(run["parameters"] for run in done),
        "epochs": [min(epochs), max(epochs)],
        "train_clips": done[0]["train_clips"],
        "train_s": round(sum(run["train_s"] for run in done) / len(done), 1),
        "hardware": "; ".join(sorted(machines)),
        "recipe_hash": record["recipe"]["hash"],
        "budget": series.limits,
        "page": _relative(series.folder / runs.PAGE, plan.out),
        "record": _relative(series.record, plan.out),
    }


def _outside(plan: Plan, state: State, each: Outside) -> list[dict[str, Any]]:
    """Give a line for every corpus that the protocol tests."""
    split = protocols.load(each.protocol).split
    assert isinstance(split, Transfer)
    whole = _cell(plan, state, each.recipe, each.protocol, wanted=True)
    series = plan.by_key.get((each.recipe, each.protocol))
    record = _record(series) if series and whole["state"] == "done" else None
    lines = []
    for corpus in split.test:
        cell = dict(whole)
        if series is not None and corpus in series.absent:
            cell = {"state": "empty", "reason": f"{corpus} is not at hand"}
        elif record is not None:
            pool = record["pools"][corpus]
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


def _record(series: Series) -> dict[str, Any] | None:
    """Read the small file, if it speaks of just the runs of this plan, and of its recipe."""
    if not series.record.is_file():
        return None
    held: dict[str, Any] = json.loads(series.record.read_text("utf-8"))
    ran = {(run["fold"], run["seed"]) for run in held["runs"]}
    wanted = {(fold, seed) for fold in series.folds for seed in series.seeds}
    same = held["recipe"]["hash"] == series.recipe_hash
    return held if same and ran == wanted else None


def _speed(plan: Plan, state: State, recipe: str) -> dict[str, Any] | None:
    if recipe in state.unmeasured:
        return {"failed": state.unmeasured[recipe]}
    path = plan.folder(recipe) / SPEED
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def _size(plan: Plan, name: str) -> str | None:
    """Give the size of the pictures that a recipe is trained on, where it says one."""
    recipe = planned(recipes.load(name), plan.budget(name))
    if recipe.augment.sizes is not None:
        sizes: Sequence[Sequence[int]] = recipe.augment.sizes.sizes
    elif {"height", "width"} <= recipe.frontend.parameters.keys():
        sizes = [(recipe.frontend.parameters["height"], recipe.frontend.parameters["width"])]
    else:
        return None
    return ", then ".join(f"{height} × {width}" for height, width in sizes)


def _relative(path: Path, out: Path) -> str:
    return Path(os.path.relpath(path, out)).as_posix()
