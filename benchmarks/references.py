"""What a reference is worth, by its seconds and by its mix, from finished evaluations.

The networks of the folds answer their test clips once more, told of their voices by test clips
without labels; nothing trains.

    python -m benchmarks.references runs/evaluate/mine/luna5 --corpora ~/corpora

The folders are those of `sertain evaluate`, of a recipe of `normalise: voice`.  What was measured
before stays in the table, unless it is of the same recipe and protocol.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import finished
from benchmarks.finished import Gather
from sertain.cli.places import decided
from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError, SertainError
from sertain.lab import training
from sertain.lab.evaluation import answers, folds, gather, metrics, outcome
from sertain.lab.evaluation.answers import Answers
from sertain.lab.evaluation.environment import hardware, versions
from sertain.lab.evaluation.intervals import interval
from sertain.lab.evaluation.knowing import PART_S, SIDES, Groups, Told, asked, part
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


def page(measured: Sequence[Measured]) -> str:
    """The page for people."""
    note = (
        "The networks of the folds answer their test clips, told of the voices by test clips "
        "without labels; nothing trains. References are drawn at random; a part is at least one "
        "clip, and all of a voice that has less. In brackets the 95 % interval over speakers "
        "(over clips within them where there are fewer than five); the gain is in points of UAR "
        "over no reference, drawn in pairs. Emotions only choose which clips somebody happens to "
        "have. Every reference is believed here; `sertain predict` refuses those that sound like "
        "one emotion."
    )
    sections = [part for found in measured for part in _section(found)]
    written = "Written by `benchmarks/references.py`."
    return "\n\n".join(["# What a reference is worth", note, *sections, written]) + "\n"


def _section(found: Measured) -> list[str]:
    seeds = f"{len(found.seeds)} seeds" if len(found.seeds) > 1 else f"seed {found.seeds[0]}"
    worst = min(found.by_mix, key=lambda row: row.gain)
    return [
        f"## {found.protocol}",
        f"{found.recipe} ({found.recipe_hash}), {len(found.folds)} folds, {seeds}, "
        f"{found.clips:,} clips.",
        "### By its seconds, all emotions",
        _table([found.alone, *found.by_seconds]),
        f"### By its mix, {PART_S:.0f} s or what there is",
        _table([found.alone, *found.by_mix]),
        f"The least gain has '{worst.reference}': {100 * worst.gain:+.1f} points.",
    ]


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
    value, draws = finished.uar(told, across)
    before, drawn = finished.uar(alone, across)
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


def _ece(answered: Sequence[Answers], across: bool) -> float:
    return float(
        np.mean(
            [
                metrics.ece(
                    np.concatenate([one.targets for one in own]),
                    np.concatenate([one.probabilities for one in own]),
                )
                for by_seed in finished.joined(answered, across)
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


def keep(found: Sequence[Measured], folder: Path) -> list[Measured]:
    """Add to what a folder holds, write ``references.json`` and ``.md``, and give all of it."""
    path = folder / "references.json"
    held = json.loads(path.read_text("utf-8")) if path.is_file() else []
    records = {(one["protocol"], one["recipe"]): one for one in held}
    made = {"hardware": hardware(), "versions": versions()}
    records |= {(one.protocol, one.recipe): {**asdict(one), **made} for one in found}
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(list(records.values()), indent=1, ensure_ascii=False) + "\n"
    outcome.write_whole(path, text.encode())
    measured = [_read(one) for one in json.loads(text)]
    outcome.write_whole(path.with_suffix(".md"), page(measured).encode())
    return measured


def _read(record: Mapping[str, Any]) -> Measured:
    held = {one.name: record[one.name] for one in fields(Measured)}
    tables = {name: tuple(Row(**row) for row in record[name]) for name in ("by_seconds", "by_mix")}
    listed = {name: tuple(record[name]) for name in ("seeds", "folds")}
    return Measured(**{**held, **listed, **tables, "alone": Row(**record["alone"])})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write ``results/benchmarks/references.json`` and ``.md``."""
    given = finished.arguments(__doc__)
    given.add_argument("--decisions", type=Path, help="the table of decisions that they had")
    wanted = given.parse_args(arguments)

    def clips(recipe: Recipe, name: str) -> Sequence[Clip]:
        return decided(gather.clips_for(recipe, name, wanted.corpora), wanted.decisions)[0]

    found = [measure(folder, clips) for folder in wanted.folders]
    print(page(keep(found, wanted.out)))


if __name__ == "__main__":
    try:
        main()
    except SertainError as error:
        sys.exit(f"benchmarks.references: {error}")
