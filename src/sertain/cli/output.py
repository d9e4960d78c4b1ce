"""Where a command writes: a file that must not replace what it read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click


def refuse_overwriting(output: Path, files: Sequence[str]) -> None:
    """The answers must not replace a recording: ``-o take.wav`` is a slip of the keyboard."""
    if not output.parent.is_dir():
        raise click.UsageError(f"--output: there is no folder {output.parent}; make it first")
    if any(Path(file).is_file() and output.exists() and output.samefile(file) for file in files):
        raise click.UsageError(f"--output: {output} is one of the recordings; name another file")
