"""Knowing a voice: what unlabelled recordings of it are like, so that answers are held against it.

A baseline is mean and deviation of the model's features over recordings of one speaker, one
microphone or one project, all moods together.  No label enters.  How far it is believed is the
model's own affair: the graph shrinks it to what it learnt in training, by the seconds of speech.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sertain.bundle import Bundle
from sertain.errors import BaselineError

LEAST_S: Final = 5.0
"""Less speech than this makes no baseline: with 5 s UAR rises by 0.5 and 1.5 points, and the
calibration error by 1.5 and 1.8 (results/benchmarks/references.md); less was not measured."""

LEAST_OWN_S: Final = 60.0
"""A recording with less speech than this is not its own baseline: it may be of one mood, which
would then be taken for the voice.  60 s in all moods are worth most of what a voice can give; the
mood of one long recording nobody knows, so the bound itself was not measured."""

ONE_SIDED: Final = 0.6
"""From this share of one emotion in its mix a baseline is called one-sided, and refused.  Measured:
of 202 whole voices that no training heard one came so far (docs/decisions/0408)."""

_FORMAT: Final = 1
_KIND: Final = "sertain baseline"
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Known:
    """What an answer says of the baseline that it was given with.

    Attributes
    ----------
    name: which baseline: ``"batch"``, ``"self"``, ``"speaker anna"``, a file or folder.
    seconds: of speech that it was made of.
    recordings: in how many recordings.
    mix: each emotion's share of it, as the model hears it without a baseline; sum 1.
    """

    name: str
    seconds: float
    recordings: int
    mix: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "seconds": round(self.seconds, 3),
            "recordings": self.recordings,
            "mix": {label: round(share, 4) for label, share in self.mix.items()},
        }

    def __str__(self) -> str:
        """In words: ``batch, 64.2 s: angry 50%, neutral 30%, sad 20%``."""
        return f"{self.name}, {self.seconds:.1f} s: {mixed(self.mix)}"

    def cautions(self) -> tuple[str, ...]:
        """What of it makes answers doubtful, a line with its figure each."""
        label, share = max(self.mix.items(), key=lambda pair: pair[1])
        if share < ONE_SIDED:
            return ()
        return (f"one-sided baseline: {share:.0%} of it sounds {label}",)


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """The statistics of a voice, for the model that heard them.

    Attributes
    ----------
    known: name, seconds, recordings and mix.
    model: name and version of the model that it belongs to.
    sha256: digest of that model's graph.
    mean, deviation: float32 (rows,), of each row of the model's features over all frames.
    """

    known: Known
    model: str
    sha256: str
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]

    @property
    def rows(self) -> int:
        """How many rows the model's features have."""
        return len(self.mean)

    def named(self, name: str) -> Baseline:
        """The same under another name."""
        return replace(self, known=replace(self.known, name=name))

    def check(self, bundle: Bundle) -> None:
        """Refuse a model that it does not belong to; raises :class:`BaselineError`."""
        takes(bundle)
        if self.sha256 != bundle.spec.sha256["model.onnx"]:
            raise BaselineError(
                f"the baseline {self.known.name} was made by {self.model} "
                f"({self.sha256[:8]}), this model is {model_name(bundle)} "
                f"({bundle.spec.sha256['model.onnx'][:8]})",
                "make it again from its recordings: sertain baseline make",
            )

    def to_json(self) -> str:
        """As text that :meth:`from_json` reads back without loss."""
        plain = {
            "kind": _KIND,
            "format": _FORMAT,
            "model": self.model,
            "sha256": self.sha256,
            "name": self.known.name,
            "seconds": self.known.seconds,
            "recordings": self.known.recordings,
            "mix": dict(self.known.mix),
            "mean": [float(each) for each in self.mean],
            "deviation": [float(each) for each in self.deviation],
        }
        return json.dumps(plain, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str, *, where: str = "this text") -> Baseline:
        """Read what :meth:`to_json` wrote; ``where`` it stands is said in errors.

        Raises
        ------
        BaselineError: it is no baseline, of a later format, or damaged.
        """
        try:
            plain = json.loads(text)
        except ValueError:
            plain = None
        if not isinstance(plain, dict) or plain.get("kind") != _KIND:
            raise BaselineError(f"{where} is no baseline", "make one: sertain baseline make")
        if plain.get("format") != _FORMAT:
            raise BaselineError(
                f"{where} has format {plain.get('format')}, this version reads {_FORMAT}",
                "update sertain, or make it again: sertain baseline make",
            )
        try:
            return cls._read(plain)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BaselineError(
                f"{where} is damaged ({type(error).__name__}: {error})",
                "make it again: sertain baseline make",
            ) from error

    @classmethod
    def _read(cls, plain: dict[str, Any]) -> Baseline:
        mean, deviation = (np.array(plain[key], np.float32) for key in ("mean", "deviation"))
        mix = {str(label): float(share) for label, share in plain["mix"].items()}
        known = Known(str(plain["name"]), float(plain["seconds"]), int(plain["recordings"]), mix)
        if mean.ndim != 1 or mean.shape != deviation.shape:
            raise ValueError("mean and deviation differ in length")
        if not (np.isfinite(mean).all() and np.isfinite(deviation).all() and mix):
            raise ValueError("numbers are missing")
        if not (deviation >= 0).all() or not 0 < known.seconds < math.inf:
            raise ValueError("numbers are out of range")
        return cls(known, str(plain["model"]), str(plain["sha256"]), mean, deviation)

    @classmethod
    def load(cls, path: str | Path) -> Baseline:
        """Read the file that ``sertain baseline make`` wrote; it goes by the file's name.

        Raises
        ------
        BaselineError: no such file, or it is no baseline.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise BaselineError(
                f"the baseline {path} cannot be read ({reason})", "check the path"
            ) from error
        return cls.from_json(text, where=str(path)).named(str(path))


class Pool:
    """What recordings of a voice are like, summed by their seconds; pools can be joined."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.recordings = 0
        self._probabilities: NDArray[np.float64] | float = 0.0
        self._statistics: NDArray[np.float64] | float = 0.0

    def add(
        self, probabilities: NDArray[np.float64], statistics: NDArray[np.float64], seconds: float
    ) -> None:
        """Take a recording.

        Parameters
        ----------
        probabilities: (labels,), the model's mean answer to it without a baseline.
        statistics: (2, rows), mean and mean square of the features over its frames.
        seconds: of its speech.
        """
        self.seconds += seconds
        self.recordings += 1
        self._probabilities = self._probabilities + seconds * probabilities
        self._statistics = self._statistics + seconds * statistics

    def join(self, other: Pool) -> None:
        """Take all that another pool took."""
        self.seconds += other.seconds
        self.recordings += other.recordings
        self._probabilities = self._probabilities + other._probabilities
        self._statistics = self._statistics + other._statistics

    def lacks(
        self, bundle: Bundle, *, least_s: float = LEAST_S, one_sided: bool = False
    ) -> tuple[str, str] | None:
        """What speaks against a baseline of all that was taken, and the remedy; else ``None``.

        Parameters
        ----------
        bundle: of the model that heard it.
        least_s: the least seconds of speech.
        one_sided: whether it may be of one emotion, by :data:`ONE_SIDED`.
        """
        if self.seconds < least_s:
            return (
                f"has {self.seconds:.1f} s of speech, less than {least_s:g} s",
                "give more recordings of the voice",
            )
        mix = self._mix(bundle)
        label = max(mix, key=mix.__getitem__)
        if mix[label] >= ONE_SIDED and not one_sided:
            return (
                f"sounds {label} to {mix[label]:.0%}, which would be taken for the voice",
                "give recordings in other moods, too, or believe it with --one-sided "
                "(one_sided=True)",
            )
        return None

    def _mix(self, bundle: Bundle) -> dict[str, float]:
        mix = np.asarray(self._probabilities) / np.sum(self._probabilities)
        return dict(zip(bundle.spec.labels, mix.tolist(), strict=True))

    def baseline(
        self, bundle: Bundle, name: str, *, least_s: float = LEAST_S, one_sided: bool = False
    ) -> Baseline:
        """The baseline of all that was taken, for the model of ``bundle``.

        Raises
        ------
        BaselineError: :meth:`lacks` says why.
        """
        fault = self.lacks(bundle, least_s=least_s, one_sided=one_sided)
        if fault is not None:
            raise BaselineError(f"the baseline {name} {fault[0]}", fault[1])
        mean, square = np.asarray(self._statistics) / self.seconds
        return Baseline(
            known=Known(name, self.seconds, self.recordings, self._mix(bundle)),
            model=model_name(bundle),
            sha256=bundle.spec.sha256["model.onnx"],
            mean=mean.astype(np.float32),
            # Rounding may leave a little less than nothing of a row that never changes.
            deviation=np.sqrt(np.maximum(square - mean**2, 0)).astype(np.float32),
        )


def takes(bundle: Bundle) -> None:
    """Refuse a model that takes no baseline; raises :class:`BaselineError`."""
    if bundle.spec.reference is None:
        raise BaselineError(
            f"the model {model_name(bundle)} takes no baseline",
            "answer without one, or choose another model: sertain models",
        )


def model_name(bundle: Bundle) -> str:
    """Name and version, as every answer carries it."""
    return f"{bundle.spec.name} {bundle.spec.version}"


def mixed(mix: Mapping[str, float], *, named: int = _NAMED) -> str:
    """The largest shares in words.

    >>> mixed({"neutral": 0.3, "angry": 0.5, "sad": 0.15, "happy": 0.05})
    'angry 50%, neutral 30%, sad 15%'
    """
    ranked: Iterable[tuple[str, float]] = sorted(mix.items(), key=lambda pair: -pair[1])[:named]
    return ", ".join(f"{label} {share:.0%}" for label, share in ranked)
