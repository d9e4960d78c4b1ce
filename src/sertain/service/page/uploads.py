"""Where uploads lie while they are heard, and how they are gone afterwards, whatever happens.

Three things delete: the answer, when the last person who sent the same bytes has it; the end of
the process, by itself when it ends and by a second small process when it is killed; and the next
start, for what a power cut left.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import parse_qs

from sertain.errors import AudioError

_PREFIX: Final = "sertain-page-"
_LOCK: Final = "lock"
_YOUNG_S: Final = 60.0
"""A folder without a lock may be one that another page is just making."""

# Waits for the end of its input, which comes when the page is gone, however it went.
_AFTERWARDS: Final = (
    "import shutil, signal, sys\n"
    "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    "sys.stdin.buffer.read()\n"
    "shutil.rmtree(sys.argv[1], ignore_errors=True)\n"
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder that only this user can read and that does not outlive this process."""
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = _locked(folder)
    afterwards = subprocess.Popen(
        [sys.executable, "-S", "-E", "-c", _AFTERWARDS, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # A terminal that is closed, or a kill of the whole group, must not take it along.
        start_new_session=True,
    )
    assert afterwards.stdin is not None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()
        afterwards.stdin.close()
        afterwards.wait()


def sweep() -> None:
    """Delete the folders of pages that no longer run."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # Another user's folder cannot be looked into, and another page may be quicker.
        with contextlib.suppress(OSError):
            if not _alive(folder):
                shutil.rmtree(folder)


def _locked(folder: Path) -> IO[bytes]:
    """Hold the folder's lock for as long as the returned file is open."""
    opened = (folder / f"{_LOCK}.new").open("wb")
    _lock(opened)
    # Whoever finds a lock must find it held.
    with contextlib.suppress(OSError):  # Windows renames no open file
        (folder / f"{_LOCK}.new").rename(folder / _LOCK)
    return opened


def _alive(folder: Path) -> bool:
    lock = folder / _LOCK
    if not lock.exists():
        return time.time() - folder.stat().st_mtime < _YOUNG_S
    with lock.open("rb") as opened:
        try:
            _lock(opened)
        except OSError:
            return True
    return False


def _lock(opened: IO[bytes]) -> None:
    """Lock an open file for this process; raises :class:`OSError` where another one holds it."""
    if sys.platform == "win32":
        return  # there a folder with an open file cannot be deleted in the first place
    import fcntl  # noqa: PLC0415

    fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Uploads:
    """Counts who still waits for an answer to which file; the last answer deletes it.

    Gradio keeps an upload under the digest of its bytes, so two people who send the same
    recording at once share one file, and the first answer must not take it from the second.
    """

    def __init__(self, folder: Path) -> None:
        """``folder``: where the uploads arrive."""
        self._folder = folder
        self._lock = threading.Lock()
        self._waiting: Counter[Path] = Counter()
        self._arriving = 0
        self._later: set[Path] = set()

    @contextmanager
    def heard(self, path: Path) -> Iterator[Path]:
        """The upload while it is heard; afterwards it is deleted.

        Raises
        ------
        AudioError: nobody uploaded such a file, or it was abandoned too long ago.
        """
        with self._lock:
            if not self._waiting[path] or not path.exists():
                del self._waiting[path]
                raise AudioError(f"'{path}' is no longer here", "send it again")
        try:
            yield path
        finally:
            with self._lock:
                self._waiting[path] -= 1
                self._later.add(path)
                self._tidy()

    def begin(self) -> None:
        """Somebody starts to send."""
        with self._lock:
            self._arriving += 1

    def end(self, paths: list[Path]) -> None:
        """Somebody has sent these files, or gave up."""
        with self._lock:
            self._arriving -= 1
            self._waiting.update(paths)
            self._tidy()

    def _tidy(self) -> None:
        """Delete what nobody waits for, unless the same file may be arriving right now."""
        if self._arriving:
            return
        for path in self._later:
            if self._waiting[path] <= 0:
                del self._waiting[path]
                path.unlink(missing_ok=True)
                with contextlib.suppress(OSError):
                    path.parent.rmdir()
        self._later.clear()
        # What a broken-off upload left.
        for file in self._folder.glob("tmp*"):
            file.unlink(missing_ok=True)


class Watch:
    """Tells what arrives and when an answer has gone; stands before the application (ASGI)."""

    def __init__(self, app: App, uploads: Uploads, forget: Callable[[str], None]) -> None:
        """Watch ``app``.

        ``uploads`` learns what arrives; ``forget`` is called with a visitor's session when all
        its answers have gone, or the visitor has.
        """
        self._app = app
        self._uploads = uploads
        self._forget = forget

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = str(scope.get("path", ""))
        if scope["type"] == "http" and scope["method"] == "POST" and path.endswith("/upload"):
            await self._upload(scope, receive, send)
        elif scope["type"] == "http" and path.endswith("/queue/data"):
            try:
                await self._app(scope, receive, send)
            finally:
                for session in parse_qs(scope["query_string"].decode()).get("session_hash", []):
                    self._forget(session)
        else:
            await self._app(scope, receive, send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the answer to an upload: a JSON list of paths."""
        # It has to be readable here.
        scope["headers"] = [each for each in scope["headers"] if each[0] != b"accept-encoding"]
        status, body, counted = 0, b"", False

        async def watched(message: MutableMapping[str, Any]) -> None:
            nonlocal status, body, counted
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    # Before the sender knows the path, so that it cannot ask too early.
                    counted = True
                    self._uploads.end(_paths(status, body))
            await send(message)

        self._uploads.begin()
        try:
            await self._app(scope, receive, watched)
        finally:
            if not counted:
                self._uploads.end([])


def _paths(status: int, body: bytes) -> list[Path]:
    return [Path(path) for path in json.loads(body)] if status == 200 else []
