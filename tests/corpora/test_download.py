"""Downloads resume, check and unpack, against a real server on this machine."""

from __future__ import annotations

import hashlib
import io
import json
import socket
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sertain import corpora
from sertain.corpora.corpus import Corpus
from sertain.corpora.download import download
from sertain.corpora.sources import Archive, Checksum, Dataverse, GitTree
from sertain.errors import CorpusError
from tests.corpora.publisher import Publisher, publisher


class Tally:
    """A meter that adds up."""

    def __init__(self) -> None:
        self.done: dict[str, int] = {}
        self.totals: dict[str, int | None] = {}
        self.what = ""

    def start(self, what: str, total: int | None) -> None:
        self.what = what
        self.done[what] = 0
        self.totals[what] = total

    def advance(self, units: int) -> None:
        self.done[self.what] += units


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as state:
        yield state


def packed(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


SOUNDS = {"wav/03a01Wa.wav": bytes(range(256)) * 400, "wav/03a01Fa.wav": b"other sound"}
ZIP = packed(SOUNDS)
MD5 = hashlib.md5(ZIP).hexdigest()


def emodb(server: Publisher, md5: str | None = MD5, size: int | None = len(ZIP)) -> Corpus:
    server.files["/emodb.zip"] = ZIP
    source = Archive(f"{server.url}/emodb.zip", into="sound", md5=md5, size=size)
    return replace(corpora.get("emodb"), sources=(source,))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.wav"))
    }


UNPACKED = {f"sound/{name}": content for name, content in SOUNDS.items()}


def test_an_archive_is_fetched_checked_and_unpacked(server: Publisher, tmp_path: Path) -> None:
    tally = Tally()

    done = download(emodb(server), tmp_path, tally)

    assert contents(tmp_path) == UNPACKED
    assert (done.fetched, done.kept, done.clips, done.unchecked) == (1, 0, 2, ())
    assert not list(tmp_path.rglob("*.zip*"))
    assert tally.done == tally.totals == {"fetching emodb.zip": len(ZIP), "unpacking emodb.zip": 2}


def test_what_is_there_is_not_fetched_again(server: Publisher, tmp_path: Path) -> None:
    download(emodb(server), tmp_path)
    done = download(emodb(server), tmp_path)

    assert (done.fetched, done.kept) == (0, 1)
    assert len(server.asked) == 1


def test_a_cut_connection_is_taken_up_where_it_broke(server: Publisher, tmp_path: Path) -> None:
    server.cuts["/emodb.zip"] = [40_000, 10_000]
    tally = Tally()

    download(emodb(server), tmp_path, tally)

    assert contents(tmp_path) == UNPACKED
    assert [asked for _, asked in server.asked] == ["", "bytes=40000-", "bytes=50000-"]
    assert tally.done["fetching emodb.zip"] == len(ZIP)


def test_a_later_run_goes_on_where_the_first_gave_up(server: Publisher, tmp_path: Path) -> None:
    server.cuts["/emodb.zip"] = [40_000, 0, 0]
    with pytest.raises(CorpusError) as error:
        download(emodb(server), tmp_path)

    assert str(error.value).endswith(
        f"cut the connection 3 times, at last {len(ZIP) - 40_000:,} bytes early; "
        "run the same command again: it goes on from there"
    )
    server.asked.clear()
    download(emodb(server), tmp_path)
    assert contents(tmp_path) == UNPACKED
    assert server.asked == [("/emodb.zip", "bytes=40000-")]


def test_a_server_without_ranges_sends_all_again(server: Publisher, tmp_path: Path) -> None:
    server.cuts["/emodb.zip"] = [40_000]
    server.ranges = False

    download(emodb(server), tmp_path)

    assert contents(tmp_path) == UNPACKED


@pytest.mark.parametrize("size", [len(ZIP), None])
def test_a_file_that_came_whole_but_was_not_renamed_is_not_fetched_again(
    server: Publisher, tmp_path: Path, size: int | None
) -> None:
    (tmp_path / "emodb.zip.part").write_bytes(ZIP)

    download(emodb(server, size=size), tmp_path)

    assert contents(tmp_path) == UNPACKED


def test_a_wrong_sum_is_refused_and_leaves_nothing_behind(
    server: Publisher, tmp_path: Path
) -> None:
    with pytest.raises(CorpusError) as error:
        download(emodb(server, md5="0" * 32), tmp_path)

    assert str(error.value) == (
        f"emodb.zip has the md5 checksum {MD5}, {'0' * 32} was published; "
        "it was removed; download again"
    )
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_a_wrong_start_from_an_older_run_is_found_by_the_sum(
    server: Publisher, tmp_path: Path
) -> None:
    (tmp_path / "emodb.zip.part").write_bytes(b"x" * 1000)
    with pytest.raises(CorpusError, match="was published; it was removed; download again"):
        download(emodb(server), tmp_path)

    download(emodb(server), tmp_path)
    assert contents(tmp_path) == UNPACKED


def test_a_file_without_a_published_sum_is_named(server: Publisher, tmp_path: Path) -> None:
    assert download(emodb(server, None, None), tmp_path).unchecked == ("emodb.zip",)


def test_a_wrong_size_is_refused(server: Publisher, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=f"has {len(ZIP)} bytes, 5000000 were published"):
        download(emodb(server, None, 5_000_000), tmp_path)


def test_no_network_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    corpus = replace(corpora.get("emodb"), sources=(Archive(f"http://{host}/emodb.zip"),))

    with pytest.raises(CorpusError) as error:
        download(corpus, tmp_path)

    assert str(error.value).startswith(f"{host} cannot be reached (")
    assert "\n" not in str(error.value)


