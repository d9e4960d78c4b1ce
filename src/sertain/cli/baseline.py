"""``sertain baseline``: what a voice is like, made once and kept in a file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sertain.cli.choosing import known, model_option, one_sided_option
from sertain.cli.duration import max_duration_option
from sertain.cli.output import refuse_overwriting


@click.group()
def baseline() -> None:
    """Get to know a voice by unlabelled recordings, and keep that for `predict --baseline`.

    A baseline belongs to the model that made it. It holds averages of the voice, no sound.

    \b
    sertain baseline make anna/ -o anna.json
    sertain baseline show anna.json
    sertain predict new.wav --baseline anna.json
    """


@baseline.command(short_help="Make one from recordings.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="REF.json",
    help="The file to write.",
)
@model_option
@one_sided_option
@max_duration_option
@click.pass_context
def make(
    ctx: click.Context,
    *,
    files: tuple[str, ...],
    output: Path,
    model_name: str,
    one_sided: bool,
    max_duration: float | None,
) -> None:
    """Make a baseline from recordings of one speaker, one microphone or one project.

    FILE is a recording, a folder, or a pattern in quotes. No labels are needed. Take a minute or
    more, in every mood there is: what all of it has in common is taken for the voice.

    \b
    sertain baseline make anna/ -o anna.json
    sertain baseline make 'calls/2024-*.wav' -o line7.json --model my-bundle/

    Exit code: 0 when every recording was heard, 1 when any could not be, or there was too little
    or nothing but one emotion.
    """
    from sertain.predict import load  # noqa: PLC0415
    from sertain.predict.baseline import takes  # noqa: PLC0415

    if output.suffix.lower() != ".json":
        raise click.UsageError(f"--output: {output} does not end in .json, which a baseline does")
    refuse_overwriting(output, files)
    model = load(model_name)
    takes(model.bundle)
    pool, failures = known(model, files, max_duration_s=max_duration)
    made = pool.baseline(model.bundle, output.stem, one_sided=one_sided)
    output.write_text(made.to_json(), encoding="utf-8")
    said = made.named(str(output)).known
    click.echo(f"{said} ({said.recordings} recordings, {made.model})")
    for caution in said.cautions():
        click.echo(f"sertain: {caution}", err=True)
    if failures:
        ctx.exit(1)


@baseline.command(short_help="Say what one was made of.")
@click.argument("file", metavar="REF.json", type=click.Path(path_type=Path))
@click.option(
    "-f",
    "--format",
    "format_name",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to write it.",
)
def show(file: Path, format_name: str) -> None:
    """Say what a baseline was made of: model, seconds, recordings, mix of emotions.

    \b
    sertain baseline show anna.json
    sertain baseline show anna.json --format json
    """
    from sertain.predict import Baseline  # noqa: PLC0415
    from sertain.predict.baseline import mixed  # noqa: PLC0415

    found = Baseline.load(file)
    known_ = found.known
    if format_name == "json":
        plain = known_.to_dict() | {
            "model": found.model,
            "sha256": found.sha256,
            "rows": found.rows,
            "warnings": list(known_.cautions()),
        }
        click.echo(json.dumps(plain, indent=2, ensure_ascii=False))
        return
    lines = {
        "baseline": known_.name,
        "made by": f"{found.model} ({found.sha256[:8]})",
        "speech": f"{known_.seconds:.1f} s in {known_.recordings} recordings",
        "sounds": mixed(known_.mix, named=len(known_.mix)),
    }
    for key, value in lines.items():
        click.echo(f"{key:<9} {value}")
    for caution in known_.cautions():
        click.echo(f"{'warning':<9} {caution}")
