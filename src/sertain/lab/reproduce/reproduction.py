"""From the plan to the table: all runs side by side, their figures, and what failed."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sertain.lab.evaluation.outcome import FILE as OUTCOME
from sertain.lab.reproduce import record, tables
from sertain.lab.reproduce.clock import Clock
from sertain.lab.reproduce.crew import Crew, Reply, crew
from sertain.lab.reproduce.plan import FIGURES_S, SPEED_S, Plan
from sertain.lab.reproduce.series import SPEED, Key, Run, Series
from sertain.lab.reproduce.tables import State
from sertain.lab.training.summary import SUMMARY

Job = dict[str, Any]
Finished = Mapping[Key, Iterable[Run]]
"""By recipe and protocol, the runs that are there and fit."""

_READ = "read"
"""What a run is called by the clock that was finished before."""


@dataclass(frozen=True)
class Progress:
    """Where it stands.

    Attributes
    ----------
    done, total: runs.
    share: of all work, 0…1; ``left_s``: seconds until the end, as far as can be told.
    running: what is being done, in words.
    said: what has just ended, in words, or ``None``.
    """

    done: int
    total: int
    share: float
    left_s: float
    running: tuple[str, ...]
    said: str | None = None


def reproduce(
    plan: Plan,
    *,
    workers: int,
    gpus: int = 0,
    tell: Callable[[Progress], None] | None = None,
    keep: Callable[[Finished], object] | None = None,
) -> dict[str, Any]:
    """Run everything that is not finished, unless the plan trains nothing, and write the table.

    The table is written anew whenever a recipe is through a protocol, so that it can be read
    before the end; a run that fails is named in it and stops no other one.  The figures are those
    of the seeds that are whole.  What the table's JSON holds is given.

    Parameters
    ----------
    plan:
        What :func:`sertain.lab.reproduce.plan.plan` gave.
    workers, gpus:
        How many processes, and over how many graphics cards they are spread.
    tell:
        Is called when a job begins and when it ends.
    keep:
        Is given all finished runs whenever something new is, and at the end, so that what was
        trained outlasts a kill.
    """
    start = time.monotonic()
    with crew(workers, gpus) as team:
        course = _Course(plan, team, Clock(workers))
        for reply in team.replies():
            progress = course.take(reply)
            if tell:
                tell(progress)
            if not reply.began and reply.job["kind"] != "run":
                tables.write(plan, course.state, time.monotonic() - start)
            if keep and _is_new(reply):
                keep(course.finished)
    values = tables.write(plan, course.state, time.monotonic() - start)
    if keep:
        keep(course.finished)
    return values


@dataclass
class _Course:
    """What is done, what is under way, and what becomes possible by it."""

    plan: Plan
    team: Crew
    clock: Clock
    state: State = field(default_factory=State)
    done: int = 0
    total: int = 0
    finished: dict[Key, set[Run]] = field(default_factory=lambda: defaultdict(set))
    running: list[str] = field(default_factory=list)
    waiting: dict[Key, int] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for series in self.plan.series:
            jobs = self._jobs(series)
            self.waiting[series.key] = len(jobs)
            self.total += len(jobs)
            for job in jobs:
                self._add(job, FIGURES_S if _outcome_of(job).is_file() else series.seconds)

    def _jobs(self, series: Series) -> list[Job]:
        """Give the runs that are made or read: none of them where the record speaks for all."""
        jobs = series.jobs(self.plan.places, trains=self.plan.trains)
        if self.plan.trains:
            return jobs
        there = [job for job in jobs if _outcome_of(job).is_file()]
        runs = {(job["fold"], job["seed"]) for job in there}
        if record.is_current(series, series.whole_seeds(runs)):
            self._note(series, runs)
            return []
        return there

    def _note(self, series: Series, runs: set[Run]) -> None:
        self.finished[series.key] |= runs
        self.state.finished[series.key] = len(self.finished[series.key])

    def take(self, reply: Reply) -> Progress:
        """Note what a reply says, and add the jobs that it makes possible."""
        job, kind = reply.job, tuple(reply.job["clock"])
        words = self._words(job)
        said = None
        if reply.began:
            self.clock.begin(kind)
            self.running.append(words)
        else:
            self.clock.end(kind, counts=reply.error is None)
            self.running.remove(words)
            said = f"{words}: {_said(reply)}"
            {"run": self._ran, "figures": self._added, "speed": self._measured}[job["kind"]](reply)
        return Progress(
            self.done,
            self.total,
            self.clock.share,
            self.clock.left_s,
            tuple(self.running),
            said,
        )

    def _ran(self, reply: Reply) -> None:
        job, key = reply.job, _key(reply.job)
        series = self.plan.by_key[key]
        self.done += 1
        self.waiting[key] -= 1
        if reply.error is not None:
            self.state.failed[key].append(f"{_place(series, job)}: {reply.error}")
        else:
            self._note(series, {(job["fold"], job["seed"])})
            if job["recipe"] not in self.asked:
                self._ask_speed(series, job)
        whole = series.whole_seeds(self.finished[key])
        if not self.waiting[key] and whole:
            self._add(series.figures_job(self.plan.places, whole), FIGURES_S)

    def _ask_speed(self, series: Series, job: Mapping[str, Any]) -> None:
        """Measure the first run that has its network, if its recipe was not measured before.

        A run that was taken from a published folder has none.
        """
        fit = series.fold_folder(job["fold"], job["seed"]) / "fit"
        written = self.plan.folder(series.recipe) / SPEED
        if not (fit / SUMMARY).is_file():
            return
        self.asked.add(series.recipe)
        if tables.measured(written, series.recipe_hash) is None:
            speed = {**job, "kind": "speed", "fit": str(fit), "written": str(written)}
            self._add({**speed, "log": str(written.with_name("speed.log"))}, SPEED_S)

    def _added(self, reply: Reply) -> None:
        if reply.error is not None:
            self.state.failed[_key(reply.job)].append(reply.error)
        else:
            self.state.added.add(_key(reply.job))

    def _measured(self, reply: Reply) -> None:
        if reply.error is not None:
            self.state.unmeasured[reply.job["recipe"]] = reply.error

    def _add(self, job: Job, seconds: float) -> None:
        read = job["kind"] == "run" and seconds == FIGURES_S
        kind = (_READ if read else job["kind"], *_key(job))
        self.clock.add(kind, seconds)
        self.team.add([{**job, "clock": kind}], first=job["kind"] != "run")

    def _words(self, job: Mapping[str, Any]) -> str:
        if job["kind"] == "speed":
            return f"{job['recipe']}: export and speed"
        if job["kind"] == "figures":
            return f"{job['recipe']} on {job['protocol']}: figures"
        series = self.plan.by_key[_key(job)]
        return f"{job['recipe']} on {job['protocol']}, {_place(series, job)}"


def _is_new(reply: Reply) -> bool:
    """Whether a job is done that is worth keeping, and was not only read."""
    return not reply.began and reply.error is None and reply.job["clock"][0] != _READ


def _key(job: Mapping[str, Any]) -> Key:
    return job["recipe"], job["protocol"]


def _outcome_of(job: Mapping[str, Any]) -> Path:
    return Path(job["folder"]) / f"fold-{job['fold']}-seed-{job['seed']}" / OUTCOME


def _place(series: Series, job: Mapping[str, Any]) -> str:
    """Name a run: ``fold 1 of 5, seed 0``, or by its seed where there is one fold."""
    fold = f"fold {job['fold'] + 1} of {len(series.names)}, " if len(series.names) > 1 else ""
    return f"{fold}seed {job['seed']}"


def _said(reply: Reply) -> str:
    if reply.error is not None:
        return f"failed: {reply.error}"
    if reply.job["kind"] == "run":
        return f"UAR {reply.value['uar']:.3f}, accuracy {reply.value['wa']:.3f}"
    if reply.job["kind"] == "speed":
        return f"{reply.value['times_real_time']:,.0f} × real time"
    return "written"
