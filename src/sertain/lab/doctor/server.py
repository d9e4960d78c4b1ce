"""A page to listen and decide, served on this computer alone.

Sound is decoded as it is asked for, so that every format and every part of a file can be played and
nothing is copied.  A decision is on disk before the page says so.
"""

from __future__ import annotations

import io
import json
import secrets
import wave
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np

from sertain.corpora import decisions
from sertain.corpora.clip import Clip
from sertain.corpora.decisions import Decision
from sertain.errors import SertainError
from sertain.lab.doctor import page
from sertain.lab.doctor.diagnosis import Diagnosis
from sertain.lab.explore.listening import RATE, heard
from sertain.labels import Emotion
from sertain.pictures.canvas import Canvas
from sertain.pictures.spectra import coloured, decibels, power_spectrogram

HOST: Final = "127.0.0.1"
FILE: Final = "decisions.csv"

_LARGEST_REQUEST: Final = 1_000_000
_PICTURE: Final = (360, 96)
"""Pixels of a small spectrogram."""


class Desk:
    """The decisions as they are made; every one is written at once.

    Parameters
    ----------
    found: what there is to decide about.
    path: of the table; decisions that it holds already stay.
    who: stands beside every new decision.
    labels: by key the label that each clip was published with, where other decisions have changed
        it since; a decision speaks of that.
    """

    def __init__(
        self,
        found: Diagnosis,
        path: Path,
        who: str,
        labels: Mapping[str, Emotion] = MappingProxyType({}),
    ) -> None:
        self.found = found
        self._labels = {clip.key: clip.emotion for clip in found.clips} | dict(labels)
        self._path = path
        self._who = who
        self._lock = Lock()
        self._rows = dict(decisions.read(path).rows) if path.is_file() else {}

    @property
    def rows(self) -> dict[str, Decision]:
        """The decisions by clip key."""
        with self._lock:
            return dict(self._rows)

    def decide(self, keys: list[str], choice: str, new_label: str | None) -> None:
        """Decide about clips alike; the choice ``""`` takes a decision back.

        Raises
        ------
        ValueError: a clip is not known, or the decision is none.
        """
        if not keys or any(key not in self._labels for key in keys):
            raise ValueError("a clip is not known")
        when = datetime.now(UTC).isoformat(timespec="seconds")
        with self._lock:
            rows = dict(self._rows)
            for key in keys:
                rows.pop(key, None)
                if choice:
                    rows[key] = self._decision(key, choice, new_label, when)
            decisions.write(self._path, rows.values())
            self._rows = rows

    def _decision(self, key: str, choice: str, new_label: str | None, when: str) -> Decision:
        label = self._labels[key]
        match choice:
            case "keep" | "drop":
                return Decision(key, choice, label, None, self._who, when)
            case "change" if new_label:
                if label == new_label:  # back to what was published
                    return Decision(key, "keep", label, None, self._who, when)
                return Decision(key, choice, label, Emotion(new_label), self._who, when)
        raise ValueError("this is no decision")


@contextmanager
def running(desk: Desk, *, port: int = 0) -> Iterator[str]:
    """Serve the page in threads of this process; gives its address, which nobody can guess.

    Raises
    ------
    SertainError: the port is taken.
    """
    token = secrets.token_urlsafe(16)
    try:
        server = ThreadingHTTPServer((HOST, port), partial(_Answers, desk, token))
    except OSError as error:
        raise SertainError(
            f"port {port} cannot be used ({(error.strerror or 'taken').lower()})",
            "name another one with --port, or 0 for a free one",
        ) from error
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, name="sertain-doctor", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/{token}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Answers(BaseHTTPRequestHandler):
    """Gives the page, a clip's sound, its picture; takes decisions."""

    def __init__(self, desk: Desk, token: str, *connection: Any) -> None:
        self._desk = desk
        self._token = token
        self._port = connection[-1].server_port
        super().__init__(*connection)

    def do_GET(self) -> None:
        """Answer what is asked for below the token."""
        what, _, rest = self._asked().partition("/")
        clips = self._desk.found.clips
        number = int(rest) if rest.isdecimal() and int(rest) < len(clips) else None
        if what == "" and self._is_allowed():
            self._send(page.html(self._desk.found, self._desk.rows).encode(), "text/html")
        elif what in {"sound", "picture"} and number is not None and self._is_allowed():
            give: Callable[[Clip], bytes] = wav if what == "sound" else spectrogram
            try:
                content = give(clips[number])
            except SertainError as error:
                self._refuse(HTTPStatus.NOT_FOUND, str(error))
                return
            self._send(content, "audio/wav" if what == "sound" else "image/png")
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such page")

    def do_POST(self) -> None:
        """Take a decision: ``{"clips": […], "decision": "change", "new_label": "sad"}``."""
        length = self.headers.get("Content-Length", "")
        size = int(length) if length.isdecimal() else 0
        body = self.rfile.read(min(size, _LARGEST_REQUEST))
        if self._asked() != "decide" or not self._is_allowed():
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such page")
            return
        try:
            asked = json.loads(body)
            self._desk.decide(list(asked["clips"]), asked["decision"], asked.get("new_label"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._refuse(HTTPStatus.BAD_REQUEST, f"no decision was taken ({error})")
        except OSError as error:
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, f"not written: {error.strerror}")
        else:
            self._send(b"{}", "application/json")

    def log_message(self, *said: object) -> None:
        """Keep the terminal quiet."""

    def _asked(self) -> str:
        return urlsplit(self.path).path.removeprefix(f"/{self._token}/")

    def _is_allowed(self) -> bool:
        """Whether this page asks: it knows the token, and no other name leads here."""
        own = f"{HOST}:{self._port}"
        return (
            self.path.startswith(f"/{self._token}/")
            and self.headers.get("Host") == own
            and self.headers.get("Origin") in (None, f"http://{own}")
        )

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._send(why.encode(), "text/plain", status)

    def _send(self, content: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        text = "" if kind.startswith(("audio", "image")) else "; charset=utf-8"
        self.send_header("Content-Type", kind + text)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(content)


def wav(clip: Clip) -> bytes:
    """Give a clip's sound as WAV, 16 bits at 16 kHz, quiet ones as loud as the format allows."""
    samples = heard(clip)
    peak = max(float(np.abs(samples).max(initial=0.0)), 1e-3)
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * (32_000 / peak)).clip(-32_768, 32_767).astype("<i2").tobytes())
    return content.getvalue()


def spectrogram(clip: Clip) -> bytes:
    """Give a small picture of a clip as PNG: 0 to 8 kHz upward, the whole clip across."""
    width, height = _PICTURE
    levels = decibels(power_spectrogram(heard(clip)))[:-1]
    down = np.linspace(0, levels.shape[0], height + 1).astype(int)[:-1]
    rows = np.maximum.reduceat(levels, down, axis=0)
    across = np.linspace(0, levels.shape[1] - 1, width).round().astype(int)
    paper = Canvas(width, height)
    paper.image(0, 0, coloured(rows[::-1, across]))
    return paper.png(Title=clip.key)
