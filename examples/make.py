"""Make the clips in examples/clips and the table in examples/README.md.

Run ``python examples/make.py`` with espeak-ng on the path (Debian: ``apt-get install espeak-ng``)
and sertain installed.  All sounds come from the synthesiser or from formulas, so nobody's voice
is in them; the same versions of the tools give the same bytes.
"""

from __future__ import annotations

import argparse
import io
import subprocess
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
Samples = NDArray[np.float32]
"""float32 (n, channels) in -1…1."""


@dataclass(frozen=True)
class Voice:
    """How espeak-ng speaks: voice and variant, pitch 0 to 99, words a minute, loudness 0 to 200."""

    name: str
    pitch: int = 50
    rate: int = 175
    loudness: int = 100


@dataclass(frozen=True)
class Example:
    """One clip: its file, what one hears, whether anybody speaks, and its sound."""

    file: str
    heard: str
    speech: bool
    sample_rate: int
    samples: Samples


def espeak_version() -> str:
    """Give the version of the synthesiser, e.g. ``"1.51"``."""
    said = subprocess.run(["espeak-ng", "--version"], check=True, capture_output=True, text=True)
    return said.stdout.split(":")[1].split()[0]


def say(text: str, voice: Voice, sample_rate: int) -> Samples:
    """Speak `text`; float32 (n, 1) at `sample_rate`, its peak at half of full scale."""
    command = ["espeak-ng", "--stdout", "-v", voice.name, "-p", str(voice.pitch)]
    command += ["-s", str(voice.rate), "-a", str(voice.loudness), text]
    spoken = subprocess.run(command, check=True, capture_output=True)
    samples, rate = soundfile.read(io.BytesIO(spoken.stdout), dtype="float32", always_2d=True)
    resampled: Samples = soxr.resample(samples, rate, sample_rate).astype(np.float32)
    return resampled * np.float32(0.5 * voice.loudness / 100 / np.abs(resampled).max())


def pause(seconds: float, sample_rate: int) -> Samples:
    """Give `seconds` of digital silence."""
    return np.zeros((round(seconds * sample_rate), 1), dtype=np.float32)


def side_by_side(left: Samples, right: Samples) -> Samples:
    """Put one sound in the left channel and, after it, another in the right one."""
    both = np.zeros((len(left) + len(right), 2), dtype=np.float32)
    both[: len(left), 0] = left[:, 0]
    both[len(left) :, 1] = right[:, 0]
    return both


def music(seconds: float, sample_rate: int) -> Samples:
    """Play four plucked chords (C, A minor, F, G); decaying harmonics, no voice."""
    chords = ([60, 64, 67], [57, 60, 64], [53, 57, 60], [55, 59, 62])
    each = round(seconds / len(chords) * sample_rate)
    time = np.arange(each) / sample_rate
    played = []
    for chord in chords:
        pitches = [440 * 2 ** ((note - 69) / 12) for note in chord]
        tones = [
            np.sin(2 * np.pi * pitch * harmonic * time) * np.exp(-3 * harmonic * time) / harmonic
            for pitch in pitches
            for harmonic in range(1, 6)
        ]
        played.append(np.sum(tones, axis=0))
    whole = np.concatenate(played)[:, None]
    return np.asarray(0.4 * whole / np.abs(whole).max(), dtype=np.float32)


