"""What labelled clips are worth: UAR on unseen speakers of a corpus that the bundle never heard.

The corpus' speakers are shared out over five folds.  For each, the bundle is adapted to so many
clips of speakers of the other folds, as `sertain adapt` does it, and answers all clips of its own.

    python -m benchmarks.adapt --corpus crema-d --bundle runs/without-crema-d/bundle

A bundle that heard the corpus is refused, save with `--smoke`, which takes a few clips, writes
nothing and prints what is no figure.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.measure import RESULTS
from sertain import corpora
from sertain.bundle import Bundle, find, verify
from sertain.cli.bar import Bar
from sertain.errors import ProtocolError, SertainError
from sertain.lab.adapt import held_out
from sertain.lab.adapt.adapting import teach
from sertain.lab.adapt.clips import Vocabulary, of_clip, vocabulary
from sertain.lab.adapt.fitting import Lesson, fit, folds
from sertain.lab.adapt.head import Head
from sertain.lab.adapt.hearing import Floats, Ints, hear
from sertain.lab.evaluation import metrics
from sertain.lab.evaluation.environment import versions
from sertain.lab.evaluation.intervals import bootstrap, interval
from sertain.lab.evaluation.pages import table

CLIPS = (0, 50, 200, 1000)
SPEAKERS = 10
"""The labelled clips are of so many speakers, or of as many more as are needed to have them."""
SMOKE = 10
"""Speakers of a trial of the script itself."""


@dataclass(frozen=True)
class Row:
    """UAR with so many labelled clips, mean over draws; intervals are 95 % over speakers.

    `speakers` is how many the labelled clips are of, mean over folds and draws; `gain` is over 0
    clips, drawn in pairs.
    """

    clips: int
    speakers: float
    uar: float
    low: float
    high: float
    gain: float
    gain_low: float
    gain_high: float
    ece: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write ``results/benchmarks/adapt.json`` and ``.md``."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--corpus", required=True, help="name of the corpus that was left out")
    given.add_argument("--bundle", required=True, help="a bundle that never heard it")
    given.add_argument("--clips", default=",".join(map(str, CLIPS)), help="how many, with commas")
    given.add_argument("--draws", type=int, default=3, help="times that clips are drawn")
    given.add_argument("--smoke", action="store_true", help="try the script: writes nothing")
    asked = given.parse_args(arguments)
    base = find(asked.bundle)
    heard_before = asked.corpus in {source.corpus for source in base.spec.data}
    if heard_before and not asked.smoke:
        raise ProtocolError(
            f"{base.spec.name} learnt from {asked.corpus}, so the figures would leak",
            "train a bundle without it",
        )
    lesson, words, speakers = taught(base, asked.corpus, smoke=asked.smoke)
    sizes = sorted({0, *map(int, asked.clips.split(","))})
    rows = measured(lesson, words.labels, speakers, sizes, asked.draws)
    found = {
        "bundle": f"{base.spec.name} {base.spec.version}",
        "sha256": base.spec.sha256["model.onnx"],
        "learnt from": [source.corpus for source in base.spec.data],
        "labels": list(words.labels),
        "new": [label for label, old in zip(words.labels, words.old, strict=True) if not old],
        "clips": len(lesson.targets),
        "speakers": len(set(speakers)),
        "draws": asked.draws,
        "rows": [asdict(row) for row in rows],
        "versions": versions(),
    }
    if asked.smoke:
        print("A trial of the script, no figure:")
        print(page({asked.corpus: found}))
        return
    file = RESULTS / "adapt.json"
    known = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    known[asked.corpus] = found
    file.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (RESULTS / "adapt.md").write_text(page(known), encoding="utf-8")
    print(page(known))


def taught(base: Bundle, corpus: str, *, smoke: bool) -> tuple[Lesson, Vocabulary, list[str]]:
    """Hear a corpus' speech; its lesson, its labels, and the speaker of each clip."""
    clips = [clip for clip in corpora.load([corpus]) if clip.channel == "speech"]
    if smoke:
        few = sorted({clip.speaker for clip in clips})[:SMOKE]
        clips = [clip for clip in clips if clip.speaker in few][::3]
    own = [of_clip(clip) for clip in clips]
    words = vocabulary([clip.word for clip in own], base.spec.labels)
    with Bar(in_bytes=False) as bar:
        heard = hear(base, verify(base), own, meter=bar)
    lesson = teach(base, heard.clips, heard.rows, words)
    return lesson, words, [str(clip.speaker) for clip in heard.clips]


