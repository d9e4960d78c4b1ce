"""``sertain evaluate --bundle``: what a bundle is worth on clips of the user's own."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sertain.corpora.clip import Clip


def evaluate_bundle(
    model_name: str,
    clips_from: Sequence[str],
    *,
    root: Path | None,
    named: Mapping[str, Path],
    out: Path | None,
) -> None:
    """Hear, score and write; prints a line for the terminal.

    Parameters
    ----------
    model_name: an embedded model or a bundle's folder.
    clips_from: tables, folders or names of corpora.
    root, named: where corpora lie.
    out: the folder written to; else ``runs/outside/MODEL/CLIPS``.
    """
    from sertain.lab.outside import hearing, scoring, writing  # noqa: PLC0415
    from sertain.predict import load  # noqa: PLC0415

    clips = labelled(clips_from, root, named)
    model = load(model_name)
    spec = model.bundle.spec
    scoring.shared(spec, clips)  # what cannot be scored is said before anything is heard
    names = "+".join(Path(each).stem or each for each in clips_from)
    folder = out or Path("runs", "outside", spec.name, names)
    click.echo(f"{model.name}: {len(clips)} clips, into {folder}", err=True)
    outcomes = hearing.hear(model, clips)
    if sys.stderr.isatty():
        from sertain.cli.progress import shown  # noqa: PLC0415

        outcomes = shown(outcomes, total=len(clips), what="clips")
    heard = list(outcomes)
    result, chosen = scoring.score(spec, heard)
    written = writing.write(folder, model.bundle, clips_from, result, chosen, heard)
    if find_spec("matplotlib"):  # of the extra 'train', which nothing else here needs
        from sertain.lab.report import runs  # noqa: PLC0415

        written += (runs.draw(folder),)
    click.echo(writing.summary(model.name, result))
    for path in written:
        click.echo(f"wrote {path}", err=True)


def labelled(clips_from: Sequence[str], root: Path | None, named: Mapping[str, Path]) -> list[Clip]:
    """The labelled clips of tables, folders, databases or corpora known by name.

    Raises
    ------
    CorpusError: one of them is neither, or is empty, or lacks a column.
    """
    from sertain import corpora  # noqa: PLC0415
    from sertain.errors import CorpusError  # noqa: PLC0415

    clips: list[Clip] = []
    for each in clips_from:
        path = Path(each).expanduser()
        if each in named or not path.exists():
            if path.suffix or len(path.parts) > 1:
                raise CorpusError(f"there is no table or folder {path}", "check the path")
            clips += corpora.load([each], root, named)
        else:
            clips += corpora.open_own(path, path.resolve().stem)
    keys = {clip.key for clip in clips}
    if len(keys) < len(clips):
        raise CorpusError(
            f"{len(clips) - len(keys)} clips are named twice by {', '.join(clips_from)}",
            "name each table once; tables of one name go into one",
        )
    return clips
