"""Uploads are gone after the last answer, at the end, after a kill and at the next start."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from sertain.errors import AudioError
from sertain.service.page.uploads import Uploads, Watch, private_folder, sweep

HOLD = (
    "import signal, sys, time\n"
    # Tests that run under nohup would hand on that hanging up is ignored.
    "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
    "from sertain.service.page.uploads import private_folder\n"
    "with private_folder() as folder:\n"
    "    (folder / 'upload.wav').write_bytes(b'voice')\n"
    "    print(folder, flush=True)\n"
    "    time.sleep(60)\n"
)


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def arrive(uploads: Uploads, *paths: Path) -> None:
    uploads.begin()
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"voice")
    uploads.end(list(paths))


def gone(path: Path, within_s: float = 30.0) -> bool:
    until = time.monotonic() + within_s
    while path.exists() and time.monotonic() < until:
        time.sleep(0.05)
    return not path.exists()


def test_an_upload_is_deleted_when_it_is_answered(tmp_path: Path) -> None:
    uploads, path = Uploads(tmp_path), tmp_path / "digest" / "a.wav"
    arrive(uploads, path)
    with uploads.heard(path) as there:
        assert there.read_bytes() == b"voice"
    assert not path.parent.exists()


def test_two_people_with_the_same_recording_both_get_their_answer(tmp_path: Path) -> None:
    uploads, path = Uploads(tmp_path), tmp_path / "digest" / "a.wav"
    arrive(uploads, path)
    arrive(uploads, path)
    with uploads.heard(path):
        pass
    with uploads.heard(path) as still:
        assert still.exists()
    assert not path.exists()


def test_nothing_is_deleted_while_something_arrives_and_all_of_it_after(tmp_path: Path) -> None:
    uploads, path = Uploads(tmp_path), tmp_path / "digest" / "a.wav"
    arrive(uploads, path)
    uploads.begin()
    with uploads.heard(path):
        pass
    assert path.exists()
    uploads.end([path])  # the same bytes once more
    with uploads.heard(path):
        pass
    assert not path.exists()


def test_an_upload_is_deleted_when_hearing_it_fails(tmp_path: Path) -> None:
    uploads, path = Uploads(tmp_path), tmp_path / "digest" / "a.wav"
    arrive(uploads, path)
    with pytest.raises(ZeroDivisionError), uploads.heard(path):
        raise ZeroDivisionError
    assert not path.exists()


def test_a_file_that_nobody_uploaded_is_neither_heard_nor_deleted(tmp_path: Path) -> None:
    other = tmp_path / "private.wav"
    other.write_bytes(b"mine")
    gone_line = r"private\.wav' is no longer here; send it again"
    with pytest.raises(AudioError, match=gone_line), Uploads(tmp_path).heard(other):
        pass
    assert other.exists()


def test_an_upload_that_was_abandoned_too_long_ago_is_said_so(tmp_path: Path) -> None:
    uploads, path = Uploads(tmp_path), tmp_path / "digest" / "a.wav"
    arrive(uploads, path)
    path.unlink()
    with pytest.raises(AudioError, match="send it again"), uploads.heard(path):
        pass


def test_what_a_broken_off_upload_left_is_deleted(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    uploads.begin()
    (tmp_path / "tmpabc").write_bytes(b"hal")
    uploads.end([])
    assert not (tmp_path / "tmpabc").exists()


def requested(uploads: Uploads, path: str, status: int, body: bytes) -> list[Any]:
    """Send a POST through the watch to an application that answers so."""
    sent: list[Any] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        if status == 0:
            raise ConnectionError
        await send({"type": "http.response.start", "status": status, "headers": []})
        half = len(body) // 2
        await send({"type": "http.response.body", "body": body[:half], "more_body": True})
        await send({"type": "http.response.body", "body": body[half:]})

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": []}
    asyncio.run(Watch(app, uploads, lambda _: None)(scope, receive, send))
    return sent


@pytest.mark.parametrize("breaks", [False, True])
def test_a_visitors_session_is_forgotten_when_its_answers_have_gone(
    tmp_path: Path, breaks: bool
) -> None:
    order: list[str] = []

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        order.append("answered")
        if breaks:
            raise ConnectionError

    scope = {"type": "http", "method": "GET", "path": "/gradio_api/queue/data",
             "query_string": b"session_hash=abc"}  # fmt: skip
    watch = Watch(app, Uploads(tmp_path), order.append)
    with contextlib.suppress(ConnectionError):
        asyncio.run(watch(scope, None, None))  # type: ignore[arg-type]
    assert order == ["answered", "abc"]


def test_the_watch_learns_the_paths_from_the_answer_to_an_upload(tmp_path: Path) -> None:
    uploads, path = Uploads(tmp_path), tmp_path / "digest" / "a.wav"
    path.parent.mkdir()
    path.write_bytes(b"voice")
    body = json.dumps([str(path)]).encode()
    sent = requested(uploads, "/gradio_api/upload", 200, body)
    assert b"".join(each.get("body", b"") for each in sent) == body
    with uploads.heard(path):
        pass
    assert not path.exists()


@pytest.mark.parametrize("status", [0, 413])
def test_an_upload_that_fails_does_not_hold_up_deleting(tmp_path: Path, status: int) -> None:
    uploads, path = Uploads(tmp_path), tmp_path / "digest" / "a.wav"
    arrive(uploads, path)
    if status:
        requested(uploads, "/gradio_api/upload", status, b"too large")
    else:
        with pytest.raises(ConnectionError):
            requested(uploads, "/gradio_api/upload", status, b"")
    with uploads.heard(path):
        pass
    assert not path.exists()


def test_the_folder_is_private_and_gone_at_the_end() -> None:
    with private_folder() as folder:
        (folder / "digest").mkdir()
        (folder / "digest" / "a.wav").write_bytes(b"voice")
        assert folder.stat().st_mode & 0o077 == 0
        sweep()  # another page that starts meanwhile
        assert folder.exists()
    assert not folder.exists()


def held() -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT, signal.SIGHUP])
def test_uploads_are_deleted_after_a_kill(sent: signal.Signals) -> None:
    process, folder = held()
    with process:
        assert (folder / "upload.wav").exists()
        os.killpg(process.pid, sent)  # as a terminal does, to all that it started
        process.wait(timeout=60)
    assert gone(folder)


def test_the_next_start_deletes_what_a_power_cut_left(tmp_path: Path) -> None:
    left = tmp_path / "sertain-page-left"
    left.mkdir()
    (left / "lock").touch()
    (left / "upload.wav").write_bytes(b"voice")
    unlocked = tmp_path / "sertain-page-without-lock"
    unlocked.mkdir()
    os.utime(unlocked, (1, 1))
    new = tmp_path / "sertain-page-new"
    new.mkdir()
    sweep()
    assert not left.exists()
    assert not unlocked.exists()
    assert new.exists()  # perhaps another page is just making it
