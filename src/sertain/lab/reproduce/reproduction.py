"""From the plan to the table: all runs side by side, their figures, and what failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sertain.lab.evaluation.outcome import FILE as OUTCOME
from sertain.lab.reproduce import tables
from sertain.lab.reproduce.clock import Clock
from sertain.lab.reproduce.crew import Crew, Reply, crew
from sertain.lab.reproduce.plan import FIGURES_S, SPEED_S, Plan, Series
from sertain.lab.reproduce.tables import SPEED, Key, State

Job = dict[str, Any]


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
) -> dict[str, Any]:
    """Run everything that is not finished and write the table; gives what its JSON holds.

    The table is written anew whenever a recipe is through a protocol, so that it can be read
    before the end; a run that fails is named in it and stops no other one.

    Parameters
    ----------
    plan:
        What :func:`sertain.lab.reproduce.plan.plan` gave.
    workers, gpus:
        How many processes, and over how many graphics cards they are spread.
    tell:
        Is called when a job begins and when it ends.
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
    return tables.write(plan, course.state, time.monotonic() - start)


@dataclass
class _Course:
    """What is done, what is under way, and what becomes possible by it."""

    plan: Plan
    team: Crew
    clock: Clock
    state: State = field(default_factory=State)
    done: int = 0
    running: list[str] = field(default_factory=list)
    waiting: dict[Key, int] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for series in self.plan.series:
            jobs = series.jobs(self.plan.places)
            self.waiting[series.key] = len(jobs)
            for job in jobs:
                self._add(job, FIGURES_S if _outcome_of(job).is_file() else series.seconds)

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
            self.plan.runs,
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
        elif job["recipe"] not in self.asked:
            self._ask_speed(series, job)
        if not self.waiting[key] and key not in self.state.failed:
            self._add(series.figures_job(self.plan.places), FIGURES_S)

    def _ask_speed(self, series: Series, job: Mapping[str, Any]) -> None:
        """Measure the first run that has its network, if that was not done before."""
        fit = series.fold_folder(job["fold"], job["seed"]) / "fit"
        written = self.plan.folder(series.recipe) / SPEED
        if not (fit / "summary.json").is_file():
            return
        self.asked.add(series.recipe)
        if not written.is_file() or written.stat().st_mtime < _outcome_of(job).stat().st_mtime:
            speed = {**job, "kind": "speed", "fit": str(fit), "written": str(written)}
            self._add({**speed, "log": str(written.with_name("speed.log"))}, SPEED_S)

    def _added(self, reply: Reply) -> None:
        if reply.error is not None:
            self.state.failed[_key(reply.job)].append(reply.error)

    def _measured(self, reply: Reply) -> None:
        if reply.error is not None:
            self.state.unmeasured[reply.job["recipe"]] = reply.error

    def _add(self, job: Job, seconds: float) -> None:
        read = job["kind"] == "run" and seconds == FIGURES_S
        kind = ("read" if read else job["kind"], *_key(job))
        self.clock.add(kind, seconds)
        self.team.add([{**job, "clock": kind}], first=job["kind"] != "run")

    def _words(self, job: Mapping[str, Any]) -> str:
        if job["kind"] == "speed":
            return f"{job['recipe']}: export and speed"
        if job["kind"] == "figures":
            return f"{job['recipe']} on {job['protocol']}: figures"
        series = self.plan.by_key[_key(job)]
        return f"{job['recipe']} on {job['protocol']}, {_place(series, job)}"


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
