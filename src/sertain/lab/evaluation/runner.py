"""Fold by fold and seed by seed: train, calibrate, answer; resume where a run was killed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast
from typing import Protocol as Shape

import numpy as np
from numpy.typing import NDArray

from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError
from sertain.lab import pretraining, training
from sertain.lab.evaluation import (
    answers,
    folds,
    gather,
    metrics,
    outcome,
    protocol,
    referenced,
    results,
    teaching,
)
from sertain.lab.evaluation.answers import Answers
from sertain.lab.evaluation.audit import audit, fingerprints
from sertain.lab.evaluation.environment import hardware, versions
from sertain.lab.evaluation.folds import Sets
from sertain.lab.evaluation.knowing import Listener, ask, ask_to_calibrate
from sertain.lab.evaluation.outcome import Identity, Outcome
from sertain.lab.evaluation.protocol import Leak, Protocol
from sertain.lab.evaluation.results import FoldRun, Results
from sertain.lab.recipes import Recipe
from sertain.lab.training import lessons
from sertain.lab.training.teachers import Teacher
from sertain.labels import Emotion


class Fitted(Shape):
    """A trained model, as far as an evaluation asks."""

    @property
    def labels(self) -> tuple[Emotion, ...]:
        """The labels of the logits' columns."""

    @property
    def parameters(self) -> int:
        """The number of trained numbers."""

    @property
    def epochs(self) -> int:
        """The number of epochs trained."""

    @property
    def train_s(self) -> float:
        """Seconds of training."""

    def logits(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Give the logits (n, labels) of clips, in their order."""


class Trainer(Shape):
    """What trains a recipe; :func:`sertain.lab.training.fit` does."""

    def __call__(
        self,
        recipe: Recipe,
        train: Sequence[Clip],
        validation: Sequence[Clip],
        *,
        seed: int,
        folder: Path,
    ) -> Fitted:
        """Train, or go on, or load what is finished in the folder."""


@dataclass(frozen=True)
class Step:
    """Where an evaluation stands, before a fold (``uar`` is ``None``) and after it.

    ``number`` of ``total`` folds and seeds; ``resumed`` if the fold was finished before;
    ``teachers`` is how many teach its network.
    """

    number: int
    total: int
    fold: str
    seed: int
    clips: Mapping[str, int]
    uar: float | None = None
    resumed: bool = False
    teachers: int = 0


@dataclass(frozen=True)
class Evaluation:
    """The figures and every clip's answers."""

    results: Results
    answers: tuple[Answers, ...]


@dataclass(frozen=True)
class _Job:
    sets: Sets
    seed: int
    recipe: Recipe
    validation: tuple[Clip, ...]
    folder: Path
    teachers: tuple[Teacher, ...] = ()


def evaluate(
    recipe: Recipe,
    name: str,
    clips: Sequence[Clip],
    *,
    folder: Path,
    seeds: Sequence[int] = (0,),
    only: Sequence[int] | None = None,
    fit: Trainer = training.fit,
    sources: Mapping[str, str] | None = None,
    tell: Callable[[Step], None] | None = None,
    decisions: Mapping[str, object] | None = None,
    teachers: Sequence[Path] = (),
) -> Evaluation:
    """Earn the figures of a recipe under a protocol.

    Every fold and seed is checked and audited before the first one trains.  A finished fold is
    read from its folder, ``fold-<number>-seed-<seed>``, an unfinished one goes on.

    Parameters
    ----------
    recipe:
        What is trained; it has to name the corpus that the protocol tests.
    name:
        A protocol, e.g. ``"luna5"``.
    clips:
        The clips of the recipe's corpora, as :func:`sertain.lab.evaluation.gather.clips_for`
        gives them.
    folder:
        Where folds are kept.
    seeds, only:
        Which seeds, and which folds by number; all of them by default.
    fit:
        What trains.
    sources:
        By the key of a clip made by augmentation, the key of the clip it was made from.  Where
        none are given the copies that the recipe asks for are made first.
    tell:
        Is called before and after every fold.
    decisions:
        What a table of decisions did to the clips; it stands in the results beside the data.
    teachers:
        The folders of evaluations by the same protocol, whose networks teach those of a recipe
        with a teacher: :func:`sertain.lab.evaluation.teaching.of_fold` says which.

    Raises
    ------
    ProtocolError
        The recipe or the clips do not fit the protocol, or the folder holds another evaluation.
    RecipeError
        Teachers are missing or not asked for.
    LeakageError
        Something stands on two sides, or a teacher heard the test; nothing is trained.
    """
    start = time.monotonic()
    report = tell or (lambda _: None)
    terms = protocol.load(name)
    if not teachers:  # said before anything is decoded
        lessons.check(recipe, ())
    known = gather.fitting(terms, recipe, clips)
    names = folds.fold_names(name, known)
    numbers = _chosen(terms, names, only)

    def divided(origins: Mapping[str, str] | None) -> list[_Job]:
        return [
            _job(recipe, folds.sets(name, known, number, seed, origins), seed, folder)
            for number in numbers
            for seed in seeds
        ]

    def taught(job: _Job) -> tuple[Teacher, ...]:
        all_clips = [*clips, *known]
        found = teaching.of_fold(teachers, job.sets, job.validation, job.seed, all_clips, prints)
        lessons.check(job.recipe, found)
        return found

    jobs = divided(sources)
    if recipe.copies and sources is None:  # made once it is known that the folds stand
        known, sources = gather.with_copies(recipe, known)
        jobs = divided(sources)
    prints = fingerprints(known, how=recipe.clip)
    audits = [audit(job.sets, prints, sources) for job in jobs]
    data_hash = outcome.data_hash(known, prints)
    jobs = [replace(job, teachers=taught(job)) for job in jobs]
    pretraining.check(recipe, clips, {clip for job in jobs for clip in job.sets.test})
    found: list[Answers] = []
    runs: list[FoldRun] = []
    finished: list[Outcome] = []
    for number, (job, clean) in enumerate(zip(jobs, audits, strict=True), 1):
        place = number, len(jobs), job.sets.name, job.seed
        step = Step(*place, clean.clips, teachers=len(job.teachers))
        done, resumed = _outcome(job, recipe, clips, data_hash, fit, partial(report, step))
        answer = answers.answer(terms, job.sets, known, done)
        found.append(answer)
        finished.append(done)
        runs.append(_run(job, done, answer))
        report(replace(step, uar=runs[-1].scores.uar, resumed=resumed))
    across = terms.across_corpora
    numbered = dict(enumerate(names))
    pools, means = results.pool_folds(found, numbered, independent=across)
    return Evaluation(
        Results(
            protocol={
                "name": name,
                "title": terms.title,
                "source": terms.source,
                "corpora": list(terms.corpora),
                "channel": terms.channel,
                "leak": "; ".join(sorted({job.sets.leak for job in jobs if job.sets.leak})) or None,
                "test_validates": Leak.VALIDATION in terms.leaks,
                "epoch_by": recipe.training.watch,
                "absent": gather.absent(terms, known),
                "folds": list(names),
                "run": [names[at] for at in numbers],
            },
            recipe={"name": recipe.name, "hash": recipe.hash},
            data=_data(known, clips, data_hash, sources or {})
            | ({} if decisions is None else {"decisions": dict(decisions)}),
            seeds=tuple(seeds),
            pooled=None if across else results.pool(found),
            mean_of_folds=means,
            pools=pools,
            runs=tuple(runs),
            audit={
                f"{job.sets.name}, seed {job.seed}": {"speakers": a.speakers, "clips": a.clips}
                for job, a in zip(jobs, audits, strict=True)
            },
            versions=versions(),
            hardware=hardware(),
            wall_s=round(max(time.monotonic() - start, sum(run.wall_s for run in runs)), 1),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            validation=results.validation(found),
            with_reference=referenced.figures(
                terms, [job.sets for job in jobs], known, finished, numbered
            ),
            taught_by=teaching.told(recipe.teacher, {j.folder.name: j.teachers for j in jobs}),
        ),
        tuple(found),
    )


def _chosen(terms: Protocol, names: Sequence[str], only: Sequence[int] | None) -> list[int]:
    """Give the folds to run, refusing those that are not there."""
    for number in only or ():
        if not 0 <= number < len(names):
            raise ProtocolError(
                f"{terms.name} has no fold {number}", f"its folds are 0 to {len(names) - 1}"
            )
    return list(range(len(names))) if only is None else sorted(set(only))


def _job(recipe: Recipe, sets: Sets, seed: int, folder: Path) -> _Job:
    """Say what a fold trains: the recipe over the corpora and labels that its training has."""
    trained = {clip.emotion for clip in sets.train}
    corpora = {clip.corpus for clip in sets.train}
    kept = recipe.with_corpora(tuple(name for name in recipe.corpora if name in corpora))
    labels = tuple(label for label in recipe.labels if label in trained)
    validation = tuple(clip for clip in sets.validation if clip.emotion in trained)
    if not validation:
        raise ProtocolError(
            f"fold {sets.fold} ({sets.name}) of {sets.protocol} validates only on emotions that "
            "nothing trains",
            "add a corpus to the recipe",
        )
    return _Job(
        sets=sets,
        seed=seed,
        recipe=kept.model_copy(update={"labels": labels}),
        validation=validation,
        folder=folder / f"fold-{sets.fold}-seed-{seed}",
    )


def _outcome(
    job: _Job,
    recipe: Recipe,
    clips: Sequence[Clip],
    data_hash: str,
    fit: Trainer,
    begin: Callable[[], None],
) -> tuple[Outcome, bool]:
    """Give the fold's answers: read if finished, else trained; the flag says which."""
    path = job.folder / outcome.FILE
    identity = Identity(
        protocol=job.sets.protocol,
        fold=job.sets.fold,
        seed=job.seed,
        recipe=recipe.name,
        recipe_hash=recipe.hash,
        data_hash=data_hash,
        sets=outcome.sets_hash(job.sets),
        teachers=teaching.identity(job.teachers),
    )
    held = outcome.read(path, identity)
    if held is not None:
        return held, True
    begin()
    start = time.monotonic()
    more: dict[str, Any] = {"taught_by": job.teachers} if job.teachers else {}
    fitted = fit(
        pretraining.begun(job.recipe, clips),
        job.sets.train,
        job.validation,
        seed=job.seed,
        folder=job.folder / "fit",
        **more,
    )
    done = Outcome(
        identity=identity,
        labels=tuple(str(label) for label in fitted.labels),
        test=tuple(clip.key for clip in job.sets.test),
        test_logits=fitted.logits(job.sets.test),
        validation=tuple(clip.key for clip in job.validation),
        validation_logits=fitted.logits(job.validation),
        parameters=fitted.parameters,
        epochs=fitted.epochs,
        train_s=fitted.train_s,
        wall_s=round(max(time.monotonic() - start, fitted.train_s), 1),
    )
    if job.recipe.normalise == "voice":
        listener = cast(Listener, fitted)
        told = ask(listener, job.sets.test)
        done = replace(done, told=told, validation_told=ask_to_calibrate(listener, job.validation))
    outcome.write(path, done)
    return done, False


def _run(job: _Job, done: Outcome, answer: Answers) -> FoldRun:
    return FoldRun(
        fold=job.sets.fold,
        name=job.sets.name,
        seed=job.seed,
        train_clips=len(job.sets.train),
        validation_clips=len(done.validation),
        test_clips=len(done.test),
        validation_speakers=tuple(sorted({clip.speaker for clip in job.sets.validation})),
        labels=tuple(str(label) for label in answer.labels),
        parameters=done.parameters,
        epochs=done.epochs,
        train_s=done.train_s,
        wall_s=done.wall_s,
        temperature=answer.temperature,
        uncertain_below=answer.uncertain_below,
        calibrated_on=answer.calibrated_on,
        validation_uar=answer.validation_uar,
        scores=metrics.score(answer.targets, answer.probabilities),
    )


def _data(
    known: Sequence[Clip], clips: Sequence[Clip], data_hash: str, copies: Collection[str]
) -> dict[str, object]:
    counts = Counter(clip.corpus for clip in known if clip.key not in copies)
    copied = Counter(clip.corpus for clip in known if clip.key in copies)
    kept = {clip.key for clip in known}
    left = Counter(
        f"{c.corpus}{' song' if c.channel == 'song' else ''}, {c.emotion}"
        for c in clips
        if c.key not in kept
    )
    return {
        "hash": data_hash,
        "corpora": {
            corpus: {
                "clips": count,
                "speakers": len({clip.speaker for clip in known if clip.corpus == corpus}),
                **({"copies": copied[corpus]} if copied[corpus] else {}),
            }
            for corpus, count in sorted(counts.items())
        },
        "left_out": dict(sorted(left.items())),
    }
