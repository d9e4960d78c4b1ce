"""The page served on this computer, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from sertain.errors import SertainError
from sertain.predict import Model
from sertain.service.page.layout import build, style, theme
from sertain.service.page.uploads import Uploads, Watch, private_folder

HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 7860
DEFAULT_MAX_MB: Final = 200


def serve(
    models: Mapping[str, Model],
    *,
    port: int = DEFAULT_PORT,
    max_mb: int = DEFAULT_MAX_MB,
    browser: bool = True,
    started: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve the page until this process is interrupted or told to end.

    Parameters
    ----------
    models: by the names that they are chosen by; the first is the default.
    port: on 127.0.0.1; 0 takes a free one.
    max_mb: larger files are refused, in MB of 1,048,576 bytes.
    browser: whether to open the page in the user's browser.
    started: called with the page's address once it answers.

    Raises
    ------
    SertainError: the port is taken.
    """
    ended = threading.Event()
    # A service manager's way to end a program; Ctrl-C is an exception by itself.
    before = signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        with running(models, port=port, max_mb=max_mb) as address:
            started(address)
            if browser:
                webbrowser.open(address)
            while not ended.wait(1.0):
                pass
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def running(
    models: Mapping[str, Model], *, port: int = 0, max_mb: int = DEFAULT_MAX_MB
) -> Iterator[str]:
    """The page at work in threads of this process; gives its address."""
    port = _free(port)
    with private_folder() as folder:
        # Read by Gradio when its parts are made.
        os.environ["GRADIO_TEMP_DIR"] = str(folder)
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        from starlette.middleware import Middleware  # noqa: PLC0415

        uploads = Uploads(folder)
        page = build(models, uploads)
        page.queue(api_open=False)

        def forget(session: str) -> None:
            # Gradio keeps what each visitor saw last, for links that this page does not make.
            with page.state_holder.lock:
                page.state_holder.session_data.pop(session, None)
                page.state_holder.time_last_used.pop(session, None)

        _, address, _ = page.launch(
            server_name=HOST,
            server_port=port,
            share=False,
            inbrowser=False,
            prevent_thread_lock=True,
            quiet=True,
            max_file_size=f"{max_mb}mb",
            footer_links=[],
            run_history=False,
            ssr_mode=False,
            mcp_server=False,
            pwa=False,
            enable_monitoring=False,
            app_kwargs={"middleware": [Middleware(Watch, uploads=uploads, forget=forget)]},
            theme=theme(),
            css=style(),
        )
        try:
            yield address
        finally:
            page.close(verbose=False)


def _free(port: int) -> int:
    """The port itself, or a free one for 0; raises :class:`SertainError` if it is taken."""
    with socket.socket() as tried:
        # As the server will: a port that was just given up may be taken again.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise SertainError(
                f"port {port} cannot be used ({reason.lower()})",
                f"name another one: sertain page --port {_free(0)}",
            ) from error
        return int(tried.getsockname()[1])
