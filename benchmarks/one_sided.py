"""What refusing baselines in one mood is worth, from finished evaluations; nothing trains.

    python -m benchmarks.one_sided runs/evaluate/mine/emobox6 runs/evaluate/mine/cremad5

The folders are those of `sertain evaluate`, of a recipe of `normalise: voice`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks import finished
from benchmarks.finished import Finished
from benchmarks.measure import RESULTS
from sertain.corpora.clip import Clip
from sertain.errors import SertainError
from sertain.lab.evaluation import answers, gather, metrics
from sertain.lab.evaluation.answers import Answers
from sertain.lab.evaluation.knowing import MIXED, ONE_SIDED, VOICE, kinds
from sertain.lab.evaluation.outcome import write_whole
from sertain.lab.evaluation.pages import table
from sertain.lab.recipes import Recipe
from sertain.lab.training import cache
from sertain.predict import baseline


@dataclass(frozen=True)
class Row:
    """References of one kind: of how many voices, how many of them are refused, and UAR.

    ``alone`` is without a reference, ``believed`` with every one of them, ``answered`` with those
    that are not refused.
    """

    protocol: str
    reference: str
    voices: int
    refused: int
    alone: float
    believed: float
    answered: float


def measure(held: Finished, cache_folder: Path | None = None) -> list[Row]:
    """Give a row for each kind of reference that the evaluation asked with."""
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
    found = []
    for kind, told in believed.items():
        voices, refused_of = counts[kind]
        kept = [
            np.where(refused, before.predicted, after.predicted)
            for refused, before, after in zip(refusals[kind], alone, told, strict=True)
        ]
        found.append(
            Row(
                protocol=held.terms.name,
                reference=kind,
                voices=voices,
                refused=refused_of,
                alone=_uar(alone, [one.predicted for one in alone]),
                believed=_uar(alone, [one.predicted for one in told]),
                answered=_uar(alone, kept),
            )
        )
    return found


def _uar(known: Sequence[Answers], predicted: Sequence[np.ndarray]) -> float:
    """Pool the folds; the labels are those of the first."""
    targets = np.concatenate([one.targets for one in known])
    matrix = metrics.confusion_matrix(targets, np.concatenate(predicted), len(known[0].labels))
    return float(metrics.uar(matrix))


def page(rows: Sequence[Row]) -> str:
    """The page for people."""
    head = ["protocol", "reference", "voices", "refused", "alone", "believed", "as answered"]
    return (
        "\n\n".join(
            [
                "# Baselines in one mood",
                "UAR of unseen speakers, seed 0: each clip by itself, told of its voice by the "
                "reference whatever it is, and as `sertain predict` answers, which refuses a "
                f"reference that sounds like one emotion to {baseline.ONE_SIDED:.0%} or more.",
                table(
                    [
                        head,
                        *(
                            [
                                row.protocol,
                                row.reference,
                                str(row.voices),
                                str(row.refused),
                                f"{row.alone:.3f}",
                                f"{row.believed:.3f}",
                                f"{row.answered:.3f}",
                            ]
                            for row in rows
                        ),
                    ]
                ),
                "Written by `benchmarks/one_sided.py`.",
            ]
        )
        + "\n"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write ``results/benchmarks/one_sided.json`` and ``.md``."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("folders", type=Path, nargs="+", help="of finished sertain evaluate")
    given.add_argument("--corpora", type=Path, help="the folder of the corpora")
    given.add_argument("--out", type=Path, default=RESULTS, help="where the tables go")
    wanted = given.parse_args(arguments)

    def clips(recipe: Recipe, name: str) -> Sequence[Clip]:
        return gather.clips_for(recipe, name, wanted.corpora)

    rows = [row for folder in wanted.folders for row in measure(finished.read(folder, clips))]
    wanted.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(row) for row in rows], indent=1) + "\n"
    write_whole(wanted.out / "one_sided.json", text.encode())
    write_whole(wanted.out / "one_sided.md", page(rows).encode())
    print(page(rows))


if __name__ == "__main__":
    try:
        main()
    except SertainError as error:
        sys.exit(f"benchmarks.one_sided: {error}")
