"""A table of recordings: which file, and whose voice."""

from __future__ import annotations

from pathlib import Path

from sertain.batch.plan import Recording
from sertain.corpora.table import Row, column, rows, seconds
from sertain.errors import CorpusError


def grouped(table: Path, by: str) -> tuple[list[Recording], list[str | None]]:
    """The recordings of a table, in its order, and the group of each: ``"<by> <value>"``.

    The table has a column ``file`` (absolute, or relative to the table) and the column ``by``;
    others are left alone.  A row without a value belongs to no group: ``None``.

    Parameters
    ----------
    table: ``.csv`` (comma or semicolon), ``.tsv``, ``.jsonl`` or ``.parquet``.
    by: name of the column that says whose voice it is.

    Raises
    ------
    CorpusError: no such table or kind of table, no such column, a row names no file or a part of
        one; with the row.
    """
    recordings: list[Recording] = []
    groups: list[str | None] = []
    for number, row in enumerate(rows(table), start=1):
        file_column = column(row, "file")
        own = next((name for name in row if str(name).strip().lower() == by.strip().lower()), None)
        if file_column is None or own is None:
            lacking = "file" if file_column is None else by
            raise CorpusError(
                f"{table} has no column '{lacking}'; it has {', '.join(map(str, row))}",
                "name the columns of files and voices, e.g. file and speaker",
            )
        where = f"row {number} of {table}"
        file = _text(row[file_column])
        if not file:
            raise CorpusError(f"{where} names no file")
        _check_whole(row, where)
        path = table.parent / file
        recordings.append(Recording(str(path), path))
        value = _text(row[own])
        groups.append(f"{by} {value}" if value else None)
    if not recordings:
        raise CorpusError(f"the table {table} has no rows")
    return recordings, groups


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _check_whole(row: Row, where: str) -> None:
    start_s, end_s = (seconds(row.get(column(row, each) or ""), where) for each in ("start", "end"))
    if start_s or end_s is not None:
        raise CorpusError(
            f"{where} names a part of a file, {start_s or 0:g} s to "
            f"{'its end' if end_s is None else f'{end_s:g} s'}",
            "recordings are answered whole; cut the parts into files of their own",
        )
