"""Tables and figures of Markdown pages."""

from __future__ import annotations

from collections.abc import Sequence


def table(rows: Sequence[Sequence[object]]) -> str:
    """Give a table; its first row is the head."""
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "| " + " | ".join("---" for _ in rows[0]) + " |", *lines[1:]])


def figure(value: float, low: float | None = None, high: float | None = None) -> str:
    """Give a figure with three decimals and its interval, if it has one.

    >>> figure(0.7241, 0.678, 0.7669)
    '0.724 [0.678, 0.767]'
    """
    bounds = "" if low is None or high is None else f" [{low:.3f}, {high:.3f}]"
    return f"{value:.3f}{bounds}"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
