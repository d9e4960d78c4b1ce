"""The root of the command line: subcommands imported when called, errors said in one line."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

import click

from sertain import __version__
from sertain.errors import MissingExtraError, SertainError

INTERRUPTED: Final = 130


class _Command(NamedTuple):
    """A subcommand as the root knows it before its module is imported."""

    help: str
    extra: str | None = None


COMMANDS: Final = {
    "predict": _Command("Name the emotion in recordings, and how sure that is."),
    "baseline": _Command("Get to know a voice, and keep that in a file."),
    "page": _Command("Open a page in the browser: drop a recording, see the emotion.", "page"),
    "models": _Command("List the models at hand, show the card of one."),
    "doctor": _Command("Say what is installed, missing or broken."),
    "corpora": _Command("List, download, verify and count the corpora.", "train"),
    "explore": _Command("Look at corpora: counts, sounds, augmentation, features.", "train"),
    "train": _Command("Train a model by a recipe.", "train"),
    "evaluate": _Command("Measure a recipe by a protocol on unseen speakers.", "train"),
    "reproduce": _Command("Make the table of the published reports again.", "train"),
    "report": _Command("Draw the curves and figures of a run again.", "train"),
    "adapt": _Command("Make a model your own from some hundred labelled clips.", "adapt"),
    "export": _Command("Turn a trained run into a bundle for predict.", "train"),
}


class _Root(click.Group):
    """A group whose subcommands are known by name and imported only when one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        # click says so only after the import, which may lack a module.
        ctx.invoked_subcommand = cmd_name
        command = getattr(importlib.import_module(f"sertain.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        # click's own would import every subcommand to ask for its help.
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            module = (error.name or "").partition(".")[0]
            if ctx.invoked_subcommand is None or module in {"", "sertain"}:
                raise
            raise _missing(ctx.invoked_subcommand, module) from error


def _missing(command: str, module: str) -> SertainError:
    extra = COMMANDS[command].extra
    if extra is not None:
        return MissingExtraError(f"sertain {command}", extra, module)
    return SertainError(
        f"the module '{module}' is not installed, which every command needs",
        "run: pip install --upgrade --force-reinstall sertain",
    )


@click.group(cls=_Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sertain")
def cli() -> None:
    """Hears the emotion in speech and knows how sure it is.

    \b
    sertain predict recording.wav
    sertain predict folder/ --format csv -o answers.csv
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 done, 1 an error said in one line on standard error, 2 wrong usage, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        # A file name that is no text, or a narrow terminal, must not end the answers.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(arguments, prog_name="sertain", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("sertain: interrupted", err=True)
        return INTERRUPTED
    except SertainError as error:
        click.echo(f"sertain: {error}", err=True)
        return 1
    return _flushed(code if isinstance(code, int) else 0)


def _flushed(code: int) -> int:
    """Bring the last answers out; a reader that left (``| head``) is no error worth words."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
