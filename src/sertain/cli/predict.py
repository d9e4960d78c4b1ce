"""``sertain predict``: recordings in, answers out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TextIO

import click

from sertain import formats
from sertain.cli.choosing import Wanted, acquainted, baseline_option, model_option, planned_for
from sertain.cli.duration import max_duration_option
from sertain.cli.output import refuse_overwriting

if TYPE_CHECKING:
    from sertain.predict import Failure, Outcome

_MANY: Final = 8


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
@model_option
@baseline_option
@max_duration_option
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
    wanted: Wanted | None,
    one_sided: bool,
    max_duration: float | None,
    pictures: Path | None,
) -> None:
    """Name the emotion in recordings, and how sure that is.

    FILE is a recording of any usual format, a folder, a pattern in quotes, or - for standard
    input. An answer is a calibrated probability; one below the model's threshold is called
    uncertain, and a recording without speech is answered "no speech". Each recording is answered
    by itself, unless --baseline asks for the voice to be known first.

    \b
    sertain predict interview.wav
    sertain predict calls/ --format csv -o calls.csv
    sertain predict 'takes/*.flac' --format jsonl
    sertain predict take.wav --pictures pictures/
    sertain predict take.wav --model fast
    sertain predict new.wav --baseline anna/
    sertain predict calls/ --baseline batch
    sertain predict calls.csv --baseline speaker=agent
    sertain predict interview.wav --baseline self
    ffmpeg -i film.mkv -f wav - | sertain predict -

    Exit code: 0 when every recording was answered, 1 when any failed.
    """
    from sertain.batch import answers  # noqa: PLC0415
    from sertain.cli.pictures import Pictured, kept  # noqa: PLC0415
    from sertain.predict import Failure, load  # noqa: PLC0415

    if output is not None:
        format_name = format_name or formats.for_suffix(output.suffix)
        refuse_overwriting(output, files)
    model = load(model_name)
    failures: list[Failure] = []

    def watched(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        for outcome in outcomes:
            if isinstance(outcome, Failure):
                failures.append(outcome)
            yield outcome

    with ExitStack() as until:
        stdin: BinaryIO = sys.stdin.buffer
        heard_again = pictures is not None or (wanted is not None and wanted.hears_twice)
        if heard_again and "-" in files:
            stdin = kept(stdin, until)
        planned, groups = planned_for(wanted, files, stdin)
        model, choose = acquainted(
            model, wanted, planned, groups, max_duration_s=max_duration, one_sided=one_sided
        )
        outcomes = answers(model, planned, max_duration_s=max_duration, choose=choose)
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


def _opened(output: Path | None) -> AbstractContextManager[TextIO]:
    if output is None:
        return nullcontext(sys.stdout)
    return output.open("w", encoding="utf-8", newline="", errors="backslashreplace")
