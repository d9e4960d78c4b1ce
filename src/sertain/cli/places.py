"""The options of every command that reads corpora: where they lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sertain.corpora.registry import ROOT


class NamedFolder(click.ParamType[tuple[str, Path]]):
    """``name=DIR``."""

    name = "NAME=DIR"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path]:
        """Split at the first equals sign; a missing part is a usage error."""
        if isinstance(value, tuple):
            return value
        name, equals, folder = str(value).partition("=")
        if not (name and equals and folder):
            self.fail(f"{value!r} is not of the form NAME=DIR", param, ctx)
        return name, Path(folder).expanduser()


def corpora_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--corpora DIR`` (``root``) and ``--corpus NAME=DIR`` (``named``)."""
    for option in (
        click.option(
            "--corpus",
            "named",
            type=NamedFolder(),
            multiple=True,
            help="Where one corpus lies; may be given several times. An unknown name is your "
            "own corpus: a folder with a sub-folder per emotion, a table or an audformat database.",
        ),
        click.option(
            "--corpora",
            "root",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help=f"Folder that holds a folder per corpus; by default {ROOT}.",
        ),
    ):
        command = option(command)
    return command
