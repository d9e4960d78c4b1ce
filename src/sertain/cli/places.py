"""The options of commands that read corpora: where they lie, what was decided, who teaches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sertain.corpora.registry import ROOT

if TYPE_CHECKING:
    from sertain.corpora.clip import Clip
    from sertain.corpora.decisions import Applied


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


def decisions_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--decisions FILE`` (``decisions``)."""
    option = click.option(
        "--decisions",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="What was decided about labels, as `sertain corpora doctor --page` writes it: clips "
        "are changed and dropped as they are loaded.",
    )
    return option(command)


def teacher_option(who: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add ``--teacher DIR`` (``named_teachers``), of which the help says ``who`` is meant."""
    return click.option(
        "--teacher",
        "named_teachers",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        multiple=True,
        help=f"{who}, where the recipe has a teacher; may be given several times.",
    )


def decided(clips: Sequence[Clip], path: Path | None) -> tuple[list[Clip], Applied | None]:
    """Change and drop clips as ``--decisions`` says, and say so on standard error.

    Raises
    ------
    CorpusError, LabelError: the table cannot be read or does not fit the clips.
    """
    if path is None:
        return list(clips), None
    from sertain.corpora import decisions  # noqa: PLC0415

    left, applied = decisions.apply(decisions.read(path), clips)
    click.echo(f"{path}: {applied}", err=True)
    return left, applied