def examples() -> list[Example]:
    """Speak, play and cut every example."""
    man, woman = Voice("en-gb", pitch=30, rate=150), Voice("en-us+f3", pitch=65, rate=180)
    wide, full = 16_000, 48_000
    return [
        Example(
            "even.wav",
            "a man, level voice",
            True,
            wide,
            say("The letter came this morning.", man, wide),
        ),
        Example(
            "lively.flac",
            "a woman, lively",
            True,
            wide,
            say("We won! I can hardly believe it!", woman, wide),
        ),
        Example(
            "slow-low.opus",
            "a man, slow and low",
            True,
            full,
            say("Nobody came to see him off.", Voice("en-us+m7", 10, 100, 60), full),
        ),
        Example(
            "fast-high.opus",
            "a woman, fast, high and loud",
            True,
            full,
            say("Stop it! Stop it right now!", Voice("en-us+f4", 90, 260, 190), full),
        ),
        Example(
            "german.opus",
            "a woman, German",
            True,
            full,
            say("Der Lappen liegt auf dem Eisschrank.", Voice("de+f2", 55, 165), full),
        ),
        Example(
            "polish.opus",
            "a man, Polish",
            True,
            full,
            say("Dzisiaj pada deszcz i jest zimno.", Voice("pl", 45, 165), full),
        ),
        Example(
            "telephone.wav",
            "a man on the telephone",
            True,
            8_000,
            say("Hello, is anybody there?", Voice("en-us+m3", 50, 160), 8_000),
        ),
        Example(
            "two-voices.opus",
            "a man left, then a woman right",
            True,
            full,
            side_by_side(
                say("Where have you been?", man, full), say("I missed the train.", woman, full)
            ),
        ),
        Example(
            "long-pause.opus",
            "a woman, eight seconds of silence, the same woman",
            True,
            full,
            np.concatenate(
                [
                    say("Give me a moment to think.", woman, full),
                    pause(8, full),
                    say("No, I do not remember.", woman, full),
                ]
            ),
        ),
        Example("silence.flac", "digital silence", False, wide, pause(3, wide)),
        Example("music.opus", "four chords, nobody speaks", False, full, music(4, full)),
    ]


def write_opus(path: Path, samples: Samples, sample_rate: int) -> None:
    """Write Ogg Opus at 24 kb/s a channel; bit-exact mode keeps serial and version out of it."""
    channels = samples.shape[1]
    with av.open(str(path), "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=sample_rate)
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        stream.codec_context.bit_rate = 24_000 * channels
        stream.codec_context.layout = "stereo" if channels == 2 else "mono"
        stream.codec_context.format = "s16"
        whole = np.round(samples.reshape(1, -1) * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(
            whole, format="s16", layout="stereo" if channels == 2 else "mono"
        )
        frame.sample_rate = sample_rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write(example: Example, folder: Path) -> str:
    """Write one clip; give its format in words."""
    path = folder / example.file
    if path.suffix == ".opus":
        write_opus(path, example.samples, example.sample_rate)
        return "Ogg Opus"
    if example.sample_rate == 8_000:
        soundfile.write(path, example.samples, 8_000, subtype="ULAW", format="WAV")
        return "WAV µ-law"
    soundfile.write(path, example.samples, example.sample_rate, subtype="PCM_16")
    return "WAV 16 bit" if path.suffix == ".wav" else "FLAC"


def table(rows: list[tuple[Example, str]]) -> str:
    """Give the clips as Markdown rows."""
    lines = [
        "| clip | what one hears | speech | s | channels | kHz | format |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for example, form in rows:
        samples, channels = example.samples.shape
        lines.append(
            f"| `{example.file}` | {example.heard} | {'yes' if example.speech else 'no'} "
            f"| {samples / example.sample_rate:.2f} | {channels} "
            f"| {example.sample_rate / 1000:g} | {form} |"
        )
    return "\n".join(lines)


def readme(rows: list[tuple[Example, str]]) -> str:
    """Give the text of examples/README.md."""
    return f"""# Examples

| file | what it is for |
| --- | --- |
| `clips/` | short recordings to try `sertain predict examples/clips` on |
| `in_python.py` | the same from Python |
| `make.py` | makes the clips and this page |

## Clips

Made by `make.py` with espeak-ng {espeak_version()} and from formulas. Nobody's voice is in
them, so they carry the licence of the code. A synthesiser has no emotion: the clips show what the
program does with different voices and formats, not how well it hears feelings.

{table(rows)}
"""


def main() -> None:
    """Write the clips and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write into")
    out: Path = parser.parse_args().out
    (out / "clips").mkdir(parents=True, exist_ok=True)
    rows = [(example, write(example, out / "clips")) for example in examples()]
    (out / "README.md").write_text(readme(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
