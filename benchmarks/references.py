"""What a reference is worth, by its seconds and by its mix, from a finished evaluation.

The networks of the folds answer their test clips once more, told of their voices by test clips
without labels; nothing trains.

    python -m benchmarks.references runs/evaluate/mine/luna5 --corpora ~/corpora

The folder is that of `sertain evaluate`, of a recipe of `normalise: voice`.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import finished
from benchmarks.finished import Gather
from benchmarks.measure import RESULTS
from sertain.cli.places import decided
from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError, SertainError
from sertain.lab import training
from sertain.lab.evaluation import answers, folds, gather, metrics, outcome
from sertain.lab.evaluation.answers import Answers
from sertain.lab.evaluation.environment import hardware, versions
from sertain.lab.evaluation.intervals import bootstrap, interval
from sertain.lab.evaluation.knowing import PART_S, SIDES, Groups, Told, asked, part
from sertain.lab.evaluation.metrics import Floats
from sertain.lab.evaluation.pages import table
from sertain.lab.recipes import Recipe
from sertain.lab.training.voice import voice_of
from sertain.labels import Emotion

SECONDS = (5.0, 15.0, 60.0, 300.0, float("inf"))
NEUTRAL = frozenset({Emotion.NEUTRAL, Emotion.CALM})
SHARE = 0.8
"""Of a mostly neutral reference so much is neutral or calm."""
TWO = "two speakers by mistake"


@dataclass(frozen=True)
class Row:
    """The figures with one kind of reference; intervals are 95 %, the gain's is drawn in pairs.

    ``seconds`` is the mean length of the references, ``among`` the share of the clips that are in
    their own, ``gain`` the UAR over that without a reference.
    """

    reference: str
    seconds: float
    among: float
    uar: float
    low: float
    high: float
    gain: float
    gain_low: float
    gain_high: float
    ece: float


@dataclass(frozen=True)
class Measured:
    """The figures of one evaluation, without a reference and by the seconds and mix of one."""

    protocol: str
    recipe: str
    recipe_hash: str
    seeds: tuple[int, ...]
    folds: tuple[str, ...]
    clips: int
    alone: Row
    by_seconds: tuple[Row, ...]
    by_mix: tuple[Row, ...]


def by_seconds(clips: Sequence[Clip], seconds: Sequence[float]) -> dict[str, Groups]:
    """Give references of every length, in all emotions; ``seconds`` (n,) is how long clips are."""
    voices = _voices(clips)
    return {
        _length(most_s): [(own, part(clips, own, seconds, most_s)) for own in voices]
        for most_s in SECONDS
    }


def by_mix(clips: Sequence[Clip], seconds: Sequence[float]) -> dict[str, Groups]:
    """Give references of every mix; a mix that a voice does not allow is left out."""
    voices = _voices(clips)
    found: dict[str, Groups] = {
        "all emotions": [(own, part(clips, own, seconds, PART_S)) for own in voices]
    }
    mostly = [_mostly_neutral(clips, own, seconds) for own in voices]
    if all(mostly):
        found[f"{SHARE:.0%} neutral or calm"] = list(zip(voices, mostly, strict=True))
    for label in SIDES:
        sides = [[n for n in own if clips[n].emotion == label] for own in voices]
        if all(sides):
            found[f"one emotion only: {label}"] = [
                (own, part(clips, side, seconds, PART_S))
                for own, side in zip(voices, sides, strict=True)
            ]
    others = [_other_voice(clips, voices, at) for at in range(len(voices))]
    if all(others):
        found[TWO] = [
            (own, part(clips, own, seconds, PART_S / 2) + part(clips, other, seconds, PART_S / 2))
            for own, other in zip(voices, others, strict=True)
        ]
    return found


def measure(
    folder: Path,
    clips: Gather,
    cache_folder: Path | None = None,
) -> Measured:
    """Ask the networks of every fold and seed that ``folder`` holds.

    Parameters
    ----------
    folder: of a finished evaluation, with ``fold-<number>-seed-<seed>`` in it.
    clips: gives the clips for a recipe and a protocol.
    cache_folder: where decoded clips and features are kept.

    Raises
    ------
    ProtocolError
        The folder holds no finished fold, knows no voices, or the clips at hand are others.
    """
    held = finished.read(folder, clips)
    name, across = held.terms.name, held.terms.across_corpora
    alone: list[Answers] = []
    told: dict[str, list[tuple[Answers, Told]]] = {}
    fewest: list[set[str]] = []
    for fold in held.folds:
        done, sets = fold.outcome, fold.sets
        fitted = training.load_fit(fold.place / "fit", fold.recipe, cache_folder)
        if not done.validation_told:
            raise ProtocolError(
                f"{fold.recipe.name} knows no voices (normalise: {fold.recipe.normalise})",
                "name an evaluation of a recipe of normalise: voice",
            )
        seconds = [
            one.seconds for one in fitted.voices(sets.test, [[n] for n in range(len(sets.test))])
        ]
        alone.append(answers.answer(held.terms, sets, held.known, done))
        kinds = by_seconds(sets.test, seconds) | by_mix(sets.test, seconds)
        fewest.append(set(kinds))
        for kind, groups in kinds.items():
            heard = asked(fitted, sets.test, groups)
            answered = answers.answer(held.terms, sets, held.known, done.knowing(heard.logits))
            told.setdefault(kind, []).append((answered, heard))
    common = set.intersection(*fewest)
    rows = {
        kind: _row(kind, [one for one, _ in both], [heard for _, heard in both], alone, across)
        for kind, both in told.items()
        if kind in common
    }
    lengths = [_length(most_s) for most_s in SECONDS]
    names = folds.fold_names(name, held.known)
    return Measured(
        protocol=name,
        recipe=held.folds[0].outcome.identity.recipe,
        recipe_hash=held.folds[0].outcome.identity.recipe_hash,
        seeds=tuple(sorted({one.seed for one in alone})),
        folds=tuple(names[at] for at in sorted({one.fold for one in alone})),
        clips=len({clip.key for one in alone for clip in one.clips}),
        alone=_row("none", alone, [], alone, across),
        by_seconds=tuple(rows[kind] for kind in lengths),
        by_mix=tuple(row for kind, row in rows.items() if kind not in lengths),
    )


def page(found: Measured) -> str:
    """The page for people."""
    note = (
        f"{found.recipe} ({found.recipe_hash}) on {found.protocol}, {len(found.folds)} folds, "
        f"{len(found.seeds)} seeds, {found.clips:,} clips. The networks of the folds answer their "
        "test clips, told of the voices by test clips without labels; nothing trains. References "
        "are drawn at random; a part is at least one clip, and all of a voice that has less. In "
        "brackets the 95 % interval over speakers (over clips within them where there are fewer "
        "than five); the gain is in points of UAR over no reference, drawn in pairs. Emotions "
        "only choose which clips somebody happens to have."
    )
    worst = min(found.by_mix, key=lambda row: row.gain)
    return (
        "\n\n".join(
            [
                "# What a reference is worth",
                note,
                "## By its seconds, all emotions",
                _table([found.alone, *found.by_seconds]),
                f"## By its mix, {PART_S:.0f} s or what there is",
                _table([found.alone, *found.by_mix]),
                f"The least gain has '{worst.reference}': {100 * worst.gain:+.1f} points.",
                "Written by `benchmarks/references.py`.",
            ]
        )
        + "\n"
    )


def _voices(clips: Sequence[Clip]) -> list[list[int]]:
    found: dict[str, list[int]] = {}
    for number, clip in enumerate(clips):
        found.setdefault(voice_of(clip), []).append(number)
    return list(found.values())


def _length(most_s: float) -> str:
    return "all of the voice" if most_s == float("inf") else f"{most_s:.0f} s"


def _mostly_neutral(clips: Sequence[Clip], own: list[int], seconds: Sequence[float]) -> list[int]:
    """Give clips of which four fifths of the seconds are neutral; none if none is, or all are."""
    calm = [number for number in own if clips[number].emotion in NEUTRAL]
    lively = [number for number in own if clips[number].emotion not in NEUTRAL]
    if not calm or not lively:
        return []
    chosen = part(clips, calm, seconds, SHARE * PART_S)
    had = sum(seconds[number] for number in chosen)
    return chosen + part(clips, lively, seconds, had * (1 / SHARE - 1))


def _other_voice(clips: Sequence[Clip], voices: list[list[int]], at: int) -> list[int]:
    """Give another voice of the same corpus and channel; none where there is no other."""
    first = clips[voices[at][0]]
    others = [
        own
        for own in voices
        if clips[own[0]].speaker != first.speaker
        and (clips[own[0]].corpus, clips[own[0]].channel) == (first.corpus, first.channel)
    ]
    return others[zlib.crc32(voice_of(first).encode()) % len(others)] if others else []


def _row(
    kind: str,
    told: Sequence[Answers],
    heard: Sequence[Told],
    alone: Sequence[Answers],
    across: bool,
) -> Row:
    value, draws = _uar(told, across)
    before, drawn = _uar(alone, across)
    within, apart = interval(draws), interval(draws - drawn)
    seconds = [s for one in heard for s in one.seconds] or [0.0]
    among = [s for one in heard for s in one.among] or [False]
    return Row(
        reference=kind,
        seconds=float(np.mean(seconds)),
        among=float(np.mean(among)),
        uar=value,
        low=within.low,
        high=within.high,
        gain=value - before,
        gain_low=apart.low,
        gain_high=apart.high,
        ece=_ece(told, across),
    )


def _joined(answered: Sequence[Answers], across: bool) -> list[list[list[Answers]]]:
    """Give the answers by what is measured together (a corpus, or all folds), then by seed."""
    numbers = sorted({one.fold for one in answered})
    pools = [[number] for number in numbers] if across else [numbers]
    seeds = sorted({one.seed for one in answered})
    ordered = sorted(answered, key=lambda one: one.fold)
    return [
        [[one for one in ordered if one.fold in pool and one.seed == seed] for seed in seeds]
        for pool in pools
    ]


def _uar(answered: Sequence[Answers], across: bool) -> tuple[float, Floats]:
    """Give the UAR, the mean of seeds and of corpora, and its draws of the bootstrap."""
    values, draws = [], []
    for by_seed in _joined(answered, across):
        first = by_seed[0]
        targets = np.concatenate([one.targets for one in first])
        predicted = [np.concatenate([one.predicted for one in own]) for own in by_seed]
        speakers = [speaker for one in first for speaker in one.speakers]
        labels = [str(label) for label in first[0].labels]
        found = bootstrap(targets, predicted, speakers, labels, draw=first[0].fold)
        draws.append(found.draws["uar"])
        values += [
            float(metrics.uar(metrics.confusion_matrix(targets, own, len(labels))))
            for own in predicted
        ]
    return float(np.mean(values)), np.mean(draws, axis=0)


def _ece(answered: Sequence[Answers], across: bool) -> float:
    return float(
        np.mean(
            [
                metrics.ece(
                    np.concatenate([one.targets for one in own]),
                    np.concatenate([one.probabilities for one in own]),
                )
                for by_seed in _joined(answered, across)
                for own in by_seed
            ]
        )
    )


def _table(rows: Sequence[Row]) -> str:
    return table(
        [
            ["reference", "seconds, mean", "clips in their own", "UAR", "gain, points", "ECE"],
            *(
                [
                    row.reference,
                    f"{row.seconds:.0f}",
                    f"{row.among:.0%}",
                    f"{row.uar:.3f} [{row.low:.3f}, {row.high:.3f}]",
                    ""
                    if row.reference == "none"
                    else f"{100 * row.gain:+.1f} "
                    f"[{100 * row.gain_low:+.1f}, {100 * row.gain_high:+.1f}]",
                    f"{row.ece:.3f}",
                ]
                for row in rows
            ),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write ``results/benchmarks/references.json`` and ``.md``."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("folder", type=Path, help="of a finished sertain evaluate")
    given.add_argument("--corpora", type=Path, help="the folder of the corpora")
    given.add_argument("--decisions", type=Path, help="the table of decisions that it had")
    given.add_argument("--out", type=Path, default=RESULTS, help="where the tables go")
    wanted = given.parse_args(arguments)

    def clips(recipe: Recipe, name: str) -> Sequence[Clip]:
        return decided(gather.clips_for(recipe, name, wanted.corpora), wanted.decisions)[0]

    found = measure(wanted.folder, clips)
    record: dict[str, Any] = {
        **asdict(found),
        "hardware": hardware(),
        "versions": versions(),
    }
    wanted.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    outcome.write_whole(wanted.out / "references.json", text.encode())
    outcome.write_whole(wanted.out / "references.md", page(found).encode())
    print(page(found))


if __name__ == "__main__":
    try:
        main()
    except SertainError as error:
        sys.exit(f"benchmarks.references: {error}")
