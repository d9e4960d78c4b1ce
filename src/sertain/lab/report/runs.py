"""The report of a run, drawn from its folder alone: curves, confusion, every class."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sertain.corpora.decisions import Applied
from sertain.errors import RecipeError
from sertain.lab.report import course, page, validation
from sertain.lab.report.drawing import Picture
from sertain.lab.report.matrix import Matrix, counted, table

PAGE: Final = "report.html"

_TITLES: Final = {
    "uar": "UAR",
    "wa": "accuracy (WA)",
    "macro_f1": "macro F1",
    "weighted_f1": "weighted F1",
    "ece": "calibration error (ECE)",
    "brier": "Brier score",
    "nll": "NLL",
    "half_error": "error of the surer half",
}


def draw(folder: Path) -> Path:
    """Write ``report.html`` and ``figures/`` into the folder of a run; gives the page's path.

    The folder is one of ``sertain train`` or of ``sertain evaluate``; what it holds is read, and
    nothing is computed anew.

    Raises
    ------
    RecipeError
        The folder holds no run, or one that was written by another version.
    """
    results = folder / "results.json"
    try:
        if results.is_file():
            values = json.loads(results.read_text("utf-8"))
            return _bundle(folder, values) if "bundle" in values else _evaluation(folder, values)
        if (folder / "run.json").is_file():
            return _training(folder)
    except (ValueError, KeyError, TypeError) as error:
        raise RecipeError(
            f"what {folder} holds cannot be read ({type(error).__name__}: {error})",
            "run it again with this version",
        ) from None
    raise RecipeError(
        f"{folder} holds no run: neither results.json nor run.json", "name the folder of a run"
    )


def _training(folder: Path) -> Path:
    run = json.loads((folder / "run.json").read_text("utf-8"))
    recipe = run["recipe"]
    curve = course.curves([own] if (own := course.read(folder)) else [])
    parts = [page.facts(_training_facts(folder, run)), _curve_section(curve)]
    drawn = list(curve)
    answered = validation.read(folder)
    if answered is not None:
        matrix = Matrix("", "", answered.labels, answered.counts)
        drawn += (pictures := matrix.pictures())
        note = (
            "Of the held-out speakers, who chose the epoch: these figures flatter. What a recipe is"
            " worth is measured by sertain evaluate."
        )
        parts.append(
            page.section("Held-out speakers", page.words(note), *_matrix(matrix, pictures))
        )
    else:
        parts.append(page.words("The training is not finished: its answers are not known yet."))
    return page.write(
        folder, PAGE, f"Training of {recipe['name']}, seed {run['seed']}", parts, drawn
    )


def _training_facts(folder: Path, run: Mapping[str, Any]) -> list[tuple[str, str]]:
    recipe = run["recipe"]
    rows = [
        ("recipe", f"{recipe['name']}, hash {run['hash']}"),
        ("about", recipe.get("about", "")),
        ("corpora", ", ".join(recipe["corpora"])),
        ("labels", ", ".join(recipe["labels"])),
        ("clips", f"{len(run['train']):,} train, {len(run['validation']):,} validate"),
        *_decisions(run),
    ]
    path = folder / "summary.json"
    if path.is_file():
        done = json.loads(path.read_text("utf-8"))
        rows += [
            ("parameters", f"{done['parameters']:,}"),
            ("epochs", f"{done['epochs']}, weights of epoch {done['best_epoch']}"),
            ("UAR", f"{done['validation_uar']:.3f} on validation, mean over the corpora"),
            ("training time", f"{done['train_s'] / 60:.1f} minutes"),
        ]
    return [row for row in rows if row[1]]


def _decisions(held: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give the row of what a table of decisions did to the clips, if there was one."""
    return [("decisions", str(Applied(**held["decisions"])))] if held.get("decisions") else []


def _evaluation(folder: Path, values: Mapping[str, Any]) -> Path:
    protocol, recipe = values["protocol"], values["recipe"]
    pools = {"": values["pooled"]} if values["pooled"] else values["pools"]
    courses = [
        course.read(folder / f"fold-{run['fold']}-seed-{run['seed']}" / "fit")
        for run in values["runs"]
    ]
    curve = course.curves([one for one in courses if one])
    parts = [page.facts(_evaluation_facts(values))]
    if protocol["leak"]:
        parts.append(page.words(f"Leak: {protocol['leak']}.", "leak"))
    parts.append(_curve_section(curve))
    drawn = list(curve)
    for name, pool in pools.items():
        matrix = _matrix_of(name, pool["labels"], pool["confusion"])
        drawn += (pictures := matrix.pictures())
        figures = page.table("Figures", _figures(pool["figures"]))
        title = f"Fold {name}" if name else "All folds together"
        parts.append(page.section(title, figures, *_matrix(matrix, pictures)))
    parts.append(page.section("Folds", page.table("Every fold and seed", _folds(values["runs"]))))
    return page.write(folder, PAGE, f"{recipe['name']} on {protocol['name']}", parts, drawn)


