"""Tables on standard output: folded to a terminal's width, one line a row elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

# Off a terminal nothing is folded, so that grep finds a value in one piece.
_UNFOLDED = 100_000


def printed(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print ``rows`` under the names of ``columns``."""
    table = Table(*columns, box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(width=None if sys.stdout.isatty() else _UNFOLDED).print(table)
