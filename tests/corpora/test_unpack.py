"""An archive from the network is unpacked without leaving its folder."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from sertain.corpora.meter import Silence
from sertain.corpora.unpack import unpack
from sertain.errors import CorpusError


def archive(folder: Path, *names: str, link: str | None = None) -> Path:
    path = folder / "corpus.zip"
    with zipfile.ZipFile(path, "w") as content:
        for name in names:
            content.writestr(name, name)
        if link is not None:
            member = zipfile.ZipInfo(link)
            member.external_attr = (stat.S_IFLNK | 0o777) << 16
            content.writestr(member, "/etc")
    return path


def test_members_keep_their_folders(tmp_path: Path) -> None:
    unpack(archive(tmp_path, "a/b.wav", "c.wav"), tmp_path / "out", Silence())

    assert sorted(
        path.relative_to(tmp_path / "out").as_posix()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    ) == ["a/b.wav", "c.wav"]


@pytest.mark.parametrize(
    "name", ["../out.wav", "/etc/out.wav", "a/../../out.wav", "..\\out.wav", "C:\\out.wav"]
)
def test_a_path_that_leads_out_is_refused_before_anything_is_written(
    tmp_path: Path, name: str
) -> None:
    path = archive(tmp_path, "good.wav", name)

    with pytest.raises(CorpusError, match="which would be written elsewhere; do not use this"):
        unpack(path, tmp_path / "out", Silence())

    assert [found.name for found in tmp_path.rglob("*.wav")] == []


def test_a_link_in_the_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="holds 'door', which would be written elsewhere"):
        unpack(archive(tmp_path, link="door"), tmp_path / "out", Silence())


def test_a_link_on_the_disk_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "a").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(CorpusError, match=r"would be written out of .* by a link; remove the link"):
        unpack(archive(tmp_path, "a/b.wav"), tmp_path / "out", Silence())


def test_a_damaged_archive_is_said(tmp_path: Path) -> None:
    path = archive(tmp_path, "a.wav", "b.wav")
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(CorpusError, match=r"is no intact ZIP archive .* remove it and download"):
        unpack(path, tmp_path / "out", Silence())


def test_a_damaged_member_is_said_and_leaves_no_half_clip(tmp_path: Path) -> None:
    path = archive(tmp_path, "sound.wav")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"sound.wavsound.wav", b"sound.wavSOUND.wav", 1))

    with pytest.raises(CorpusError, match="is no intact ZIP archive"):
        unpack(path, tmp_path / "out", Silence())
    assert list(tmp_path.rglob("*.wav")) == []
