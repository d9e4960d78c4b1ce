"""Writes an evaluation: figures as JSON and Markdown, every clip's answer as compressed CSV."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from sertain.corpora.decisions import Applied
from sertain.lab.evaluation import referenced, slices, teaching
from sertain.lab.evaluation.answers import Answers
from sertain.lab.evaluation.intervals import FEWEST_SPEAKERS
from sertain.lab.evaluation.outcome import write_whole
from sertain.lab.evaluation.results import MEASURES, Figure, FoldRun, Pool, Results
from sertain.lab.evaluation.runner import Evaluation
from sertain.lab.evaluation.slices import Slice
from sertain.labels import Emotion

JSON, MARKDOWN, PREDICTIONS = "results.json", "results.md", "predictions.csv.gz"

_TITLES = {
    "uar": "UAR",
    "wa": "WA",
    "macro_f1": "macro F1",
    "weighted_f1": "weighted F1",
    "ece": "ECE",
    "brier": "Brier",
    "nll": "NLL",
    "half_error": "error of the surer half",
}


_COLUMNS = [
    "clip",
    "corpus",
    "channel",
    "speaker",
    "fold",
    "seed",
    "label",
    "predicted",
    "confidence",
    "certain",
]


def write(evaluation: Evaluation, folder: Path) -> tuple[Path, Path, Path]:
    """Write ``results.json``, ``results.md`` and ``predictions.csv.gz``; gives their paths."""
    parts = slices.of_answers(evaluation.answers)
    plain = asdict(evaluation.results) | {"slices": [asdict(part) for part in parts]}
    if not evaluation.results.taught_by:
        del plain["taught_by"]
    contents = {
        JSON: json.dumps(plain, indent=1, ensure_ascii=False) + "\n",
        MARKDOWN: markdown(evaluation.results, parts),
    }
    for name, text in contents.items():
        write_whole(folder / name, text.encode())
    table = predictions(evaluation.answers).encode()
    write_whole(folder / PREDICTIONS, gzip.compress(table, mtime=0))
    return folder / JSON, folder / MARKDOWN, folder / PREDICTIONS


def predictions(answers: Sequence[Answers]) -> str:
    """Give a CSV of out-of-fold answers: one row a clip and seed.

    The columns ``p_<label>`` are calibrated; empty where a label is not scored for a clip.
    ``certain`` is 1 at or above the threshold that the fold's validation chose.
    """
    scored = {label for one in answers for label in one.labels}
    labels = [label for label in Emotion if label in scored]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, *(f"p_{label}" for label in labels)])
    for one in answers:
        place = {label: number for number, label in enumerate(one.labels)}
        for row, clip in enumerate(one.clips):
            answer = one.predicted[row]
            confidence = one.probabilities[row, answer]
            probabilities = [
                f"{one.probabilities[row, place[label]]:.6g}"
                if label in place and one.mask[row, place[label]]
                else ""
                for label in labels
            ]
            values = (
                clip.key,
                clip.corpus,
                clip.channel,
                clip.speaker,
                one.fold,
                one.seed,
                str(clip.emotion),
                str(one.labels[answer]),
                f"{confidence:.6g}",
                int(confidence >= one.uncertain_below),
            )
            writer.writerow([*values, *probabilities])
    return text.getvalue()


def markdown(results: Results, of_parts: Sequence[Slice] = ()) -> str:
    """Give a page for people: the figures, what they rest on, and where they come from."""
    protocol = results.protocol
    parts = [
        f"# {results.recipe['name']} on {protocol['name']}",
        f"{protocol['title']}. Folds: {protocol['source']}.",
        _table([_HEAD, *_rows(results)]),
        _footnote(results),
        *_with_reference(results),
        "## Folds",
        _table([_FOLD_HEAD, *map(_fold_row, results.runs)]),
    ]
    shown = {"all folds": results.pooled} if results.pooled else results.pools
    for name, pool in shown.items():
        parts += _details(name, pool)
    if of_parts:
        note = "UAR is over the labels that occur in a part; compare parts with the same number."
        parts += ["## Parts", note, slices.markdown(of_parts)]
    parts += ["## Where it comes from", _provenance(results)]
    return "\n\n".join(parts) + "\n"


_HEAD = ["protocol", "recipe", "seeds", "clips", *_TITLES.values(), "interval over", "leak"]


_FOLD_HEAD = [
    "fold",
    "seed",
    "train",
    "validation",
    "test",
    "UAR",
    "validation UAR",
    "WA",
    "ECE",
    "temperature",
    "uncertain below",
    "calibrated on",
    "epochs",
    "minutes",
]


def _fold_row(run: FoldRun) -> list[object]:
    return [
        f"{run.fold} ({run.name})",
        run.seed,
        run.train_clips,
        run.validation_clips,
        run.test_clips,
        f"{run.scores.uar:.3f}",
        f"{run.validation_uar:.3f}",
        f"{run.scores.wa:.3f}",
        f"{run.scores.ece:.3f}",
        f"{run.temperature:.2f}",
        f"{run.uncertain_below:.2f}",
        run.calibrated_on,
        run.epochs,
        f"{run.wall_s / 60:.1f}",
    ]


def _rows(results: Results) -> list[list[object]]:
    """One row for the folds pooled (or every corpus), one for the mean of the folds."""
    name = str(results.protocol["name"])
    leak = results.protocol["leak"] or "none"
    recipe = f"{results.recipe['name']} ({results.recipe['hash']})"
    seeds = ", ".join(str(seed) for seed in results.seeds)
    if results.pooled:
        pooled = {f"{name}, {_how_many(results)} pooled": results.pooled}
    else:
        pooled = {f"{name}, {fold}": pool for fold, pool in results.pools.items()}
    rows: list[list[object]] = [
        [
            place,
            recipe,
            seeds,
            pool.clips,
            *(_figure(pool.figures[measure]) for measure in MEASURES),
            f"{pool.interval_units} {pool.interval_over}",
            leak,
        ]
        for place, pool in pooled.items()
    ]
    absent = [
        [f"{name}, {corpus}", recipe, seeds, "not at hand", *([""] * (len(_HEAD) - 5)), leak]
        for corpus in _listed(results.protocol.get("absent", []))
    ]
    means = results.mean_of_folds
    mean = [
        f"{name}, mean of {len(results.pools)} folds",
        recipe,
        seeds,
        sum(pool.clips for pool in results.pools.values()),
        *(_figure(means[measure]) for measure in MEASURES),
        "as each fold" if means["uar"].low is not None else "none",
        leak,
    ]
    return [*rows, *absent, mean]


def _how_many(results: Results) -> str:
    ran, whole = len(results.pools), len(_listed(results.protocol["folds"]))
    return f"{ran} folds" if ran == whole else f"{ran} of {whole} folds"


def _listed(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


def _footnote(results: Results) -> str:
    parts = [
        "In brackets the 95 % interval of the bootstrap (2,000 draws, seeds averaged first); "
        "± is the standard deviation over seeds. ECE, Brier and NLL are after the temperature "
        + (
            f"learnt on the test set{_epoch_too(results)}."
            if results.protocol.get("test_validates")
            else "learnt on validation clips. Nothing is chosen on test."
        )
    ]
    figure = results.validation
    parts.append(f"Validation clips give a UAR of {_figure(figure)}, the mean of the folds.")
    few = [
        name
        for name, pool in (
            {"the pool": results.pooled} if results.pooled else results.pools
        ).items()
        if pool.interval_over != "speakers"
    ]
    if few:
        parts.append(
            f"{', '.join(few).capitalize()}: fewer than {FEWEST_SPEAKERS} speakers, so the "
            "interval is over clips within speaker and says nothing of other speakers."
        )
    absent = _listed(results.protocol.get("absent", []))
    if absent:
        parts.append(f"Not at hand, so nothing was tested on it: {', '.join(map(str, absent))}.")
    if results.protocol["leak"]:
        parts.append(f"**Leak: {results.protocol['leak']}.**")
    return " ".join(parts)


def _with_reference(results: Results) -> list[str]:
    """Give a table of its own to figures that used unlabelled recordings of the tested voices."""
    told = results.with_reference
    if not told:
        return []
    measures = ("uar", "wa", "ece")
    alone = results.pooled.figures if results.pooled else results.mean_of_folds
    rows = [
        ["none", "each clip by itself, as above", "0", "", *(_figure(alone[m]) for m in measures)]
    ]
    rows += [
        [
            kind,
            one.reference,
            f"{one.seconds[1]:.0f} ({one.seconds[0]:.0f} to {one.seconds[2]:.0f})",
            f"{one.among:.0%}",
            *(_figure(referenced.figure(one, measure)) for measure in measures),
        ]
        for kind, one in referenced.shown(told).items()
    ]
    head = ["reference", "of what", "seconds, mean (range)", "clips in their own reference"]
    note = (
        "The same networks, told of the voices by test clips without their labels (an emotion only "
        "chooses which ones make a reference in one emotion). These figures stand beside those "
        "above, not in their place. Temperature and threshold are learnt on validation clips with "
        "references of every kind: all clips of the voice, 60 s, 15 s, 60 s in one emotion."
    )
    return [
        "## With a reference",
        note,
        _table([[*head, *(_TITLES[measure] for measure in measures)], *rows]),
    ]


def _epoch_too(results: Results) -> str:
    return "" if results.protocol.get("epoch_by") == "last" else ", which chose the epoch too"


def _details(name: str, pool: Pool) -> list[str]:
    spread, certain = pool.speakers, pool.certain
    accuracy = "" if certain.accuracy is None else f", {certain.accuracy:.3f} of them right"
    before = pool.uncalibrated
    lines = [
        f"Chance {pool.chance:.3f}. UAR of single speakers from {spread.lowest:.3f} to "
        f"{spread.highest:.3f}, standard deviation {spread.sd:.3f}. At or above the threshold "
        f"{certain.coverage:.1%} of the answers{accuracy}. Before calibration ECE "
        f"{before['ece'].mean:.3f}, NLL {before['nll'].mean:.3f}."
    ]
    lines += [
        f"Channel {channel}: UAR {_figure(figure)}." for channel, figure in pool.channels.items()
    ]
    confusion = _table(
        [
            ["truth \\ answer", *pool.labels, "recall"],
            *(
                [label, *(f"{count:.4g}" for count in row), _figure(pool.recalls[label])]
                for label, row in zip(pool.labels, pool.confusion, strict=True)
                if label in pool.recalls
            ),
        ]
    )
    return [f"## {name.capitalize()}", " ".join(lines), confusion]


def _provenance(results: Results) -> str:
    data = results.data
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    hardware = ", ".join(f"{name} {value}" for name, value in results.hardware.items())
    corpora, left, decided = data["corpora"], data["left_out"], data.get("decisions")
    assert isinstance(corpora, dict)
    assert isinstance(left, dict)
    rows = [
        ["recipe", f"{results.recipe['name']}, hash {results.recipe['hash']}"],
        ["parameters", f"{results.runs[0].parameters:,}"],
        *([["teachers", teaching.words(results.taught_by)]] if results.taught_by else []),
        ["data", f"hash {data['hash']}: " + "; ".join(
            f"{name} {had['clips']} clips, {had['speakers']} speakers"
            + (f", {had['copies']} copies" if "copies" in had else "")
            for name, had in corpora.items()
        )],
        ["left out", "; ".join(f"{what}: {count} clips" for what, count in left.items()) or "none"],
        *([["decisions", str(Applied(**decided))]] if isinstance(decided, dict) else []),
        ["versions", versions],
        ["hardware", hardware],
        ["wall time", f"{results.wall_s / 60:.1f} minutes"],
        ["written", results.created],
    ]  # fmt: skip
    return _table([["what", "value"], *rows])


def _figure(figure: Figure) -> str:
    text = f"{figure.mean:.3f}"
    if figure.sd is not None:
        text += f" ± {figure.sd:.3f}"
    if figure.low is not None and figure.high is not None:
        text += f" [{figure.low:.3f}, {figure.high:.3f}]"
    return text


def _table(rows: Sequence[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "| " + " | ".join("---" for _ in rows[0]) + " |", *lines[1:]])
