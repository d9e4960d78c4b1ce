"""The answer to one recording, and what stands in its place when there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sertain.bundle import Conformal
from sertain.predict.baseline import Known

# Eight decimals: finer than a float32 network is, and the sum stays 1 within 1e-7.
_DECIMALS = 8


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was heard in one recording, and how sure that is.

    Attributes
    ----------
    file: the recording's name; ``"-"`` for standard input, ``"<array>"`` for an array.
    duration_s: length of the recording in seconds.
    speech_s: seconds of it in which somebody speaks.
    label: the most probable emotion, or ``"no speech"``.
    confidence: calibrated probability of ``label`` in 0..1; ``None`` without speech.
    probabilities: every label with its calibrated probability, sum 1; ``None`` without speech.
    model: name and version of the model that answered.
    uncertain_below: confidence under which this model's answer counts as uncertain.
    warnings: what was odd about the recording, a line each; usually empty.
    conformal: how the model makes prediction sets; ``None`` if it makes none.
    baseline: which recordings of the voice the model knew, see :meth:`Model.with_baseline`;
        ``None``: none.
    """

    file: str
    duration_s: float
    speech_s: float
    label: str
    confidence: float | None
    probabilities: Mapping[str, float] | None
    model: str
    uncertain_below: float
    warnings: tuple[str, ...] = ()
    conformal: Conformal | None = None
    baseline: Known | None = None

    @property
    def is_speech(self) -> bool:
        """Whether anybody speaks, so that there is an emotion to name."""
        return self.probabilities is not None

    @property
    def is_certain(self) -> bool:
        """Whether the confidence reaches the model's threshold; ``False`` without speech."""
        return self.confidence is not None and self.confidence >= self.uncertain_below

    @property
    def set(self) -> tuple[str, ...] | None:
        """The labels among which the true one is, with the model's stated coverage.

        The most probable comes first, and is always in it; the more labels, the less is known.
        ``None`` without speech and from a model that makes no sets.
        """
        if self.probabilities is None or self.conformal is None:
            return None
        least = self.conformal.threshold
        ranked = sorted(self.probabilities.items(), key=lambda pair: -pair[1])
        return tuple(label for n, (label, value) in enumerate(ranked) if value >= least or n == 0)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, in the order they are printed."""
        return {
            "file": self.file,
            "duration_s": round(self.duration_s, 3),
            "speech_s": round(self.speech_s, 3),
            "label": self.label,
            "confidence": None if self.confidence is None else round(self.confidence, _DECIMALS),
            "certain": self.is_certain,
            "probabilities": None
            if self.probabilities is None
            else {name: round(value, _DECIMALS) for name, value in self.probabilities.items()},
            "set": None if self.set is None else list(self.set),
            "set_coverage": None if self.conformal is None else self.conformal.coverage,
            "model": self.model,
            "baseline": None if self.baseline is None else self.baseline.to_dict(),
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """A recording that could not be answered: its name and why, in one line."""

    file: str
    error: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"file": self.file, "error": self.error}


Outcome = Prediction | Failure
