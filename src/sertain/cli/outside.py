"""``sertain evaluate --bundle``: what a bundle is worth on clips of the user's own."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sertain.cli.places import decided

if TYPE_CHECKING:
    from sertain.corpora.clip import Clip
    from sertain.lab.evaluation.runner import Evaluation
    from sertain.lab.robustness.measure import Part


def evaluate_bundle(
    model_name: str,
    clips_from: Sequence[str],
    *,
    root: Path | None,
    named: Mapping[str, Path],
    out: Path | None,
    robustness: bool,
    decisions: Path | None = None,
) -> None:
    """Hear, score and write; prints a line for the terminal.

    Parameters
    ----------
    model_name: an embedded model or a bundle's folder.
    clips_from: tables, folders or names of corpora.
    root, named: where corpora lie.
    out: the folder written to; else ``runs/outside/MODEL/CLIPS``.
    robustness: whether to hear the clips in worse sound afterwards.
    decisions: a table that changes and drops clips as they are loaded.
    """
    from sertain.lab.outside import hearing, scoring, writing  # noqa: PLC0415
    from sertain.predict import load  # noqa: PLC0415

    clips, applied = decided(labelled(clips_from, root, named), decisions)
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
    written = writing.write(folder, model.bundle, clips_from, result, chosen, heard, applied)
    if find_spec("matplotlib"):  # of the extra 'train', which nothing else here needs
        from sertain.lab.report import runs  # noqa: PLC0415

        written += (runs.draw(folder),)
    click.echo(writing.summary(model.name, result))
    for path in written:
        click.echo(f"wrote {path}", err=True)
    if robustness:
        from sertain.lab.robustness.measure import Part  # noqa: PLC0415

        about = {
            "bundle": f"{model.name}, sha256 {spec.sha256['model.onnx'][:16]}",
            "recipe": spec.recipe,
            "clips": f"{', '.join(clips_from)}, hash {result.data_hash}",
        }
        if result.trained_on:
            about["trained on"] = ", ".join(result.trained_on)
        part = Part(model, tuple(chosen.clips), tuple(chosen.clips))
        title = f"{model.name} on {', '.join(clips_from)}"
        _robustness([part], "other speakers of the same clips", title, about, folder)


def robustness_of_folds(evaluation: Evaluation, clips: Sequence[Clip], folder: Path) -> None:
    """Hear the test clips of a finished evaluation in worse sound, fold by fold."""
    from sertain.lab.robustness import folds  # noqa: PLC0415

    results = evaluation.results
    recipe = f"{results.recipe['name']}, hash {results.recipe['hash']}"
    about = {
        "recipe": recipe,
        "protocol": str(results.protocol["name"]),
        "folds": ", ".join(map(str, results.pools)),
        "seeds": ", ".join(map(str, results.seeds)),
        "data": f"hash {results.data['hash']}",
        "leak": str(results.protocol["leak"] or "none"),
    }
    title = f"{results.recipe['name']} on {results.protocol['name']}"
    parts = folds.parts(evaluation.answers, clips, folder)
    _robustness(parts, "training speakers of each fold", title, about, folder)


def _robustness(
    parts: Sequence[Part], babble_of: str, title: str, about: Mapping[str, str], folder: Path
) -> None:
    from sertain.cli.progress import stepped  # noqa: PLC0415
    from sertain.lab.robustness import measure, writing  # noqa: PLC0415

    total = sum(len(part.clips) for part in parts)
    with stepped(total, "clips, each in every condition") as step:
        found = measure.measure(parts, babble_of, step)
    written = writing.write(folder, title, about, found)
    click.echo(writing.summary(found))
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
