"""A table for people: the answer with its confidence, or the two nearest where it is uncertain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sertain.predict.prediction import Failure, Outcome, Prediction

SUFFIXES = (".txt",)
# Off a terminal nobody folds lines: a file name must stay in one piece for grep.
_UNFOLDED = 100_000


def write(outcomes: Iterable[Outcome], out: TextIO, *, labels: Sequence[str]) -> None:  # noqa: ARG001
    """Write the table when all outcomes are known, since its columns take the widest."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("file", overflow="fold")
    table.add_column("answer")
    table.add_column("speech", justify="right", no_wrap=True)
    table.add_column("length", justify="right", no_wrap=True)
    everything = list(outcomes)
    coverage = max((_coverage(outcome) for outcome in everything), default=0.0)
    if coverage:
        table.add_column(f"one of ({coverage:.0%})")
    with_baseline = any(_baseline(outcome) for outcome in everything)
    if with_baseline:
        table.add_column("baseline", overflow="fold")
    with_notes = any(_note(outcome) for outcome in everything)
    if with_notes:
        table.add_column("note", overflow="fold")
    for outcome in everything:
        cells = [Text(outcome.file), *_cells(outcome)]
        cells += [Text(_set(outcome))] if coverage else []
        cells += [Text(_baseline(outcome) or "–")] if with_baseline else []
        table.add_row(*cells, *([Text(_note(outcome))] if with_notes else []))
    on_terminal = out.isatty()
    console = Console(file=out, width=None if on_terminal else _UNFOLDED, soft_wrap=False)
    console.print(table)


def answer(prediction: Prediction) -> str:
    """The answer in words: ``angry 0.71``, ``uncertain (angry 0.31, disgust 0.28)``, ``no speech``.

    >>> from sertain.predict import Prediction
    >>> both = {"angry": 0.55, "sad": 0.45}
    >>> answer(Prediction("a.wav", 2.0, 1.5, "angry", 0.55, both, "default 1", 0.6))
    'uncertain (angry 0.55, sad 0.45)'
    """
    if prediction.probabilities is None:
        return prediction.label
    ranked = sorted(prediction.probabilities.items(), key=lambda pair: -pair[1])
    first, second = (f"{label} {value:.2f}" for label, value in ranked[:2])
    return first if prediction.is_certain else f"uncertain ({first}, {second})"


def _cells(outcome: Outcome) -> list[Text]:
    if isinstance(outcome, Failure):
        return [Text("failed", style="red"), Text("–"), Text("–")]
    style = "bold" if outcome.is_certain else "dim"
    times = (_clock(outcome.speech_s), _clock(outcome.duration_s))
    return [Text(answer(outcome), style=style), *(Text(time) for time in times)]


def _coverage(outcome: Outcome) -> float:
    if isinstance(outcome, Failure) or outcome.conformal is None or outcome.set is None:
        return 0.0
    return outcome.conformal.coverage


def _set(outcome: Outcome) -> str:
    return "–" if isinstance(outcome, Failure) else ", ".join(outcome.set or ("–",))


def _baseline(outcome: Outcome) -> str:
    """Which baseline, its seconds and its mix; empty without one."""
    return "" if isinstance(outcome, Failure) else str(outcome.baseline or "")


def _note(outcome: Outcome) -> str:
    return outcome.error if isinstance(outcome, Failure) else "; ".join(outcome.warnings)


def _clock(seconds: float) -> str:
    """``3.1 s`` up to a minute, then ``2:05`` and ``1:02:05``."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
