"""Where corpora are published, and the checksums that their publishers give."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Protocol
from urllib.parse import quote, urlsplit

from sertain.errors import CorpusError

Fetch = Callable[[str], bytes]
"""Gives the body at a URL; raises :class:`CorpusError`."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """A published checksum.

    ``git`` is the id of a Git blob; ``git-lfs`` the id of the blob that points at the file in
    Git LFS. Both are computed from the file's content, so that a repository's listing is
    enough to check every file in it.
    """

    kind: Literal["md5", "git", "git-lfs"]
    hex: str

    def of(self, path: Path) -> str:
        """The same checksum of a file on disk."""
        size = path.stat().st_size
        if self.kind == "md5":
            return _digest(hashlib.md5(usedforsecurity=False), path)
        if self.kind == "git":
            return _digest(hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False), path)
        pointer = (
            "version https://git-lfs.github.com/spec/v1\n"
            f"oid sha256:{_digest(hashlib.sha256(), path)}\nsize {size}\n"
        ).encode()
        blob = b"blob %d\0" % len(pointer) + pointer
        return hashlib.sha1(blob, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Remote:
    """One file to fetch.

    Attributes
    ----------
    url: where.
    path: where it goes, relative to the corpus' folder, with ``/``.
    checksum: the published one, or ``None``.
    size: bytes, or ``None`` where not published.
    unpack: folder relative to the corpus' own that the archive is unpacked into; ``None``: the
        file is kept as it is.
    """

    url: str
    path: str
    checksum: Checksum | None = None
    size: int | None = None
    unpack: str | None = None


class Source(Protocol):
    """A place that names the files of a corpus."""

    def remotes(self, fetch: Fetch) -> list[Remote]:
        """The files to fetch; a listing on the network is read with ``fetch``."""
        ...


@dataclass(frozen=True, slots=True)
class Archive:
    """One ZIP file, unpacked into the folder ``into``."""

    url: str
    into: str = ""
    md5: str | None = None
    size: int | None = None

    def remotes(self, fetch: Fetch) -> list[Remote]:  # noqa: ARG002 - nothing to list
        """The archive itself."""
        name = PurePosixPath(urlsplit(self.url).path).name
        checksum = Checksum("md5", self.md5) if self.md5 else None
        return [Remote(self.url, name, checksum, self.size, unpack=self.into)]


@dataclass(frozen=True, slots=True)
class Dataverse:
    """A data set in a Dataverse repository, which publishes an MD5 of every file."""

    server: str
    doi: str

    def remotes(self, fetch: Fetch) -> list[Remote]:
        """The sound files of the latest version."""
        url = f"{self.server}/api/datasets/:persistentId/?persistentId=doi:{self.doi}"
        try:
            files = json.loads(fetch(url))["data"]["latestVersion"]["files"]
            return [
                self._remote(entry["dataFile"], entry.get("directoryLabel", ""))
                for entry in files
                if entry["dataFile"]["filename"].lower().endswith(".wav")
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise _unexpected(url) from error

    def _remote(self, file: dict[str, Any], folder: str) -> Remote:
        return Remote(
            url=f"{self.server}/api/access/datafile/{file['id']}",
            path=str(PurePosixPath(folder, file["filename"])),
            checksum=Checksum("md5", file["md5"]) if file.get("md5") else None,
            size=file.get("filesize"),
        )


@dataclass(frozen=True, slots=True)
class GitTree:
    """A folder of a Git repository, listed by GitHub's interface with the id of every blob.

    Attributes
    ----------
    listing: URL of the tree.
    files: URL that the paths of the tree are appended to.
    suffixes: which files are wanted.
    into: folder under the corpus' own.
    lfs: the blobs are pointers into Git LFS; ``files`` answers with what they point at.
    """

    listing: str
    files: str
    suffixes: tuple[str, ...]
    into: str = ""
    lfs: bool = False

    def remotes(self, fetch: Fetch) -> list[Remote]:
        """The files of the tree."""
        try:
            answer = json.loads(fetch(self.listing))
            if answer.get("truncated"):
                raise CorpusError(f"the listing at {self.listing} is cut short by its server")
            return [
                Remote(
                    url=f"{self.files}/{quote(entry['path'])}",
                    path=str(PurePosixPath(self.into, entry["path"])),
                    checksum=Checksum("git-lfs" if self.lfs else "git", entry["sha"]),
                    size=None if self.lfs else entry.get("size"),
                )
                for entry in answer["tree"]
                if entry["type"] == "blob" and entry["path"].endswith(self.suffixes)
            ]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _unexpected(self.listing) from error


def _digest(hasher: Any, path: Path) -> str:
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            hasher.update(block)
    digest: str = hasher.hexdigest()
    return digest


def _unexpected(url: str) -> CorpusError:
    return CorpusError(
        f"the answer of {url} is not the listing that was expected",
        "the publisher may have changed its interface; fetch the corpus by hand",
    )
