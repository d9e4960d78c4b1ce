"""What a worker can do: train and answer a fold, add up the folds, measure the speed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from sertain import bundle, corpora
from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError, RecipeError
from sertain.lab import training
from sertain.lab.evaluation import runner, writers
from sertain.lab.evaluation.outcome import FILE as OUTCOME
from sertain.lab.evaluation.outcome import write_whole
from sertain.lab.export import export
from sertain.lab.recipes import Recipe
from sertain.lab.report import runs
from sertain.lab.reproduce import machine, packing, record
from sertain.lab.reproduce.rows import Budget, Quick
from sertain.lab.reproduce.setting import Places, Setting, setting, with_copies

Job = Mapping[str, Any]

CLIP_S = 4.0
MEASURED_S = 2.0
FEWEST_ROUNDS = 5
"""Speed: a clip so long is heard again and again, so long, but at least so often."""


def run(job: Job) -> dict[str, float]:
    """Train one fold with one seed, or read it where it is finished; gives its UAR.

    Raises
    ------
    ProtocolError
        What is there is of other data: a run that was published elsewhere, say.
    """
    ready, folder = _setting(job), Path(job["folder"])
    place = folder / f"fold-{job['fold']}-seed-{job['seed']}"
    if not (place / OUTCOME).is_file():
        machine.note(place)
    try:
        done = runner.evaluate(
            ready.recipe,
            job["protocol"],
            ready.clips,
            folder=folder,
            seeds=(job["seed"],),
            only=(job["fold"],),
            fit=ready.fit if job["trains"] else _unfinished,
            sources=ready.sources,
        )
    except ProtocolError as error:
        if not (place / packing.TAKEN).is_file():
            raise
        raise ProtocolError(
            f"{error.fact}, as it was published",
            "complete the corpora (sertain corpora verify), or remove that folder and the run from "
            "where it is published",
        ) from None
    return {"uar": done.results.runs[0].scores.uar, "wa": done.results.runs[0].scores.wa}


def figures(job: Job) -> dict[str, str]:
    """Add up the finished folds and seeds; writes the evaluation's pages and its small record."""
    ready = _setting(job)
    folder = Path(job["folder"])
    done = runner.evaluate(
        ready.recipe,
        job["protocol"],
        ready.clips,
        folder=folder,
        seeds=job["seeds"],
        only=job["folds"],
        fit=_unfinished,
        sources=ready.sources,
    )
    writers.write(done, folder)
    runs.draw(folder)
    here = machine.named(done.results.hardware)
    machines = [
        machine.noted(folder / f"fold-{run.fold}-seed-{run.seed}") or here
        for run in done.results.runs
    ]
    write_whole(Path(job["record"]), record.written(done, machines))
    return {"record": job["record"]}


def speed(job: Job) -> dict[str, Any]:
    """Export a finished run, open the bundle as the base package does, and let it hear a clip.

    Gives how many times faster than real time it answers on one thread, the same for the
    embedded model measured in turn with it, the size of the graph, and the hash of the recipe.
    """
    fit_folder, place = Path(job["fit"]), Path(job["written"])
    claim = json.loads((fit_folder / "run.json").read_text("utf-8"))
    plan = Recipe.model_validate(claim["recipe"])
    places = Places.of(job["places"])
    clips = {clip.key: clip for clip in _originals(plan, claim, places)}
    made = export(
        training.load_fit(fit_folder, plan),
        [clips[key] for key in claim["train"] if key in clips],
        [clips[key] for key in claim["validation"] if key in clips],
        place.with_name("bundle"),
        name=plan.name,
    )
    ours, default = _times_real_time([bundle.verify(made), bundle.verify(bundle.find("default"))])
    found = {
        "times_real_time": round(ours, 1),
        "default_times_real_time": round(default, 1),
        "megabytes": round(made.model_path.stat().st_size / 1e6, 2),
        "recipe_hash": job["recipe_hash"],
    }
    write_whole(place, json.dumps(found).encode())
    return found


def _originals(plan: Recipe, claim: Mapping[str, Any], places: Places) -> list[Clip]:
    """Load the corpora of a run; copies that were made for it calibrate nothing and are left."""
    named = {key.split("/", 1)[0] for key in (*claim["train"], *claim["validation"])}
    return corpora.load([name for name in plan.corpora if name in named], places.root, places.named)


def _times_real_time(graphs: Sequence[bundle.Graph]) -> list[float]:
    """Measure graphs in turn, so that what else the machine does slows them alike."""
    samples = np.random.default_rng(0).uniform(-0.1, 0.1, (1, int(CLIP_S * 16000)))
    waveform = samples.astype(np.float32)
    lengths = np.array([waveform.shape[1]], dtype=np.int64)
    took: list[list[float]] = [[] for _ in graphs]
    end = time.perf_counter() + MEASURED_S
    while len(took[0]) < FEWEST_ROUNDS or time.perf_counter() < end:
        for graph, own in zip(graphs, took, strict=True):
            start = time.perf_counter()
            graph.run(waveform, lengths)
            own.append(time.perf_counter() - start)
    return [CLIP_S / median(own) for own in took]


def _unfinished(
    recipe: Recipe,
    train: Sequence[Clip],  # noqa: ARG001
    validation: Sequence[Clip],  # noqa: ARG001
    *,
    seed: int,
    folder: Path,
) -> training.Fit:
    raise RecipeError(
        f"{recipe.name}: the run in {folder.parent.name} (seed {seed}) is gone", "start again"
    )


def _setting(job: Job) -> Setting:
    amount = json.dumps([job["quick"], job["budget"]], sort_keys=True)
    return _kept(job["recipe"], job["protocol"], json.dumps(job["places"]), amount)


@lru_cache(maxsize=1)
def _kept(recipe: str, protocol: str, places: str, amount: str) -> Setting:
    """Read clips once for the runs that follow each other on the same recipe and protocol."""
    quick, budget = json.loads(amount)
    small = None if quick is None else Quick(**quick)
    limit = None if budget is None else Budget(**budget)
    return with_copies(setting(recipe, protocol, Places.of(json.loads(places)), small, limit))
