"""What 8 bits cost: the folds of a finished evaluation as bundles in float32 and in 8 bits.

    python -m benchmarks.eight_bits runs/evaluate/mine/emobox6 --corpora ~/corpora

Both answer the test clips of their fold as `sertain predict` does.  Bundles that lie in the folder
are taken, others are exported there; nothing trains.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks import finished
from benchmarks.finished import Finished
from sertain.corpora.clip import Clip
from sertain.errors import ProtocolError, SertainError
from sertain.lab.evaluation import answers, gather, metrics
from sertain.lab.evaluation.intervals import bootstrap, interval
from sertain.lab.evaluation.pages import table
from sertain.lab.outside import scoring
from sertain.lab.outside.hearing import hear
from sertain.lab.outside.scoring import Scored
from sertain.lab.recipes import Recipe
from sertain.lab.robustness import folds
from sertain.predict import Model


@dataclass(frozen=True)
class Measured:
    """Both forms on the same clips.

    Attributes
    ----------
    clips: answered by both, each once.
    float32, int8: UAR, the folds pooled.
    lost, lost_low, lost_high: the first less the second, 95 % over speakers, drawn in pairs.
    same: share of clips with the same answer.
    apart, furthest: difference of a probability, the mean over clips and labels, and the largest.
    float32_mb, int8_mb: of the graph on disk, the mean of the folds.
    """

    protocol: str
    recipe: str
    recipe_hash: str
    folds: int
    seeds: tuple[int, ...]
    clips: int
    float32: float
    int8: float
    lost: float
    lost_low: float
    lost_high: float
    same: float
    apart: float
    furthest: float
    float32_mb: float
    int8_mb: float


def measure(held: Finished) -> Measured:
    """Export every fold in both forms and let both answer its test clips.

    Raises
    ------
    ProtocolError
        The folds have different labels, so they cannot be pooled.
    """
    if held.terms.across_corpora:
        raise ProtocolError(
            f"the folds of {held.terms.name} have different labels and cannot be pooled",
            "name an evaluation of one corpus",
        )
    whole: list[Scored] = []
    small: list[Scored] = []
    sizes: list[tuple[float, float]] = []
    for fold in held.folds:
        own = [answers.answer(held.terms, fold.sets, held.known, fold.outcome)]
        where = fold.place.parent
        (plain,) = folds.parts(own, held.known, where)
        (eight,) = folds.parts(own, held.known, where, int8=True)
        sizes.append((_mb(plain.model), _mb(eight.model)))
        whole.append(_scored(plain.model, plain.clips))
        small.append(_scored(eight.model, plain.clips))
    labels = [str(label) for label in whole[0].labels]
    targets = np.concatenate([one.targets for one in whole])
    speakers = [clip.speaker for one in whole for clip in one.clips]
    drawn, figures = [], []
    for form in (whole, small):
        predicted = np.concatenate([one.predicted for one in form])
        drawn.append(bootstrap(targets, [predicted], speakers, labels).draws["uar"])
        matrix = metrics.confusion_matrix(targets, predicted, len(labels))
        figures.append(float(metrics.uar(matrix)))
    lost = interval(drawn[0] - drawn[1])
    before, after = (np.concatenate([one.probabilities for one in form]) for form in (whole, small))
    identity = held.folds[0].outcome.identity
    return Measured(
        protocol=held.terms.name,
        recipe=identity.recipe,
        recipe_hash=identity.recipe_hash,
        folds=len({fold.outcome.identity.fold for fold in held.folds}),
        seeds=tuple(sorted({fold.outcome.identity.seed for fold in held.folds})),
        clips=len({clip.key for one in whole for clip in one.clips}),
        float32=figures[0],
        int8=figures[1],
        lost=figures[0] - figures[1],
        lost_low=lost.low,
        lost_high=lost.high,
        same=float((before.argmax(axis=1) == after.argmax(axis=1)).mean()),
        apart=float(np.abs(before - after).mean()),
        furthest=float(np.abs(before - after).max()),
        float32_mb=float(np.mean([one for one, _ in sizes])),
        int8_mb=float(np.mean([one for _, one in sizes])),
    )


def page(measured: Sequence[Measured]) -> str:
    """The page for people."""
    head = [
        "protocol",
        "recipe",
        "folds",
        "seeds",
        "clips",
        "UAR, float32",
        "UAR, 8 bits",
        "lost, points",
        "same answer",
        "probability apart: mean, most",
        "MB, float32",
        "MB, 8 bits",
    ]
    cells = [
        [
            one.protocol,
            f"{one.recipe} ({one.recipe_hash})",
            str(one.folds),
            ", ".join(map(str, one.seeds)),
            f"{one.clips:,}",
            f"{one.float32:.3f}",
            f"{one.int8:.3f}",
            f"{100 * one.lost:+.1f} [{100 * one.lost_low:+.1f}, {100 * one.lost_high:+.1f}]",
            f"{one.same:.1%}",
            f"{one.apart:.4f}, {one.furthest:.3f}",
            f"{one.float32_mb:.1f}",
            f"{one.int8_mb:.1f}",
        ]
        for one in measured
    ]
    note = (
        "The networks of the folds as bundles in float32 and in 8 bits; both answer their test "
        "clips, whose speakers no training heard, as `sertain predict` does. UAR is over all "
        "folds; in brackets the 95 % interval over speakers, drawn in pairs."
    )
    written = "Written by `benchmarks/eight_bits.py`."
    return "\n\n".join(["# What 8 bits cost", note, table([head, *cells]), written]) + "\n"


def _scored(model: Model, clips: Sequence[Clip]) -> Scored:
    return scoring.choose(model.bundle.spec, list(hear(model, clips)))


def _mb(model: Model) -> float:
    return model.bundle.model_path.stat().st_size / 1e6


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write ``results/benchmarks/eight_bits.json`` and ``.md``."""
    wanted = finished.arguments(__doc__).parse_args(arguments)

    def clips(recipe: Recipe, name: str) -> Sequence[Clip]:
        return gather.clips_for(recipe, name, wanted.corpora)

    found = [measure(finished.read(folder, clips)) for folder in wanted.folders]
    record = {"evaluations": [asdict(one) for one in found]}
    finished.write(wanted.out, "eight_bits", record, page(found))


if __name__ == "__main__":
    try:
        main()
    except SertainError as error:
        sys.exit(f"benchmarks.eight_bits: {error}")
