"""``sertain page``: the model for people who never saw a terminal, in their browser."""

from __future__ import annotations

import click

from sertain.service.page import DEFAULT_MAX_MB, DEFAULT_PORT, serve


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Where to listen on 127.0.0.1; 0 takes a free one.",
)
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.option(
    "--max-mb",
    type=click.IntRange(1),
    default=DEFAULT_MAX_MB,
    show_default=True,
    help="Refuse files larger than this.",
)
@click.option(
    "-m",
    "--model",
    "folders",
    metavar="NAME|FOLDER",
    multiple=True,
    help="A model to choose from, several times for several; by default all embedded ones.",
)
def page(*, port: int, no_browser: bool, max_mb: int, folders: tuple[str, ...]) -> None:
    """Open a page to drop or speak a recording, and see the emotion and how sure it is.

    The page runs on this computer alone: it listens on 127.0.0.1, asks no other host, and
    deletes what was uploaded once it is answered. Ctrl-C stops it.

    \b
    sertain page
    sertain page --port 8000 --no-browser
    sertain page -m default -m runs/mine/bundle
    """
    import gradio  # noqa: F401, PLC0415 - a missing extra is said before models are opened

    from sertain.bundle import DEFAULT, installed  # noqa: PLC0415
    from sertain.predict import load  # noqa: PLC0415

    names = folders or tuple(sorted(installed(), key=lambda name: name != DEFAULT)) or (DEFAULT,)
    serve(
        {name: load(name) for name in names},
        port=port,
        max_mb=max_mb,
        browser=not no_browser,
        started=lambda address: click.echo(f"sertain page: {address} (Ctrl-C stops it)"),
    )
    click.echo("sertain page: stopped")
