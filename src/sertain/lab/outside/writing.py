"""Writes what a bundle is worth on given clips: figures as JSON and Markdown, answers as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sertain.bundle import Bundle
from sertain.corpora.decisions import Applied
from sertain.lab.evaluation import slices
from sertain.lab.evaluation.environment import hardware, versions
from sertain.lab.evaluation.intervals import FEWEST_SPEAKERS
from sertain.lab.evaluation.pages import figure, table
from sertain.lab.outside.hearing import Heard
from sertain.lab.outside.scoring import CLIPS, WITHIN_SPEAKER, Figure, Score, Scored
from sertain.predict import Failure

JSON, MARKDOWN, PREDICTIONS = "results.json", "results.md", "predictions.csv"

_TITLES = {
    "uar": "UAR",
    "wa": "accuracy",
    "macro_f1": "macro F1",
    "weighted_f1": "weighted F1",
    "ece": "ECE",
    "brier": "Brier",
    "nll": "NLL",
    "half_error": "error of the surer half",
}
_BEFORE = ("clip", "file", "speaker", "label", "outcome", "predicted", "said", "certain")
_SHOWN = 5


def write(
    folder: Path,
    bundle: Bundle,
    clips_from: Sequence[str],
    result: Score,
    chosen: Scored,
    heard: Sequence[Heard],
    decisions: Applied | None = None,
) -> tuple[Path, ...]:
    """Write ``results.json``, ``results.md`` and ``predictions.csv``; gives their paths.

    Parameters
    ----------
    folder: is made where it is missing.
    bundle: what answered.
    clips_from: what the user named, for the page.
    result, chosen, heard: the figures, the answers they rest on, and all outcomes.
    decisions: what a table of decisions did to the clips.
    """
    plain = as_plain(bundle, clips_from, result)
    if decisions is not None:
        plain["decisions"] = decisions.to_dict()
    contents = {
        JSON: json.dumps(plain, indent=1, ensure_ascii=False) + "\n",
        MARKDOWN: markdown(plain, result),
        PREDICTIONS: predictions(chosen, heard),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return tuple(folder / name for name in contents)


def as_plain(bundle: Bundle, clips_from: Sequence[str], result: Score) -> dict[str, Any]:
    """Give the figures with what they rest on as plain values."""
    spec = bundle.spec
    return {
        "format": 1,
        "bundle": {
            "name": spec.name,
            "version": spec.version,
            "recipe": spec.recipe,
            "labels": list(spec.labels),
            "sha256": spec.sha256["model.onnx"],
        },
        "clips_from": list(clips_from),
        **asdict(result),
        "versions": versions(),
        "hardware": hardware(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def summary(name: str, result: Score) -> str:
    """Give one line for the terminal: the figure with everything that it needs to be read."""
    counts = result.counts
    parts = [
        f"{name}: UAR {_figure(result.figures['uar'])}",
        f"accuracy {_figure(result.figures['wa'])}",
        f"{len(result.labels)} labels (chance {result.chance:.3f})",
        f"{counts.scored} of {counts.given} clips scored",
        f"interval over {result.interval_units} {result.interval_over}",
    ]
    if result.trained_on:
        parts.append(f"trained on {', '.join(result.trained_on)}")
    return ", ".join(parts)


def markdown(plain: Mapping[str, Any], result: Score) -> str:
    """Give a page for people."""
    bundle = plain["bundle"]
    name = f"{bundle['name']} {bundle['version']}"
    figures: list[list[object]] = [
        ["clips", *_TITLES.values(), "interval over"],
        [
            result.counts.scored,
            *(_figure(result.figures[measure]) for measure in _TITLES),
            f"{result.interval_units} {result.interval_over}",
        ],
    ]
    parts = [
        f"# {name} on {', '.join(plain['clips_from'])}",
        f"Scored over the {len(result.labels)} labels that both share: "
        f"{', '.join(result.labels)}. Chance {result.chance:.3f}.",
        *([_trained_on(result)] if result.trained_on else []),
        table(figures),
        _about_intervals(result),
        "## By emotion",
        _emotions(result),
        _confusion(result),
        "## As `sertain predict` says it",
        _as_said(result),
        "## Clips",
        _clips(result),
    ]
    if result.slices:
        note = "UAR is over the labels that occur in a part; compare parts with the same number."
        parts += ["## Parts", note, slices.markdown(result.slices)]
    parts += ["## Where it comes from", _provenance(plain, result)]
    return "\n\n".join(parts) + "\n"


def predictions(chosen: Scored, heard: Sequence[Heard]) -> str:
    """Give a CSV of every clip: what became of it, and its probabilities over shared labels.

    ``predicted`` is the answer among the shared labels, ``said`` among all of the model.
    """
    rows = {clip.key: number for number, (clip, _) in enumerate(chosen.heard)}
    labels = [str(label) for label in chosen.labels]
    columns = [f"p_{label}" for label in labels]
    text = io.StringIO()
    writer = csv.DictWriter(text, [*_BEFORE, *columns, "note"], restval="", lineterminator="\n")
    writer.writeheader()
    for each in heard:
        clip, row = each.clip, rows.get(each.clip.key)
        values: dict[str, object] = {
            "clip": clip.key,
            "file": clip.path,
            "speaker": clip.speaker,
            "label": str(clip.emotion),
            "outcome": _outcome(each, row),
        }
        if isinstance(each.outcome, Failure):
            values["note"] = each.outcome.error
        else:
            values["note"] = "; ".join(each.outcome.warnings)
            values["said"] = each.outcome.label
            values["certain"] = int(each.outcome.is_certain)
        if row is not None:
            values["predicted"] = labels[chosen.predicted[row]]
            shares = (f"{value:.6g}" for value in chosen.probabilities[row])
            values |= dict(zip(columns, shares, strict=True))
        writer.writerow(values)
    return text.getvalue()


def _outcome(each: Heard, row: int | None) -> str:
    if row is not None:
        return "scored"
    if isinstance(each.outcome, Failure):
        return "broken"
    return "no speech" if each.answer is None else "label not shared"


def _figure(value: Figure) -> str:
    return figure(value.value, value.low, value.high)


def _trained_on(result: Score) -> str:
    names = ", ".join(result.trained_on)
    return (
        f"**The bundle was trained on {names}: these speakers, and perhaps these clips, are not "
        "new to it.**"
    )


def _about_intervals(result: Score) -> str:
    said = "In brackets the 95 % interval of the bootstrap (2,000 draws). ECE has none: "
    said += "drawing biases it."
    if result.interval_over == WITHIN_SPEAKER:
        said += (
            f" The clips name fewer than {FEWEST_SPEAKERS} speakers, so clips are drawn within "
            "each speaker: the interval says nothing of other speakers."
        )
    elif result.interval_over == CLIPS:
        said += (
            " No speaker is named, so single clips are drawn: where speakers have several clips "
            "the true interval is wider."
        )
    return said


def _emotions(result: Score) -> str:
    rows: list[list[object]] = [["emotion", "clips", "recall", "precision", "F1"]]
    for label, own in result.emotions.items():
        precision = "never answered" if own.precision is None else f"{own.precision:.3f}"
        rows.append([label, own.clips, _figure(own.recall), precision, f"{own.f1:.3f}"])
    return table(rows)


def _confusion(result: Score) -> str:
    rows: list[list[object]] = [["truth \\ answer", *result.labels]]
    rows += [[label, *row] for label, row in zip(result.labels, result.confusion, strict=True)]
    return table(rows)


def _as_said(result: Score) -> str:
    said = result.as_said
    sure = "" if said.accuracy_of_certain is None else f", {said.accuracy_of_certain:.1%} right"
    return (
        f"Over all labels of the model {said.accuracy:.1%} of the answers are right; "
        f"{said.certain:.1%} are not called uncertain{sure}. {said.strange:.1%} name an emotion "
        "that their corpus does not have."
    )


def _clips(result: Score) -> str:
    counts = result.counts
    rows: list[list[object]] = [["what", "clips", "which"], ["given", counts.given, ""]]
    rows.append(["scored", counts.scored, ""])
    rows.append(["without speech", sum(counts.no_speech.values()), _listed(counts.no_speech)])
    broken = [f"{clip}: {why}" for clip, why in counts.broken.items()]
    more = f"; and {len(broken) - _SHOWN} more" if len(broken) > _SHOWN else ""
    rows.append(["broken", len(broken), "; ".join(broken[:_SHOWN]) + more])
    rows.append(["label not shared", sum(counts.not_shared.values()), _listed(counts.not_shared)])
    if counts.alone:
        rows.append(["of a corpus that shares one label", counts.alone, ""])
    rows += [[f"scored, warned: {what}", count, ""] for what, count in counts.warnings.items()]
    return table(rows)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{label} {count}" for label, count in counts.items())


def _provenance(plain: Mapping[str, Any], result: Score) -> str:
    bundle = plain["bundle"]
    return table(
        [
            ["what", "value"],
            ["bundle", f"{bundle['name']} {bundle['version']}, sha256 {bundle['sha256'][:16]}"],
            ["recipe", bundle["recipe"]],
            ["data", f"hash {result.data_hash}"],
            *([["decisions", Applied(**plain["decisions"])]] if "decisions" in plain else []),
            ["versions", ", ".join(f"{k} {v}" for k, v in plain["versions"].items())],
            ["hardware", ", ".join(f"{k} {v}" for k, v in plain["hardware"].items())],
            ["written", plain["created"]],
        ]
    )
