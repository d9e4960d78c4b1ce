"""What cannot be used is refused in one clear line; what is left of the rest is used and marked."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from sertain import audio
from sertain.errors import AudioError
from tests.audio.test_formats import loudest_frequency
from tests.data.make import KINDS, cut, damaged, frequency, make, tones, with_data_size

CUTTABLE = [
    "wav-16",
    "wav-float",
    "wav-mu-law",
    "wav-adpcm-ms",
    "wav-64-bit",
    "flac-16",
    "mp3",
    "vorbis",
    "opus",
    "aiff",
    "caf",
    "au",
    "m4a-index-first",
    "webm-opus",
    "mkv-film",
    "wma",
]


def refused(source: object, **options: object) -> str:
    """The message, after checking that it is one line with a remedy behind a semicolon."""
    with pytest.raises(AudioError) as caught:
        audio.load(source, **options)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.remedy
    with pytest.raises(AudioError, match=re.escape(message)):
        for _ in audio.blocks(source, **options):  # type: ignore[arg-type]
            pass
    return message


def noisy(path: Path, rng: np.random.Generator, seconds: float = 4.0) -> Path:
    """Writes a tone in noise over the file, because pure tones code into next to nothing."""
    what = KINDS[next(kind for kind in KINDS if path.name.startswith(f"{kind}-"))]
    samples = tones(what.rate, 1, seconds)
    samples += rng.uniform(-0.05, 0.05, samples.shape).astype(np.float32)
    what.write(path, samples, what.rate)
    return path


def test_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.wav"
    assert refused(path) == f"'{path}' does not exist; check the path"
    assert "does not exist" in refused(tmp_path / "file" / "below.wav")


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder, not a recording" in refused(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    assert "is empty (0 bytes)" in refused(tmp_path / "empty.wav")
    assert refused(b"") == "'bytes' is empty (0 bytes); record or copy it again"
    assert "is empty" in refused(io.BytesIO())


@pytest.mark.skipif(os.name != "posix", reason="devices are files on POSIX")
def test_a_device() -> None:
    assert "is a device" in refused("/dev/zero")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = make("wav-16", tmp_path)
    path.chmod(0)
    assert "permission denied" in refused(path)


def test_a_file_opened_as_text() -> None:
    with pytest.raises(AudioError, match="is open as text; open it in mode 'rb'"):
        audio.load(io.StringIO("hello"))  # type: ignore[arg-type]


def test_something_else_altogether() -> None:
    assert "cannot be read from a int" in refused(17)


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".wav", b"This is a letter and no recording.\n" * 400),
        (".mp3", b"This is a letter and no recording.\n" * 400),
        (".mp3", b"\xff\xfb\x90\x44" + bytes(range(256)) * 40),
        (".flac", b"fLaC" + b"\x00" * 5000),
        (".ogg", b"OggS" + b"\x00" * 5000),
        (".wav", b"RIFF\x10\x00\x00\x00WAVE"),
        (".wav", b"RIFF"),
        (".m4a", b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00" + b"\x00" * 500),
        (".png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10),
        (".json", b'{"label": "angry"}'),
        (".zip", b"PK\x03\x04" + b"\x00" * 3000),
        (".raw", b"\x01\x02" * 8000),
        (".wav", b"\x00" * 8000),
        (".amr", b"#!AMR\n" + bytes(range(256)) * 20),
    ],
)
def test_what_is_no_audio(
    suffix: str, content: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"thing{suffix}"
    path.write_bytes(content)
    message = refused(path)
    assert str(path) in message
    assert "is not audio" in message or "cannot be decoded" in message
    assert refused(content).replace("'bytes'", f"'{path}'") == message
    assert capfd.readouterr().err == ""


def test_random_bytes_are_no_audio(rng: np.random.Generator) -> None:
    for size in (1, 10, 100, 1_000, 10_000, 100_000):
        refused(rng.integers(0, 256, size, dtype=np.uint8).tobytes())


def test_a_film_without_sound(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("mpeg4", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), dtype=np.uint8), format="rgb24")
        out.mux(pictures.encode(frame))
        out.mux(pictures.encode(None))
    assert "is not audio" in refused(path)


@pytest.mark.parametrize("kind", CUTTABLE)
def test_a_recording_cut_in_the_middle_is_used_and_marked(
    kind: str, tmp_path: Path, rng: np.random.Generator, capfd: pytest.CaptureFixture[str]
) -> None:
    path = cut(noisy(make(kind, tmp_path), rng))
    heard = audio.load(path, sample_rate=16_000)
    # Half the bytes are about half of the sound; coders and index tables take their share.
    assert 0.8 < heard.duration_s < 2.5
    assert loudest_frequency(heard.samples[0], 16_000) == pytest.approx(frequency(0), abs=1.0)
    assert [warning for warning in heard.warnings if warning.startswith("cut off")]
    with audio.blocks(path) as reader:
        joined = np.concatenate(list(reader))
        assert reader.warnings == heard.warnings
    np.testing.assert_array_equal(joined, heard.samples[0])
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "kind", ["wav-16", "flac-16", "aiff", "au", "m4a-index-first", "mkv-film", "mp3"]
)
def test_what_a_cut_recording_promised_is_told(
    kind: str, tmp_path: Path, rng: np.random.Generator
) -> None:
    (warning,) = [
        warning
        for warning in audio.load(cut(noisy(make(kind, tmp_path), rng))).warnings
        if "cut off" in warning
    ]
    promised = re.search(r"of the (\S+) s that it promises", warning)
    assert promised
    assert float(promised[1]) == pytest.approx(4.0, abs=0.1)


@pytest.mark.parametrize("kind", ["aac-adts", "amr"])
def test_a_cut_stream_without_any_promise_gives_what_is_there(
    kind: str, tmp_path: Path, rng: np.random.Generator
) -> None:
    """These formats are frames and nothing else, so only a frame cut in two can show."""
    heard = audio.load(cut(noisy(make(kind, tmp_path), rng)))
    assert 1.5 < heard.duration_s < 2.5


@pytest.mark.parametrize("kind", ["wav-16", "flac-16", "vorbis", "opus", "webm-opus", "aiff"])
def test_too_little_left_of_a_cut_recording(
    kind: str, tmp_path: Path, rng: np.random.Generator
) -> None:
    message = refused(cut(noisy(make(kind, tmp_path), rng), share=0.1))
    assert "is cut off after 0." in message or "cannot be decoded" in message
    assert message.endswith("record or copy it again")


def test_a_film_cut_before_its_index(tmp_path: Path) -> None:
    message = refused(cut(make("m4a-aac", tmp_path), share=0.7))
    assert "its index (moov) is missing" in message


def test_a_header_that_says_too_much(tmp_path: Path) -> None:
    path = with_data_size(make("wav-16", tmp_path, duration_s=1.0), 5 * 32_000)
    heard = audio.load(path)
    assert heard.duration_s == pytest.approx(1.0)
    assert heard.warnings == (
        "cut off or damaged: 1.00 s could be decoded of the 5.00 s that it promises",
    )


@pytest.mark.parametrize("kind", ["wav-16", "wav-float", "wav-mu-law", "wav-adpcm-ima"])
def test_a_header_that_says_too_little(kind: str, tmp_path: Path) -> None:
    whole = make(kind, tmp_path, duration_s=4.0)
    said = 4096
    path = with_data_size(whole, said)
    wanted = audio.load(whole)
    for heard in (audio.load(path), audio.load(path.read_bytes())):
        assert abs(heard.samples.shape[1] - wanted.samples.shape[1]) < 600
        size = min(heard.samples.shape[1], wanted.samples.shape[1])
        np.testing.assert_allclose(
            heard.samples[:, :size], wanted.samples[:, :size], rtol=0, atol=1e-3
        )
        (warning,) = heard.warnings
        assert warning.startswith("the header lies: the file holds")


def test_a_header_that_was_never_finished(tmp_path: Path) -> None:
    heard = audio.load(with_data_size(make("wav-16", tmp_path, duration_s=2.0), 0))
    assert heard.duration_s == pytest.approx(2.0)
    assert heard.warnings[0].startswith("the header was never finished")


@pytest.mark.parametrize("unknown", [0xFFFFFFFF, 0x7FFFF000, 0x80000000])
def test_a_header_written_into_a_pipe_says_nothing_and_is_no_lie(
    unknown: int, tmp_path: Path
) -> None:
    heard = audio.load(with_data_size(make("wav-16", tmp_path, duration_s=2.0), unknown))
    assert heard.duration_s == pytest.approx(2.0)
    assert heard.warnings == ()


def test_chunks_of_odd_size_before_the_sound_are_stepped_over(tmp_path: Path) -> None:
    """RIFF pads them to even places; who forgets that finds no sound to measure."""
    whole = make("wav-16", tmp_path, duration_s=4.0).read_bytes()
    at = whole.index(b"data")
    noted = whole[:at] + b"note" + (5).to_bytes(4, "little") + b"hello\x00" + whole[at:]
    assert audio.load(noted).warnings == ()
    (warning,) = audio.load(noted[: len(noted) // 2]).warnings
    assert warning.endswith("of the 4.00 s that it promises")


def test_a_header_off_by_a_byte_is_no_cut(tmp_path: Path) -> None:
    heard = audio.load(with_data_size(make("wav-16", tmp_path), 32_001))
    assert heard.duration_s == 1.0
    assert heard.warnings == ()


def test_chunks_and_tags_behind_the_sound_are_not_heard(tmp_path: Path) -> None:
    path = make("wav-16", tmp_path)
    sound = path.read_bytes()
    for behind in (
        b"LIST" + (4000).to_bytes(4, "little") + b"INFO" + b"x" * 3996,
        b"ID3\x03" + b"\x00\x01" * 3000,
        b"\x00" * 8192,
        b"<?xml version='1.0'?>" + b"<note/>" * 1000,
        b"TAG" + b"song" * 31,
    ):
        heard = audio.load(sound + behind)
        assert heard.duration_s == 1.0
        assert heard.warnings == ()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers(bad: float, tmp_path: Path) -> None:
    samples = tones(16_000, 2)
    samples[4_000, 1] = bad
    soundfile.write(tmp_path / "bad.wav", samples, 16_000, subtype="FLOAT")
    for source, options in (
        (tmp_path / "bad.wav", {}),
        (samples.T, {"array_rate": 16_000}),
    ):
        message = refused(source, **options)
        assert "holds NaN or infinite samples, the first at 0.250 s" in message


def test_a_recording_of_no_samples(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 16_000)
    assert "holds no samples" in refused(tmp_path / "none.wav")


def test_too_short(tmp_path: Path) -> None:
    assert "is too short (0.099 s)" in refused(make("wav-16", tmp_path, duration_s=0.099))
    assert audio.load(make("wav-16", tmp_path, duration_s=0.1)).duration_s == 0.1


def test_longer_than_the_limit_and_the_limit_raised(tmp_path: Path) -> None:
    path = make("flac-16", tmp_path, duration_s=3.0)
    message = refused(path, max_duration_s=2.0)
    assert "lasts 3 s, longer than the limit of 2 s; raise the limit" in message
    assert audio.load(path, max_duration_s=3.0).duration_s == 3.0
    assert audio.load(path, max_duration_s=None).duration_s == 3.0
    assert audio.MAX_DURATION_S == 6 * 3600


def test_the_limit_holds_where_the_file_says_no_length(tmp_path: Path) -> None:
    path = make("aac-adts", tmp_path, duration_s=3.0)
    assert "longer than the limit of 2 s" in refused(path, max_duration_s=2.0)


def test_an_absurd_length_is_refused_before_anything_is_decoded() -> None:
    """Seven hours that are never touched: the array is one sample seen again and again."""
    endless = np.broadcast_to(np.float32(0), 7 * 3600 * 8_000)
    with pytest.raises(AudioError, match="lasts 25200 s, longer than the limit of 21600 s"):
        audio.blocks(endless, array_rate=8_000)


def test_a_channel_that_is_not_there(tmp_path: Path) -> None:
    path = make("wav-16", tmp_path, channels=2)
    assert "has 2 channel(s), not channel 2" in refused(path, channels=2)
    assert "not channel -1" in refused(path, channels=-1)
    assert "choose 'mix'" in refused(path, channels=5)


def test_an_impossible_rate(tmp_path: Path) -> None:
    path = make("wav-16", tmp_path)
    with pytest.raises(AudioError, match="cannot be resampled to 0 Hz"):
        audio.load(path, sample_rate=0)
    data = bytearray(path.read_bytes())
    data[24:28] = (12).to_bytes(4, "little")
    assert "says a sample rate of 12 Hz" in refused(bytes(data))


@pytest.mark.parametrize("kind", ["flac-16", "vorbis", "opus", "mp3", "m4a-aac", "webm-opus"])
def test_damage_in_the_middle_leaves_the_rest(
    kind: str, tmp_path: Path, rng: np.random.Generator, capfd: pytest.CaptureFixture[str]
) -> None:
    heard = audio.load(damaged(noisy(make(kind, tmp_path), rng), rng))
    # A container's page or cluster, up to two seconds of it here, is lost with a byte of its head.
    assert 1.9 < heard.duration_s < 4.1
    assert heard.duration_s > 3.9 or heard.warnings
    assert capfd.readouterr().err == ""


def test_flac_goes_on_behind_damage_with_a_remark(tmp_path: Path, rng: np.random.Generator) -> None:
    heard = audio.load(damaged(noisy(make("flac-16", tmp_path), rng), rng))
    assert [warning for warning in heard.warnings if warning.startswith("damaged")]


def test_an_mp3_with_a_bad_tag_is_silent_on_stderr(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = make("mp3", tmp_path).read_bytes()
    tag = b"COMM\x00\x00\x00\x05\x00\x00" + b"junk" * 100
    size = bytes([0, 0, len(tag) >> 7, len(tag) & 127])
    heard = audio.load(b"ID3\x03\x00\x00" + size + tag + content)
    assert heard.duration_s == pytest.approx(1.0, abs=0.06)
    assert capfd.readouterr().err == ""
