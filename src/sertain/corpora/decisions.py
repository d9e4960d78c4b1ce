"""What somebody decided about labels: a table that changes and drops clips as they are loaded.

A row speaks of one clip.  ``decision`` is ``keep`` (somebody listened, the label stays), ``change``
(to the label in ``new_label``) or ``drop`` (the clip is left out).
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from sertain.corpora.clip import Clip
from sertain.corpora.table import rows
from sertain.errors import CorpusError, LabelError
from sertain.labels import Emotion, parse

Choice = Literal["keep", "change", "drop"]

COLUMNS: Final = ("clip", "label", "decision", "new_label", "who", "when")
_NEEDED: Final = ("clip", "decision")


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one clip.

    Attributes
    ----------
    clip: its key, e.g. ``"emodb/03a01Wa"``.
    choice: what becomes of it.
    label: the label that it had then; ``None`` where the table does not say.
    new_label: the label that it gets, for ``"change"`` alone.
    who, when: by whom and at what time, in words; may be empty.
    """

    clip: str
    choice: Choice
    label: Emotion | None = None
    new_label: Emotion | None = None
    who: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class Decisions:
    """A table of decisions.

    Attributes
    ----------
    path: where it was read.
    sha256: of the file.
    rows: by clip key, in the table's order.
    """

    path: Path
    sha256: str
    rows: dict[str, Decision]


@dataclass(frozen=True, slots=True)
class Applied:
    """What a table of decisions did to clips.

    Attributes
    ----------
    sha256: of the table.
    kept, changed, dropped: clips of each decision.
    unknown: decisions about clips of these corpora that are not there.
    elsewhere: decisions about clips of other corpora.
    """

    sha256: str
    kept: int
    changed: int
    dropped: int
    unknown: int
    elsewhere: int

    def to_dict(self) -> dict[str, str | int]:
        """As values that JSON holds."""
        return {
            "sha256": self.sha256,
            "kept": self.kept,
            "changed": self.changed,
            "dropped": self.dropped,
            "unknown": self.unknown,
            "elsewhere": self.elsewhere,
        }

    def __str__(self) -> str:
        """In words, for a line of the terminal or a cell of a table."""
        text = (
            f"{self.changed:,} labels changed, {self.dropped:,} clips dropped, {self.kept:,} kept"
        )
        if self.unknown:
            text += f", {self.unknown:,} name no clip"
        if self.elsewhere:
            text += f", {self.elsewhere:,} are of other corpora"
        return f"{text} (hash {self.sha256[:10]})"


def read(path: Path) -> Decisions:
    """Read a table of decisions, ``.csv``, ``.tsv``, ``.jsonl`` or ``.parquet``.

    Raises
    ------
    CorpusError: no such table, a column is missing, a word is no decision, a change names no new
        label, a clip stands there twice; with the row.
    LabelError: a word is no known emotion; with the row.
    """
    found: dict[str, Decision] = {}
    for number, row in enumerate(rows(path), start=1):
        where = f"row {number} of {path}"
        for needed in _NEEDED:
            if needed not in row:
                raise CorpusError(
                    f"{path} has no column '{needed}'; it has {', '.join(map(str, row))}",
                    f"name its columns {', '.join(COLUMNS)}",
                )
        decision = _decision({name: _text(row.get(name)) for name in COLUMNS}, where)
        if decision.clip in found:
            raise CorpusError(f"{where} decides {decision.clip} a second time", "remove one row")
        found[decision.clip] = decision
    return Decisions(path, hashlib.sha256(path.read_bytes()).hexdigest(), found)


def write(path: Path, decisions: Iterable[Decision]) -> None:
    """Write a CSV table so that a kill leaves the old one or the new one, whole."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(
            (d.clip, d.label or "", d.choice, d.new_label or "", d.who, d.when) for d in decisions
        )
    part.replace(path)


def apply(decisions: Decisions, clips: Sequence[Clip]) -> tuple[list[Clip], Applied]:
    """Change and drop clips as it was decided; gives what is left, in order, and the counts.

    Raises
    ------
    CorpusError: a clip does not have the label any more that it had when it was decided, or would
        get one that its corpus has nowhere else.
    """
    own = {clip.key: clip for clip in clips}
    had: dict[tuple[str, str], set[Emotion]] = {}
    for clip in clips:
        had.setdefault((clip.corpus, clip.channel), set()).add(clip.emotion)
    for decision in decisions.rows.values():
        _check(decision, own.get(decision.clip), had, decisions.path)
    counts = Counter(d.choice for d in decisions.rows.values() if d.clip in own)
    corpora = {clip.corpus for clip in clips}
    absent = [key for key in decisions.rows if key not in own]
    unknown = sum(key.partition("/")[0] in corpora for key in absent)
    left = [
        replace(clip, emotion=decision.new_label) if decision and decision.new_label else clip
        for clip in clips
        for decision in [decisions.rows.get(clip.key)]
        if decision is None or decision.choice != "drop"
    ]
    return left, Applied(
        decisions.sha256,
        counts["keep"],
        counts["change"],
        counts["drop"],
        unknown,
        len(absent) - unknown,
    )


def _check(
    decision: Decision,
    clip: Clip | None,
    had: dict[tuple[str, str], set[Emotion]],
    path: Path,
) -> None:
    if clip is None:
        return
    if decision.label not in (None, clip.emotion):
        raise CorpusError(
            f"{path} decides {clip.key} as '{decision.label}', but it is labelled '{clip.emotion}'",
            "decide anew or remove the row",
        )
    if decision.new_label and decision.new_label not in had[clip.corpus, clip.channel]:
        raise CorpusError(
            f"{path} changes {clip.key} to '{decision.new_label}', which no other clip of "
            f"{clip.corpus} has",
            "choose one of its labels, or drop the clip",
        )


def _decision(cells: dict[str, str], where: str) -> Decision:
    if not cells["clip"]:
        raise CorpusError(f"{where} names no clip")
    choice = cells["decision"].lower()
    if choice not in get_args(Choice):
        raise CorpusError(
            f"{where} has the decision '{cells['decision']}'", "write keep, change or drop"
        )
    if (choice == "change") != bool(cells["new_label"]):
        raise CorpusError(
            f"{where} changes a label and names none"
            if choice == "change"
            else f"{where} names a new label and does not change it",
            "give new_label with change, and with nothing else",
        )
    return Decision(
        clip=cells["clip"],
        choice=cast("Choice", choice),
        label=_emotion(cells["label"], where),
        new_label=_emotion(cells["new_label"], where),
        who=cells["who"],
        when=cells["when"],
    )


def _emotion(word: str, where: str) -> Emotion | None:
    if not word:
        return None
    try:
        return parse(word)
    except LabelError as error:
        raise LabelError(f"{where}: {error.fact}", error.remedy) from error


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
