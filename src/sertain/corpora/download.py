"""Fetching a corpus from its publisher: resumes, checks, unpacks."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sertain.corpora.corpus import Corpus
from sertain.corpora.meter import Meter, Silence
from sertain.corpora.sources import Remote
from sertain.corpora.unpack import unpack
from sertain.errors import CorpusError

_HEADERS = {"User-Agent": "sertain"}
_TIMEOUT_S = 30.0
_TRIES = 3
_BLOCK = 1 << 18
_WORKERS = 8
_RECORD = ".sertain-download.json"
_ALL_SENT = 416  # Range Not Satisfiable: what lies here is already the whole file


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What a download did.

    Attributes
    ----------
    folder: where the corpus lies now.
    fetched, kept: number of files fetched now, and of those that lay there already.
    unchecked: names of files whose publisher gives no checksum.
    clips, published: clips found by name, and published.
    """

    folder: Path
    fetched: int
    kept: int
    unchecked: tuple[str, ...]
    clips: int
    published: int


def download(corpus: Corpus, folder: Path, meter: Meter | None = None) -> Downloaded:
    """Fetch a corpus into ``folder``; what lies there already and is right is left alone.

    A break keeps what was fetched; the same call goes on from there, in the middle of a file
    where the server can.

    Raises
    ------
    CorpusError: the corpus has to be asked for, the network or the server fails, a checksum
        differs from the published one, or the archive cannot be unpacked.
    """
    if not corpus.sources:
        raise CorpusError(f"{corpus.name} cannot be fetched by a program", corpus.how_to_get)
    meter = meter or Silence()
    folder.mkdir(parents=True, exist_ok=True)
    remotes = [remote for source in corpus.sources for remote in source.remotes(read)]
    archives = [remote for remote in remotes if remote.unpack is not None]
    files = [remote for remote in remotes if remote.unpack is None]
    done = sum(_fetch_archive(remote, folder, meter) for remote in archives)
    done += _fetch_files(corpus, files, folder, meter)
    return Downloaded(
        folder=folder,
        fetched=done,
        kept=len(remotes) - done,
        unchecked=tuple(remote.path for remote in remotes if remote.checksum is None),
        clips=len(corpus.scan(folder).clips),
        published=corpus.published.clips,
    )


def read(url: str) -> bytes:
    """The body at a URL, for listings; raises :class:`CorpusError`."""
    try:
        with urllib.request.urlopen(_request(url), timeout=_TIMEOUT_S) as answer:
            body: bytes = answer.read()
            return body
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(url, error) from error


def fetch(remote: Remote, folder: Path, meter: Meter) -> bool:
    """Fetch one file; ``False`` when it lay there already and its checksum is right."""
    target = folder.joinpath(*remote.path.split("/"))
    if not target.resolve().is_relative_to(folder.resolve()):
        raise CorpusError(f"the publisher's listing names '{remote.path}', which leads elsewhere")
    if target.is_file() and _is_right(target, remote):
        meter.advance(target.stat().st_size)
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    for last in (False,) * (_TRIES - 1) + (True,):
        try:
            _receive(remote, part, meter)
            break
        except urllib.error.HTTPError as error:
            raise _unreachable(remote.url, error) from error
        except (OSError, http.client.HTTPException) as error:
            if last:
                raise _unreachable(remote.url, error) from error
    if not _is_right(part, remote):
        fact = _difference(part, remote)
        part.unlink()  # going on from wrong bytes would never become right
        raise CorpusError(fact, "it was removed; download again")
    part.replace(target)
    return True


def _fetch_archive(remote: Remote, folder: Path, meter: Meter) -> bool:
    record = _record(folder)
    published = remote.checksum.hex if remote.checksum else ""
    if record.get(remote.path) == published:
        return False
    meter.start(f"fetching {remote.path}", remote.size)
    fetch(remote, folder, meter)
    archive = folder / remote.path
    unpack(archive, folder / (remote.unpack or ""), meter)
    record[remote.path] = published
    _write_record(folder, record)
    archive.unlink()
    return True


def _fetch_files(corpus: Corpus, remotes: list[Remote], folder: Path, meter: Meter) -> int:
    if not remotes:
        return 0
    meter.start(f"fetching {len(remotes):,} files of {corpus.name}", len(remotes))

    def one(remote: Remote) -> bool:
        fetched = fetch(remote, folder, Silence())
        meter.advance(1)
        return fetched

    # Thousands of small files: the time goes into waiting for the server.
    with ThreadPoolExecutor(_WORKERS) as pool:
        waiting = [pool.submit(one, remote) for remote in remotes]
        try:
            return sum(each.result() for each in waiting)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _receive(remote: Remote, part: Path, meter: Meter) -> None:
    start = part.stat().st_size if part.exists() else 0
    if remote.size is not None and start > remote.size:
        start = 0
    if remote.size is not None and start == remote.size:
        return
    headers = {"Range": f"bytes={start}-"} if start else {}
    try:
        answer = urllib.request.urlopen(_request(remote.url, headers), timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code == _ALL_SENT and start:
            return
        raise
    with answer:
        goes_on = answer.status == http.client.PARTIAL_CONTENT
        if start and goes_on:
            meter.advance(start)
        expected = answer.headers.get("Content-Length")
        received = 0
        with part.open("ab" if goes_on else "wb") as sink:
            try:
                while block := answer.read(_BLOCK):
                    sink.write(block)
                    received += len(block)
                    meter.advance(len(block))
                if expected is not None and received < int(expected):
                    raise http.client.IncompleteRead(b"", int(expected) - received)
            except (OSError, http.client.HTTPException):
                # The next try counts what lies here again.
                meter.advance(-received - (start if goes_on else 0))
                raise


def _is_right(path: Path, remote: Remote) -> bool:
    if remote.checksum is not None:
        return remote.checksum.of(path) == remote.checksum.hex
    return remote.size is None or path.stat().st_size == remote.size


def _difference(path: Path, remote: Remote) -> str:
    if remote.checksum is None:
        return f"{remote.path} has {path.stat().st_size} bytes, {remote.size} were published"
    return (
        f"{remote.path} has the {remote.checksum.kind} checksum {remote.checksum.of(path)}, "
        f"{remote.checksum.hex} was published"
    )


def _request(url: str, headers: dict[str, str] | None = None) -> urllib.request.Request:
    return urllib.request.Request(url, headers=_HEADERS | (headers or {}))


def _unreachable(url: str, error: Exception) -> CorpusError:
    host = urlsplit(url).netloc
    if isinstance(error, urllib.error.HTTPError):
        return CorpusError(
            f"{host} answers {error.code} ({error.reason}) to {url}",
            "try again later, or fetch the corpus by hand",
        )
    if isinstance(error, http.client.IncompleteRead):
        return CorpusError(
            f"{host} cut the connection {_TRIES} times, at last {error.expected:,} bytes early",
            "run the same command again: it goes on from there",
        )
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return CorpusError(
        f"{host} cannot be reached ({reason})",
        "check the network and run the same command again: what was fetched is kept",
    )


def _record(folder: Path) -> dict[str, str]:
    try:
        known = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write_record(folder: Path, record: dict[str, str]) -> None:
    part = folder / f"{_RECORD}.part"
    part.write_text(json.dumps(record, indent=2), encoding="utf-8")
    part.replace(folder / _RECORD)