def _evaluation_facts(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    protocol, recipe, runs = values["protocol"], values["recipe"], values["runs"]
    return [
        ("recipe", f"{recipe['name']}, hash {recipe['hash']}"),
        ("protocol", f"{protocol['name']}: {protocol['title']}"),
        ("leak", protocol["leak"] or "none"),
        *_decisions(values.get("data", {})),
        ("folds", f"{len(protocol['run'])} of {len(protocol['folds'])}"),
        ("seeds", ", ".join(map(str, values["seeds"]))),
        ("parameters", f"{runs[0]['parameters']:,}"),
        ("training time", f"{sum(run['train_s'] for run in runs) / 60:.1f} minutes, all together"),
        ("hardware", ", ".join(f"{name} {value}" for name, value in values["hardware"].items())),
        ("written", values["created"]),
    ]


def _bundle(folder: Path, values: Mapping[str, Any]) -> Path:
    bundle, counts = values["bundle"], values["counts"]
    matrix = _matrix_of("", values["labels"], values["confusion"])
    drawn = matrix.pictures()
    rows = [
        ("model", f"{bundle['name']} {bundle['version']}, recipe {bundle['recipe']}"),
        ("clips from", ", ".join(values["clips_from"])),
        ("clips", f"{counts['scored']:,} scored of {counts['given']:,}"),
        ("labels that both share", ", ".join(values["labels"])),
        *_decisions(values),
    ]
    figures = {
        name: {"mean": one["value"], "low": one["low"], "high": one["high"], "sd": None}
        for name, one in values["figures"].items()
    }
    parts = [
        page.facts(rows),
        page.section("Clips", page.table("Figures", _figures(figures)), *_matrix(matrix, drawn)),
    ]
    name = f"{bundle['name']} {bundle['version']} on {', '.join(values['clips_from'])}"
    return page.write(folder, PAGE, name, parts, drawn)


def _curve_section(curve: Sequence[Picture]) -> str:
    if curve:
        note = (
            "The training loss is that of augmented clips and smoothed labels, where the recipe"
            " asks for them, so it can lie above that of validation."
        )
        return page.section("Training", page.words(note), page.shown(curve))
    return page.section("Training", page.words("No figures of epochs lie in this folder."))


def _matrix_of(name: str, labels: Sequence[str], counts: Sequence[Sequence[float]]) -> Matrix:
    return Matrix(name.lower(), name, tuple(labels), tuple(tuple(row) for row in counts))


def _matrix(matrix: Matrix, pictures: Sequence[Picture]) -> list[str]:
    counts = page.table("Clips by truth and answer", counted(matrix))
    return [
        page.shown(pictures),
        page.table("Precision, recall and F1", table(matrix)),
        page.folded("The confusion matrix as a table", counts),
    ]


def _figures(figures: Mapping[str, Mapping[str, Any]]) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [("measure", "value", "95 % interval", "SD over seeds")]
    for name, title in _TITLES.items():
        if name in figures:
            one = figures[name]
            bounds = "" if one["low"] is None else f"{one['low']:.3f} to {one['high']:.3f}"
            spread = "" if one["sd"] is None else f"{one['sd']:.3f}"
            rows.append((title, f"{one['mean']:.3f}", bounds, spread))
    return rows


def _folds(runs: Sequence[Mapping[str, Any]]) -> list[Sequence[str]]:
    head = ("fold", "seed", "train", "validation", "test", "UAR", "WA", "epochs", "minutes")
    return [
        head,
        *(
            (
                f"{run['fold']} ({run['name']})",
                str(run["seed"]),
                f"{run['train_clips']:,}",
                f"{run['validation_clips']:,}",
                f"{run['test_clips']:,}",
                f"{run['scores']['uar']:.3f}",
                f"{run['scores']['wa']:.3f}",
                str(run["epochs"]),
                f"{run['train_s'] / 60:.1f}",
            )
            for run in runs
        ),
    ]
