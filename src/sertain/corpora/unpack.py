"""Unpacking an archive that came from the network, without leaving the folder."""

from __future__ import annotations

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from sertain.corpora.meter import Meter
from sertain.errors import CorpusError


def unpack(archive: Path, folder: Path, meter: Meter) -> None:
    """Unpack a ZIP archive into ``folder``.

    Every member is checked before the first is written, and every file is written beside its
    place and then renamed, so that a break leaves no half file under a clip's name.

    Raises
    ------
    CorpusError: the archive is damaged, a member's path leads out of the folder or is a link, or
        the disk has no room for it.
    """
    try:
        with zipfile.ZipFile(archive) as content:
            members = [member for member in content.infolist() if not member.is_dir()]
            targets = [_target(member, archive, folder) for member in members]
            _check_room(sum(member.file_size for member in members), archive, folder)
            meter.start(f"unpacking {archive.name}", len(members))
            for member, target in zip(members, targets, strict=True):
                target.parent.mkdir(parents=True, exist_ok=True)
                part = target.with_name(f"{target.name}.part")
                with content.open(member) as source, part.open("wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
                part.replace(target)
                meter.advance(1)
    except (zipfile.BadZipFile, EOFError) as error:
        raise CorpusError(
            f"{archive} is no intact ZIP archive ({error})", "remove it and download again"
        ) from error
    except OSError as error:
        raise CorpusError(f"{archive.name} cannot be unpacked into {folder}: {error}") from error


def _target(member: zipfile.ZipInfo, archive: Path, folder: Path) -> Path:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    # A colon names a drive or a stream on Windows.
    if path.is_absolute() or ".." in path.parts or ":" in member.filename or is_link:
        raise CorpusError(
            f"{archive.name} holds '{member.filename}', which would be written elsewhere",
            "do not use this archive; fetch the corpus from its publisher",
        )
    target = folder.joinpath(*path.parts)
    # A folder that lies there already may itself be a link to somewhere else.
    if not target.resolve().is_relative_to(folder.resolve()):
        raise CorpusError(
            f"'{member.filename}' of {archive.name} would be written out of {folder} by a link",
            "remove the link",
        )
    return target


def _check_room(needed: int, archive: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise CorpusError(
            f"{archive.name} unpacks to {needed / 1e6:.0f} MB, {free / 1e6:.0f} MB are free",
            f"make room on the disk of {folder}",
        )