def measured(
    lesson: Lesson,
    labels: Sequence[str],
    speakers: Sequence[str],
    sizes: Sequence[int],
    draws: int,
) -> list[Row]:
    """Measure each number of clips that every fold can give."""
    division = folds(lesson.groups)
    least = min(int((division != fold).sum()) for fold in range(division.max() + 1))
    before = None
    rows: list[Row] = []
    for size in sizes:
        if size > least:
            print(f"{size} clips: only {least} are left beside a fold", file=sys.stderr)
            continue
        answers = [_answers(lesson, division, size, draw) for draw in range(draws if size else 1)]
        predicted = [printed.argmax(axis=1) for printed, _ in answers]
        drawn = bootstrap(lesson.targets, predicted, speakers, labels).draws["uar"]
        before = drawn if before is None else before
        scores = [metrics.score(lesson.targets, printed) for printed, _ in answers]
        uar = float(np.mean([score.uar for score in scores]))
        within, more = interval(drawn), interval(drawn - before)
        rows.append(
            Row(
                clips=size,
                speakers=float(np.mean([count for _, count in answers])),
                uar=uar,
                low=within.low,
                high=within.high,
                gain=uar - (rows[0].uar if rows else uar),
                gain_low=more.low,
                gain_high=more.high,
                ece=float(np.mean([score.ece for score in scores])),
            )
        )
        print(f"{size} clips: UAR {uar:.3f}", file=sys.stderr)
    return rows


def _answers(lesson: Lesson, division: Ints, size: int, draw: int) -> tuple[Floats, float]:
    """Probabilities of every clip, each by a model adapted to `size` clips of other folds."""
    printed = np.zeros((len(lesson.targets), lesson.prior.labels))
    counts = []
    for fold in range(division.max() + 1):
        own = np.flatnonzero(division == fold)
        wide = lesson.rows.embedding.shape[1]
        nothing = np.zeros((wide, lesson.prior.labels))
        head = Head(lesson.prior, False, nothing, np.zeros(lesson.prior.labels))
        if size:
            few = lesson.of(drawn_clips(lesson, np.flatnonzero(division != fold), size, draw))
            fitted, _ = fit(few)
            learnt = held_out.calibrate(few, held_out.answers(few, lambda: None))
            head = held_out.calibrated(fitted, learnt)
            counts.append(len(np.unique(few.groups)))
        rows = lesson.rows.of(own)
        printed[own] = rows.mean(head.probabilities(rows))
    return printed, float(np.mean(counts)) if counts else 0.0


def drawn_clips(lesson: Lesson, others: Ints, size: int, draw: int) -> Ints:
    """Draw the clips that somebody labels: of few speakers, labels as alike as there are clips."""
    rng = np.random.default_rng(draw)
    voices = rng.permutation(np.unique(lesson.groups[others]))
    count = min(SPEAKERS, len(voices))
    while np.isin(lesson.groups[others], voices[:count]).sum() < size:
        count += 1
    pool = rng.permutation(others[np.isin(lesson.groups[others], voices[:count])])
    # The first of every label, then the second of every label …
    turns = np.zeros(len(pool), np.int64)
    for target in np.unique(lesson.targets[pool]):
        same = lesson.targets[pool] == target
        turns[same] = np.arange(same.sum())
    return np.sort(pool[np.argsort(turns, kind="stable")[:size]])


def page(known: dict[str, dict[str, object]]) -> str:
    """The page of all corpora that were measured."""
    parts = [
        "# What labelled clips are worth",
        "UAR on unseen speakers of a corpus that the bundle never heard, before (0) and after "
        f"`sertain adapt` with so many labelled clips of other speakers: of {SPEAKERS}, or as many "
        "more as it takes. Five folds of speakers; in brackets the 95 % interval over speakers "
        "(over clips within them where there are fewer than five); the gain is drawn in pairs.",
    ]
    for corpus, found in sorted(known.items()):
        rows = found["rows"]
        assert isinstance(rows, list)
        labels, new, learnt = found["labels"], found["new"], found["learnt from"]
        assert isinstance(labels, list)
        assert isinstance(new, list)
        assert isinstance(learnt, list)
        unknown = f" It did not know {', '.join(new)}, which 0 clips miss." if new else ""
        parts += [
            f"## {corpus}",
            f"{found['clips']:,} clips, {found['speakers']} speakers, {len(labels)} labels (chance "
            f"{1 / len(labels):.3f}), {found['draws']} draws of clips; {found['bundle']}, sha256 "
            f"{str(found['sha256'])[:16]}, learnt from {', '.join(learnt)}.{unknown}",
            table(
                [
                    ["labelled clips", "of speakers", "UAR", "gain", "ECE"],
                    *(
                        [
                            f"{row['clips']:,}",
                            f"{row['speakers']:.0f}",
                            f"{row['uar']:.3f} [{row['low']:.3f}, {row['high']:.3f}]",
                            f"{row['gain']:+.3f} [{row['gain_low']:+.3f}, {row['gain_high']:+.3f}]",
                            f"{row['ece']:.3f}",
                        ]
                        for row in rows
                    ),
                ]
            ),
        ]
    parts.append("Written by `benchmarks/adapt.py`.")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    try:
        main()
    except SertainError as error:
        sys.exit(f"benchmarks.adapt: {error}")
