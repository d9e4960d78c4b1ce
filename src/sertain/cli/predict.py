"""``sertain predict``: recordings in, answers out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TextIO

import click

from sertain import formats

if TYPE_CHECKING:
    from sertain.predict import Failure, Outcome

_MANY: Final = 8
_HOUR_S: Final = 3600.0


class _Duration(click.ParamType[float | None]):
    """Hours, minutes, seconds: ``90``, ``90s``, ``15m``, ``6h`` or ``none``."""

    name = "TIME"
    _UNITS: Final = {"s": 1.0, "m": 60.0, "h": _HOUR_S}

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        text = str(value).strip().lower()
        if text == "none":
            return None
        unit = self._UNITS.get(text[-1:])
        try:
            seconds = float(text[:-1] if unit else text) * (unit or 1.0)
        except ValueError:
            seconds = -1.0
        if not seconds > 0:
            self.fail(f"{value!r} is no time; write 90, 90s, 15m, 6h or none", param, ctx)
        return seconds


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "-f",
    "--format",
    "format_name",
    type=click.Choice(formats.names()),
    help="How to write the answers; by default by the suffix of --output, else a table.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file instead of standard output.",
)
@click.option(
    "-m",
    "--model",
    "model_name",
    metavar="NAME|FOLDER",
    default="default",
    show_default=True,
    help="An embedded model (see `sertain models`) or a bundle's folder.",
)
@click.option(
    "--max-duration",
    type=_Duration(),
    default="6h",
    show_default=True,
    help="Refuse recordings longer than this: 90, 90s, 15m, 6h, none.",
)
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Draw waveform, spectrogram and mel filter bank of each recording into this folder.",
)
@click.pass_context
def predict(
    ctx: click.Context,
    *,
    files: tuple[str, ...],
    format_name: str | None,
    output: Path | None,
    model_name: str,
    max_duration: float | None,
    pictures: Path | None,
) -> None:
    """Name the emotion in recordings, and how sure that is.

    FILE is a recording of any usual format, a folder, a pattern in quotes, or - for standard
    input. An answer is a calibrated probability; one below the model's threshold is called
    uncertain, and a recording without speech is answered "no speech".

    \b
    sertain predict interview.wav
    sertain predict calls/ --format csv -o calls.csv
    sertain predict 'takes/*.flac' --format jsonl
    sertain predict take.wav --pictures pictures/
    ffmpeg -i film.mkv -f wav - | sertain predict -

    Exit code: 0 when every recording was answered, 1 when any failed.
    """
    from sertain.batch import answers, plan  # noqa: PLC0415
    from sertain.cli.pictures import Pictured, kept  # noqa: PLC0415
    from sertain.predict import Failure, load  # noqa: PLC0415

    if output is not None:
        format_name = format_name or formats.for_suffix(output.suffix)
        _refuse_overwriting(output, files)
    model = load(model_name)
    failures: list[Failure] = []

    def watched(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        for outcome in outcomes:
            if isinstance(outcome, Failure):
                failures.append(outcome)
            yield outcome

    with ExitStack() as until:
        stdin: BinaryIO = sys.stdin.buffer
        if pictures is not None and "-" in files:
            stdin = kept(stdin, until)
        planned = plan(files, stdin=stdin)
        outcomes = answers(model, planned, max_duration_s=max_duration)
        pictured = None
        if pictures is not None:
            pictured = Pictured(pictures, planned, max_duration_s=max_duration)
            outcomes = pictured(outcomes)
        with _opened(output) as out:
            _write(
                watched(outcomes), out, format_name or "table", labels=model.labels, of=len(planned)
            )
    if pictured is not None:
        for line in pictured.said():
            click.echo(f"sertain: {line}", err=True)
    if failures:
        _say(failures, of=len(planned))
    if failures or (pictured is not None and pictured.undrawn):
        ctx.exit(1)


def _write(
    outcomes: Iterable[Outcome], out: TextIO, name: str, *, labels: Sequence[str], of: int
) -> None:
    # A bar and answers that come one by one would write over each other on one terminal.
    if of >= _MANY and sys.stderr.isatty() and (name == "table" or not out.isatty()):
        from sertain.cli.progress import shown  # noqa: PLC0415

        outcomes = shown(outcomes, total=of)
    if name == "table" and of == 1:
        outcomes = list(outcomes)
        if not any(hasattr(outcome, "label") for outcome in outcomes):
            return  # the one line on standard error says it all
    formats.get(name).write(outcomes, out, labels=labels)


def _say(failures: Sequence[Failure], *, of: int) -> None:
    if of == 1:
        click.echo(f"sertain: {failures[0].error}", err=True)
    else:
        click.echo(f"sertain: {len(failures)} of {of} recordings failed", err=True)


def _refuse_overwriting(output: Path, files: Sequence[str]) -> None:
    """The answers must not replace a recording: ``-o take.wav`` is a slip of the keyboard."""
    if not output.parent.is_dir():
        raise click.UsageError(f"--output: there is no folder {output.parent}; make it first")
    if any(Path(file).is_file() and output.exists() and output.samefile(file) for file in files):
        raise click.UsageError(f"--output: {output} is one of the recordings; name another file")


def _opened(output: Path | None) -> AbstractContextManager[TextIO]:
    if output is None:
        return nullcontext(sys.stdout)
    return output.open("w", encoding="utf-8", newline="", errors="backslashreplace")
