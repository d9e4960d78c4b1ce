"""What refusing baselines in one mood is worth, from finished evaluations; nothing trains.

    python -m benchmarks.one_sided runs/evaluate/mine/emobox6 runs/evaluate/mine/cremad5

The folders are those of `sertain evaluate`, of a recipe of `normalise: voice`.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks import finished
from benchmarks.finished import Finished
from sertain.corpora.clip import Clip
from sertain.errors import SertainError
from sertain.lab.evaluation import answers, gather
from sertain.lab.evaluation.answers import Answers
from sertain.lab.evaluation.intervals import interval
from sertain.lab.evaluation.knowing import MIXED, ONE_SIDED, VOICE, kinds
from sertain.lab.evaluation.pages import table
from sertain.lab.recipes import Recipe
from sertain.lab.training import cache
from sertain.predict import baseline


@dataclass(frozen=True)
class Row:
    """References of one kind: of how many voices, how many of them are refused, and UAR.

    ``alone`` is without a reference, ``believed`` with every one of them, ``answered`` with those
    that are not refused; ``gain`` is the last over the first, with its 95 % interval, drawn in
    pairs.  A voice counts once a seed.
    """

    protocol: str
    seeds: tuple[int, ...]
    reference: str
    voices: int
    refused: int
    alone: float
    believed: float
    answered: float
    gain: float
    gain_low: float
    gain_high: float


def measure(held: Finished, cache_folder: Path | None = None) -> list[Row]:
    """Give a row for each kind of reference that every fold allowed."""
    alone: list[Answers] = []
    believed: dict[str, list[Answers]] = defaultdict(list)
    refusals: dict[str, list[np.ndarray]] = defaultdict(list)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for fold in held.folds:
        clips = fold.sets.test
        own = answers.answer(held.terms, fold.sets, held.known, fold.outcome)
        alone.append(own)
        at = {clip.key: number for number, clip in enumerate(own.clips)}
        seconds = cache.prepare(clips, cache_folder, True, fold.recipe.clip).seconds.tolist()
        for kind, groups in kinds(clips, seconds).items():
            if kind not in (VOICE, MIXED) and not kind.startswith(ONE_SIDED):
                continue
            done = fold.outcome.with_reference(kind)
            believed[kind].append(answers.answer(held.terms, fold.sets, held.known, done))
            refused = np.zeros(len(own.clips), np.bool_)
            for answered, reference in groups:
                heard = [(at[clips[n].key], seconds[n]) for n in reference if clips[n].key in at]
                mix = np.average(
                    [own.probabilities[place] for place, _ in heard],
                    axis=0,
                    weights=[length for _, length in heard],
                )
                one_sided = bool(mix.max() >= baseline.ONE_SIDED)
                counts[kind][0] += 1
                counts[kind][1] += one_sided
                refused[[at[clips[n].key] for n in answered if clips[n].key in at]] = one_sided
            refusals[kind].append(refused)
    across = held.terms.across_corpora
    before, drawn = finished.uar(alone, across)
    found = []
    for kind, told in believed.items():
        if len(told) < len(alone):
            continue
        kept = [
            replace(
                after,
                probabilities=np.where(refused[:, None], own.probabilities, after.probabilities),
            )
            for refused, own, after in zip(refusals[kind], alone, told, strict=True)
        ]
        answered_uar, draws = finished.uar(kept, across)
        gain = interval(draws - drawn)
        voices, refused_of = counts[kind]
        found.append(
            Row(
                protocol=held.terms.name,
                seeds=tuple(sorted({one.seed for one in alone})),
                reference=kind,
                voices=voices,
                refused=refused_of,
                alone=before,
                believed=finished.uar(told, across)[0],
                answered=answered_uar,
                gain=answered_uar - before,
                gain_low=gain.low,
                gain_high=gain.high,
            )
        )
    return found


def page(rows: Sequence[Row]) -> str:
    """The page for people."""
    head = [
        "protocol",
        "seeds",
        "reference",
        "voices",
        "refused",
        "alone",
        "believed",
        "as answered",
        "gain, points",
    ]
    cells = [
        [
            row.protocol,
            ", ".join(map(str, row.seeds)),
            row.reference,
            str(row.voices),
            str(row.refused),
            f"{row.alone:.3f}",
            f"{row.believed:.3f}",
            f"{row.answered:.3f}",
            f"{100 * row.gain:+.1f} [{100 * row.gain_low:+.1f}, {100 * row.gain_high:+.1f}]",
        ]
        for row in rows
    ]
    note = (
        "UAR of unseen speakers: each clip by itself, told of its voice by the reference whatever "
        "it is, and as `sertain predict` answers, which refuses a reference that sounds like one "
        f"emotion to {baseline.ONE_SIDED:.0%} or more. The gain is that of the answers over each "
        "clip by itself, with its 95 % interval over speakers (over clips within them where there "
        "are fewer than five)."
    )
    written = "Written by `benchmarks/one_sided.py`."
    return "\n\n".join(["# Baselines in one mood", note, table([head, *cells]), written]) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write ``results/benchmarks/one_sided.json`` and ``.md``."""
    wanted = finished.arguments(__doc__).parse_args(arguments)

    def clips(recipe: Recipe, name: str) -> Sequence[Clip]:
        return gather.clips_for(recipe, name, wanted.corpora)

    rows = [row for folder in wanted.folders for row in measure(finished.read(folder, clips))]
    finished.write(wanted.out, "one_sided", {"rows": [asdict(row) for row in rows]}, page(rows))


if __name__ == "__main__":
    try:
        main()
    except SertainError as error:
        sys.exit(f"benchmarks.one_sided: {error}")
