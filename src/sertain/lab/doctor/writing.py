"""Writes what was found about labels: a table to work through, a page of words, and JSON."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from sertain.corpora.decisions import Applied
from sertain.lab.doctor.diagnosis import Diagnosis
from sertain.lab.doctor.suspects import Suspect
from sertain.lab.doctor.swaps import Pair
from sertain.lab.evaluation.environment import hardware, versions
from sertain.lab.evaluation.outcome import write_whole
from sertain.lab.evaluation.pages import figure, table

JSON, MARKDOWN, TABLE = "doctor.json", "doctor.md", "labels.csv"

COLUMNS: Final = (
    "clip",
    "file",
    "start",
    "end",
    "speaker",
    "label",
    "probability",
    "probable",
    "probability_of_probable",
    "same_recording_as",
)
_SHOWN: Final = 20


def write(folder: Path, found: Diagnosis, applied: Applied | None = None) -> tuple[Path, ...]:
    """Write ``labels.csv``, ``doctor.md`` and ``doctor.json``; gives their paths.

    ``applied`` are the decisions that were heeded before.
    """
    plain = as_plain(found) | {"decisions": applied.to_dict() if applied else None}
    contents = {
        TABLE: _csv(found),
        MARKDOWN: markdown(found, applied),
        JSON: json.dumps(plain, indent=1, ensure_ascii=False) + "\n",
    }
    for name, text in contents.items():
        write_whole(folder / name, text.encode())
    return tuple(folder / name for name in contents)


def as_plain(found: Diagnosis) -> dict[str, Any]:
    """Give what was found as values that JSON holds."""
    return {
        "format": 1,
        "corpus": found.name,
        "clips": len(found.clips),
        "speakers": len({clip.speaker for clip in found.clips}),
        "data_hash": found.data_hash,
        "features": found.by,
        "folds": {"by": found.apart, "count": found.folds},
        "rule": found.rule,
        "uar": found.uar,
        "unjudged": found.unjudged,
        "decided_before": found.decided,
        "suspects": [dict(zip(COLUMNS, row(one), strict=True)) for one in found.suspects],
        "swapped": [list(pair.labels) for pair in found.swapped],
        "pairs": [_pair(pair) for pair in found.pairs],
        "others": found.others,
        "versions": versions() | {"cleanlab": metadata.version("cleanlab")},
        "hardware": hardware(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def row(one: Suspect) -> tuple[str | float | None, ...]:
    """Give the cells of a suspect, in the order of :data:`COLUMNS`."""
    return (
        one.clip.key,
        str(one.clip.path),
        one.clip.start_s,
        one.clip.end_s,
        one.clip.speaker,
        str(one.clip.emotion),
        round(one.own_probability, 4),
        str(one.probable),
        round(one.probability, 4),
        " ".join(one.twins),
    )


def markdown(found: Diagnosis, applied: Applied | None = None) -> str:
    """Give a page for people."""
    parts = [f"# Labels of {found.name}", *sentences(found), f"How: {found.rule}."]
    if applied:
        parts.append(f"Decisions: {applied}.")
    if found.suspects:
        shown = found.suspects[:_SHOWN]
        more = len(found.suspects) - len(shown)
        parts += [
            "## Clips to listen to",
            table(
                [
                    ["clip", "label", "its probability", "probable", "probability", "the same as"],
                    *(
                        [
                            one.clip.key,
                            one.clip.emotion,
                            f"{one.own_probability:.3f}",
                            one.probable,
                            f"{one.probability:.2f}",
                            ", ".join(one.twins),
                        ]
                        for one in shown
                    ),
                ]
            ),
        ]
        if more:
            parts.append(f"{more:,} more stand in `{TABLE}`.")
    if found.pairs:
        parts += [
            "## Pairs of labels, heard by other corpora",
            "AUC of clips of the one label against those of the other, mean over speakers; below"
            " 0.5 they lie the other way round. The interval holds for all pairs together.",
            table(
                [
                    ["labels", "AUC", "clips", "other corpora", "swapped"],
                    *(
                        [
                            " and ".join(pair.labels),
                            figure(pair.auc, pair.low, pair.high),
                            pair.clips,
                            pair.corpora,
                            "seem so" if pair.swapped else "differ" if pair.differs else "no",
                        ]
                        for pair in found.pairs
                    ),
                ]
            ),
        ]
    return "\n\n".join(parts) + "\n"


def sentences(found: Diagnosis) -> list[str]:
    """Say in words what was found and how far it can be trusted."""
    said = [
        f"{len(found.clips):,} clips; {len(found.suspects):,} to listen to. Answers to clips that"
        f" were held out are right for {found.uar:.1%} of a label's clips (UAR {found.uar:.3f}):"
        " what is listed can be the model's mistake."
    ]
    if found.apart == "clips":
        said.append(
            "Fewer than two speakers are named, so the folds are of clips: a speaker's habits may"
            " hide wrong labels."
        )
    if found.unjudged:
        said.append(
            f"{found.unjudged:,} clips are not judged: no other fold has clips of their label."
        )
    if found.decided:
        said.append(f"{found.decided:,} more would be listed, but were decided about before.")
    twins = sum(bool(one.twins) for one in found.suspects)
    if twins:
        said.append(f"{twins:,} of them hold a recording that has another label elsewhere.")
    if found.pairs:
        pairs = ", ".join(" and ".join(pair.labels) for pair in found.swapped)
        said.append(
            f"Labels that seem swapped, as a model hears it that learnt from"
            f" {', '.join(found.others)}: {pairs or 'none'}."
        )
        differ = ", ".join(" and ".join(pair.labels) for pair in found.pairs if pair.differs)
        if differ:
            said.append(
                f"The one other corpus that has them orders these the other way round: {differ};"
                " which of the two is wrong, if any, it cannot say."
            )
    else:
        said.append(
            "Whether labels are swapped was not asked: no other corpus with two of them was heard."
        )
    return said


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "labels": list(pair.labels),
        "auc": pair.auc,
        "low": pair.low,
        "high": pair.high,
        "clips": pair.clips,
        "corpora": pair.corpora,
        "swapped": pair.swapped,
    }


def _csv(found: Diagnosis) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(["" if cell is None else cell for cell in row(one)] for one in found.suspects)
    return text.getvalue()