def test_a_missing_page_is_said_with_its_number(server: Publisher, tmp_path: Path) -> None:
    corpus = replace(corpora.get("emodb"), sources=(Archive(f"{server.url}/gone.zip"),))

    with pytest.raises(CorpusError, match=r"answers 404 \(Not Found\) to http"):
        download(corpus, tmp_path)


def test_a_corpus_to_be_asked_for_says_how(tmp_path: Path) -> None:
    for name in ("savee", "turev", "banglaser"):
        with pytest.raises(CorpusError, match=f"{name} cannot be fetched by a program; .*http"):
            download(corpora.get(name), tmp_path)


def test_a_dataverse_listing_gives_files_with_sums(server: Publisher, tmp_path: Path) -> None:
    sound = b"a clip of the corpus"
    server.files["/api/access/datafile/7"] = sound
    entry = {"id": 7, "filename": "OAF_back_sad.wav", "md5": hashlib.md5(sound).hexdigest()}
    about = {"id": 8, "filename": "readme.txt", "md5": "0"}
    listing = {
        "data": {
            "latestVersion": {
                "files": [
                    {"dataFile": entry | {"filesize": len(sound)}, "directoryLabel": "OAF_Sad"},
                    {"dataFile": about},
                ]
            }
        }
    }
    path = "/api/datasets/:persistentId/?persistentId=doi:10.1/X"
    server.files[path] = json.dumps(listing).encode()
    corpus = replace(corpora.get("tess"), sources=(Dataverse(server.url, "10.1/X"),))

    first = download(corpus, tmp_path)
    (tmp_path / "OAF_Sad" / "OAF_back_sad.wav").write_bytes(b"damaged afterwards")
    second = download(corpus, tmp_path)
    third = download(corpus, tmp_path)

    assert contents(tmp_path) == {"OAF_Sad/OAF_back_sad.wav": sound}
    assert [first.fetched, second.fetched, third.fetched] == [1, 1, 0]
    assert first.unchecked == ()


def git_tree(server: Publisher, sound: bytes, blob: str, *, lfs: bool) -> Corpus:
    entries = [
        {"path": "samples", "type": "tree", "sha": "1"},
        {"path": "samples/EB0_anger_1.wav", "type": "blob", "sha": blob, "size": len(sound)},
        {"path": "README.md", "type": "blob", "sha": "2", "size": 1},
    ]
    server.files["/tree"] = json.dumps({"tree": entries, "truncated": False}).encode()
    server.files["/raw/samples/EB0_anger_1.wav"] = sound
    source = GitTree(f"{server.url}/tree", f"{server.url}/raw", (".wav",), lfs=lfs)
    return replace(corpora.get("nemo"), sources=(source,))


@pytest.mark.parametrize("lfs", [False, True])
def test_files_of_a_git_repository_are_checked_by_their_blob(
    server: Publisher, tmp_path: Path, lfs: bool
) -> None:
    sound = b"a clip of the corpus" * 100
    pointer = (
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{hashlib.sha256(sound).hexdigest()}\nsize {len(sound)}\n"
    ).encode()
    blob = blob_of(pointer if lfs else sound)
    corpus = git_tree(server, sound, blob, lfs=lfs)

    assert download(corpus, tmp_path).fetched == 1
    assert contents(tmp_path) == {"samples/EB0_anger_1.wav": sound}
    wrong = git_tree(server, sound, "0" * 40, lfs=lfs)
    with pytest.raises(CorpusError, match=f"checksum {blob}, {'0' * 40} was published"):
        download(wrong, tmp_path / "other")


def blob_of(content: bytes) -> str:
    """The blob's id by git itself."""
    asked = ["git", "hash-object", "--stdin"]
    return subprocess.run(asked, input=content, capture_output=True, check=True).stdout.decode()[
        :40
    ]


def test_the_blob_of_a_published_pointer_is_found(tmp_path: Path) -> None:
    # A file that is empty: its SHA-256 and the pointer at it are the same everywhere.
    path = tmp_path / "empty"
    path.write_bytes(b"")

    assert Checksum("md5", "").of(path) == "d41d8cd98f00b204e9800998ecf8427e"
    assert Checksum("git", "").of(path) == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"{}", b'{"tree": [{"path": "x"}]}'])
def test_another_listing_than_expected_is_said(
    server: Publisher, tmp_path: Path, answer: bytes
) -> None:
    server.files["/tree"] = answer
    source = GitTree(f"{server.url}/tree", f"{server.url}/raw", (".wav",))

    with pytest.raises(CorpusError, match="is not the listing that was expected"):
        download(replace(corpora.get("nemo"), sources=(source,)), tmp_path)


def test_a_listing_that_is_cut_short_is_refused(server: Publisher, tmp_path: Path) -> None:
    server.files["/tree"] = b'{"tree": [], "truncated": true}'
    source = GitTree(f"{server.url}/tree", f"{server.url}/raw", (".wav",))

    with pytest.raises(CorpusError, match="is cut short by its server"):
        download(replace(corpora.get("nemo"), sources=(source,)), tmp_path)


def test_a_listing_cannot_lead_out_of_the_folder(server: Publisher, tmp_path: Path) -> None:
    server.files["/tree"] = b'{"tree": [{"path": "../x.wav", "type": "blob", "sha": "0"}]}'
    source = GitTree(f"{server.url}/tree", f"{server.url}/raw", (".wav",))

    with pytest.raises(CorpusError, match=r"names '\.\./x\.wav', which leads elsewhere"):
        download(replace(corpora.get("nemo"), sources=(source,)), tmp_path / "nemo")
