"""Opens whatever holds a recording as a seekable binary file with a name to show."""

from __future__ import annotations

import io
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from sertain.audio.recording import Source
from sertain.errors import AudioError

SPOOL_IN_MEMORY_BYTES = 64 * 2**20
"""A pipe is kept in memory up to this size and in a temporary file beyond it."""

SPOOL_LIMIT_BYTES = 8 * 2**30
"""A pipe that has given this much without an end is taken for one that has none."""

_COPY_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Opened:
    """A recording's bytes, ready to be read from position 0.

    Attributes
    ----------
    name: the name to show in messages.
    file: binary and seekable.
    size: bytes.
    path: where the bytes lie, or ``None`` for bytes and streams.
    """

    name: str
    file: BinaryIO
    size: int
    path: Path | None


@contextmanager
def opened(source: Source) -> Iterator[Opened]:
    """The bytes of ``source``, closed at the end unless the caller opened them.

    Raises
    ------
    AudioError
        Missing file, folder, empty, no permission, a device, a file opened as text.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        yield _checked(Opened("bytes", io.BytesIO(bytes(source)), len(source), None))
    elif isinstance(source, str | os.PathLike):
        with _open_path(Path(source)) as found:
            yield _checked(found)
    elif hasattr(source, "read"):
        with _open_stream(cast(BinaryIO, source)) as found:
            yield _checked(found)
    else:
        raise AudioError(
            f"a recording cannot be read from a {type(source).__name__}",
            "give a path, bytes, an open binary file or an array",
        )


def _checked(found: Opened) -> Opened:
    if found.size == 0:
        raise AudioError(f"'{found.name}' is empty (0 bytes)", "record or copy it again")
    return found


@contextmanager
def _open_path(path: Path) -> Iterator[Opened]:
    name = str(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(f"'{name}' is a folder, not a recording", "name a file in it")
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise AudioError(f"'{name}' is a device or socket, not a recording", "name a file")
        handle = path.open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    with handle:
        if stat.S_ISREG(mode):
            yield Opened(name, handle, path.stat().st_size, path)
        else:
            with _spooled(handle, name) as found:
                yield found


@contextmanager
def _open_stream(stream: BinaryIO) -> Iterator[Opened]:
    given = getattr(stream, "name", None)
    name = given if isinstance(given, str) else "stream"
    if _starts_at_zero(stream):
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        if isinstance(stream.read(0), bytes):
            yield Opened(name, stream, size, None)
            return
    with _spooled(stream, name) as found:
        yield found


def _starts_at_zero(stream: BinaryIO) -> bool:
    try:
        return stream.seekable() and stream.tell() == 0
    except (AttributeError, OSError, ValueError):
        return False


@contextmanager
def _spooled(stream: IO[Any], name: str) -> Iterator[Opened]:
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_IN_MEMORY_BYTES) as copy:
        size = 0
        try:
            while piece := stream.read(_COPY_BYTES):
                if isinstance(piece, str):
                    raise AudioError(f"'{name}' is open as text", "open it in mode 'rb'")
                size += len(piece)
                if size > SPOOL_LIMIT_BYTES:
                    raise AudioError(
                        f"'{name}' has given more than {SPOOL_LIMIT_BYTES // 2**30} GiB"
                        " without an end",
                        "give a file",
                    )
                copy.write(piece)
        except (OSError, ValueError) as error:
            raise _unreadable(name, error) from error
        copy.seek(0)
        yield Opened(name, cast(BinaryIO, copy), size, None)


def _unreadable(name: str, error: OSError | ValueError) -> AudioError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return AudioError(f"'{name}' does not exist", "check the path")
    if isinstance(error, PermissionError):
        return AudioError(f"'{name}' may not be read (permission denied)", "change its rights")
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return AudioError(f"'{name}' cannot be read ({reason})", "check the path and the disk")
