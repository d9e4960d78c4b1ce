"""``--model`` and ``--baseline``: which model answers, and what it knows of the voice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from sertain.batch import Choose, Recording
    from sertain.predict import Failure, Model, Pool

_BATCH: Final = "batch"
_SELF: Final = "self"
_SPEAKER: Final = "speaker="
_PATTERN_SIGNS: Final = frozenset("*?[")


def model_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--model`` (``model_name``)."""
    option = click.option(
        "-m",
        "--model",
        "model_name",
        metavar="default|fast|FOLDER",
        default="default",
        show_default=True,
        shell_complete=_models,
        help="An embedded model (see `sertain models`) or a bundle's folder.",
    )
    return option(command)


def baseline_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--baseline`` (``wanted``, a :class:`Wanted` or ``None``) and ``--one-sided``."""
    option = click.option(
        "--baseline",
        "wanted",
        metavar="FILE|FOLDER|batch|speaker=COLUMN|self|REF.json",
        multiple=True,
        callback=_wanted,
        shell_complete=_baselines,
        help="Know the voice first: by unlabelled recordings of it (may be given several times), "
        "by all recordings of this call (batch), by those of each speaker in a table (speaker=, "
        "FILE is then the table), by each long recording itself, or by what `sertain baseline "
        "make` wrote.",
    )
    return option(one_sided_option(command))


def one_sided_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--one-sided`` (``one_sided``)."""
    option = click.option(
        "--one-sided",
        is_flag=True,
        help="Believe a baseline of which 60% or more sounds like one emotion, too; else it is "
        "refused, since that would be taken for the voice.",
    )
    return option(command)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What ``--baseline`` asks for.

    Attributes
    ----------
    kind: how the voice is to be known.
    named: the column, the file, or the recordings.
    """

    kind: Literal["batch", "self", "speaker", "kept", "recordings"]
    named: tuple[str, ...] = ()

    @property
    def hears_twice(self) -> bool:
        """Whether what is answered is heard once more before."""
        return self.kind in {"batch", "self", "speaker"}


def planned_for(
    wanted: Wanted | None, files: Sequence[str], stdin: BinaryIO
) -> tuple[list[Recording | Failure], list[str | None]]:
    """The recordings to answer, and the group of each whose voice is to be known."""
    from sertain.batch import BATCH, plan  # noqa: PLC0415

    if wanted is None or wanted.kind != "speaker":
        planned = plan(files, stdin=stdin)
        return planned, [BATCH] * len(planned)
    from sertain.batch.table import grouped  # noqa: PLC0415
    from sertain.errors import CorpusError  # noqa: PLC0415

    recordings: list[Recording | Failure] = []
    groups: list[str | None] = []
    for file in files:
        if not Path(file).is_file():
            raise CorpusError(
                f"there is no table {file}",
                f"--baseline {_SPEAKER}{wanted.named[0]} takes tables of files, e.g. calls.csv",
            )
        more, whose = grouped(Path(file), wanted.named[0])
        recordings += more
        groups += whose
    return recordings, groups


def acquainted(
    model: Model,
    wanted: Wanted | None,
    planned: Sequence[Recording | Failure],
    groups: Sequence[str | None],
    *,
    max_duration_s: float | None,
    one_sided: bool = False,
) -> tuple[Model, Choose | None]:
    """The model that knows what is wanted, and how it is chosen where recordings differ in it."""
    from sertain.batch import knowing, knowing_itself  # noqa: PLC0415
    from sertain.predict import Baseline  # noqa: PLC0415

    if wanted is None:
        return model, None
    if wanted.kind == "self":
        own = knowing_itself(model, max_duration_s=max_duration_s, one_sided=one_sided)
        return model, own
    if wanted.kind == "kept":
        return model.with_baseline(Baseline.load(wanted.named[0])), None
    if wanted.kind == "recordings":
        pool, _ = known(model, wanted.named, max_duration_s=max_duration_s)
        name = ", ".join(wanted.named)
        return model.with_baseline(pool.baseline(model.bundle, name, one_sided=one_sided)), None
    pools, _ = _pooled(model, planned, groups, max_duration_s)
    return model, knowing(model, pools, groups, one_sided=one_sided)


def known(
    model: Model, named: Sequence[str], *, max_duration_s: float | None
) -> tuple[Pool, list[Failure]]:
    """What the recordings behind files, folders and patterns tell of one voice.

    What cannot be heard is said on standard error, a line each, and given back.
    """
    import io  # noqa: PLC0415

    from sertain.batch import plan  # noqa: PLC0415
    from sertain.predict import Pool  # noqa: PLC0415

    planned = plan(named, stdin=io.BytesIO())
    pools, failures = _pooled(model, planned, ["voice"] * len(planned), max_duration_s)
    for failure in failures:
        click.echo(f"sertain: not in the baseline: {failure.error}", err=True)
    return pools.get("voice", Pool()), failures


def _pooled(
    model: Model,
    planned: Sequence[Recording | Failure],
    groups: Sequence[str | None],
    max_duration_s: float | None,
) -> tuple[dict[str, Pool], list[Failure]]:
    from sertain.batch import pooled  # noqa: PLC0415
    from sertain.cli.bar import Bar  # noqa: PLC0415

    with Bar(in_bytes=False) as bar:
        return pooled(model, planned, groups, max_duration_s=max_duration_s, meter=bar)


def _wanted(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> Wanted | None:
    if not values:
        return None
    alone = [value for value in values if _is_alone(value)]
    if alone and len(values) > 1:
        raise click.BadParameter(f"{alone[0]} stands alone, give --baseline once", ctx, param)
    (first, *_) = values
    if first == _BATCH:
        return Wanted("batch")
    if first == _SELF:
        return Wanted("self")
    if first.startswith(_SPEAKER):
        if not (column := first.removeprefix(_SPEAKER).strip()):
            raise click.BadParameter("speaker= lacks the name of a table's column", ctx, param)
        return Wanted("speaker", (column,))
    if first.lower().endswith(".json"):
        return Wanted("kept", (first,))
    for value in values:
        if not Path(value).exists() and not _PATTERN_SIGNS & set(value):
            raise click.BadParameter(
                f"there is no file or folder '{value}'; "
                f"name recordings, or write batch, self or speaker=COLUMN",
                ctx,
                param,
            )
    return Wanted("recordings", tuple(values))


def _is_alone(value: str) -> bool:
    return value in {_BATCH, _SELF} or value.startswith(_SPEAKER) or value.lower().endswith(".json")


def _models(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    from sertain.bundle import installed  # noqa: PLC0415

    return [CompletionItem(incomplete, type="dir"), *_starting(installed(), incomplete)]


def _baselines(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    words = (_BATCH, _SELF, _SPEAKER)
    return [CompletionItem(incomplete, type="file"), *_starting(words, incomplete)]


def _starting(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    # After the type of file: a shell falls back to files where no word fits.
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]
