"""What ``bundle.json`` says, as typed values; reading it names the field that is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from sertain.errors import BundleError

FORMAT: Final = 1
SAMPLE_RATE: Final = 16_000
NO_SPEECH: Final = "no speech"
_SUM_TOLERANCE: Final = 1e-3


@dataclass(frozen=True, slots=True)
class DataSource:
    """One corpus that the weights were trained on.

    Attributes
    ----------
    corpus: its name, e.g. ``"ravdess"``.
    licence: the corpus' licence, which the weights carry on.
    clips, speakers: how many of each were used.
    hash: of the list of clips, so that the same data can be told again.
    """

    corpus: str
    licence: str
    clips: int
    speakers: int
    hash: str


@dataclass(frozen=True, slots=True)
class Score:
    """One measured figure of the model.

    Attributes
    ----------
    protocol: name of the protocol it was measured by, e.g. ``"luna5"``.
    metric: what was measured, e.g. ``"UAR"``.
    value: the figure.
    interval: its 95 % interval, low and high.
    seeds: over how many seeds.
    """

    protocol: str
    metric: str
    value: float
    interval: tuple[float, float]
    seeds: int


@dataclass(frozen=True, slots=True)
class Check:
    """What the graph answers to :func:`sertain.bundle.check_waveform` of ``seed``."""

    seed: int
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Conformal:
    """How prediction sets are made: split conformal prediction on held-out speakers.

    Attributes
    ----------
    coverage: share of recordings whose emotion is in their set, on speakers like the held-out
        ones; between 0 and 1.
    threshold: a label belongs to the set if its probability is at least this, in 0..1.
    method: ``"lac"``, the least ambiguous sets (Sadinle, Lei and Wasserman 2019).
    """

    coverage: float
    threshold: float
    method: str = "lac"


@dataclass(frozen=True, slots=True)
class Reference:
    """That the graph takes the statistics of a voice it is to know, and how it trusts them.

    Attributes
    ----------
    rows: rows of the features; the graph's input ``reference`` is float32 (2, rows).
    prior_s: seconds of speech that the training data count for; of ``s`` seconds of a reference
        the share ``s / (s + prior_s)`` is believed.
    uncertain_below: as that of the bundle, for answers that were given with a reference;
        ``None``: the same.
    conformal: as that of the bundle, for answers that were given with a reference; ``None``: the
        same.
    """

    rows: int
    prior_s: float
    uncertain_below: float | None = None
    conformal: Conformal | None = None


@dataclass(frozen=True, slots=True)
class BundleSpec:
    """The content of ``bundle.json``.

    Attributes
    ----------
    name, version: of the model; together they name it in every answer.
    labels: the emotions, in the order of the graph's columns.
    min_speech_s: speech shorter than this gets no answer.
    window_s: the longest stretch of sound, in seconds, that the graph hears at once.
    uncertain_below: confidence under which an answer counts as uncertain, in 0..1.
    sha256: hexadecimal digest of each named file of the bundle; at least ``model.onnx``.
    licence: of the weights.
    created_by: program and version that wrote the bundle.
    recipe: name and hash of the recipe it was trained by.
    data: what it was trained on.
    scores: what was measured.
    check: a known answer, compared each time that the bundle is opened.
    sample_rate: of the waveform the graph hears, in Hz; 16,000 in this format.
    format: version of this layout.
    conformal: how prediction sets are made; ``None``: the model gives none.
    reference: how the graph gets to know a voice; ``None``: it takes no reference.
    speed: times faster than real time, on 2 cores, for a folder of clips of 4 s with their
        decoding; ``None``: not measured.
    unfamiliar_above: strangeness above which a recording sounds like nothing that the model learnt
        from, at least 1; ``None``: the graph does not tell it.
    """

    name: str
    version: str
    labels: tuple[str, ...]
    min_speech_s: float
    window_s: float
    uncertain_below: float
    sha256: Mapping[str, str]
    licence: str
    created_by: str
    recipe: str
    data: tuple[DataSource, ...]
    scores: tuple[Score, ...]
    check: Check
    sample_rate: int = SAMPLE_RATE
    format: int = FORMAT
    conformal: Conformal | None = None
    reference: Reference | None = None
    speed: float | None = None
    unfamiliar_above: float | None = None

    @property
    def uncertain_below_told(self) -> float:
        """Confidence under which an answer counts as uncertain that was given with a reference."""
        own = None if self.reference is None else self.reference.uncertain_below
        return self.uncertain_below if own is None else own

    @property
    def conformal_told(self) -> Conformal | None:
        """How prediction sets are made of answers that were given with a reference."""
        own = None if self.reference is None else self.reference.conformal
        return self.conformal if own is None else own

    def to_dict(self) -> dict[str, Any]:
        """The spec as plain values for JSON, ``format`` first; what is not known is left out."""
        plain = asdict(self)
        if plain["reference"] is not None:
            plain["reference"] = {k: v for k, v in plain["reference"].items() if v is not None}
        for optional in ("conformal", "reference", "speed", "unfamiliar_above"):
            if plain[optional] is None:
                del plain[optional]
        return {"format": plain.pop("format"), **plain}

    @classmethod
    def from_dict(cls, raw: Any) -> BundleSpec:
        """Read plain values; raises :class:`BundleError` that names the wrong field.

        Keys that this version does not know are passed over, so that a later one may add some.
        """
        fields = _Fields(raw)
        found = fields.number("format")
        if found != FORMAT:
            raise BundleError(
                f"bundle.json has format {found:g}, this version reads format {FORMAT}",
                "update sertain" if found > FORMAT else "export the model again",
            )
        spec = cls(
            name=fields.text("name"),
            version=fields.text("version"),
            labels=fields.texts("labels"),
            sample_rate=fields.count("sample_rate"),
            min_speech_s=fields.number("min_speech_s", low=0),
            window_s=fields.number("window_s", low=0),
            uncertain_below=fields.number("uncertain_below", low=0, high=1),
            sha256=fields.digests("sha256"),
            licence=fields.text("licence"),
            created_by=fields.text("created_by"),
            recipe=fields.text("recipe"),
            data=tuple(_source(item) for item in fields.items("data")),
            scores=tuple(_score(item) for item in fields.items("scores")),
            check=_check(fields.part("check")),
            conformal=_conformal(fields.part("conformal")) if fields.has("conformal") else None,
            reference=_reference(fields.part("reference")) if fields.has("reference") else None,
            speed=fields.number("speed", low=0) if fields.has("speed") else None,
            unfamiliar_above=(
                fields.number("unfamiliar_above", low=1) if fields.has("unfamiliar_above") else None
            ),
        )
        _agree(spec)
        return spec


def _agree(spec: BundleSpec) -> None:
    """Refuse a spec whose fields contradict each other or what can be run."""
    if len(spec.labels) < 2 or len(set(spec.labels)) != len(spec.labels):
        raise _wrong("labels", list(spec.labels), "two or more different words")
    if NO_SPEECH in spec.labels:
        raise _wrong("labels", NO_SPEECH, "emotions only")
    if spec.sample_rate != SAMPLE_RATE:
        raise _wrong("sample_rate", spec.sample_rate, str(SAMPLE_RATE))
    if spec.window_s <= spec.min_speech_s:
        raise _wrong("window_s", spec.window_s, f"more than min_speech_s ({spec.min_speech_s:g})")
    if "model.onnx" not in spec.sha256:
        raise _wrong("sha256", sorted(spec.sha256), "a digest of model.onnx")
    known = spec.check.probabilities
    if len(known) != len(spec.labels) or abs(sum(known) - 1) > _SUM_TOLERANCE:
        raise _wrong("check.probabilities", list(known), "one for each label, sum 1")


def _source(raw: Any) -> DataSource:
    fields = _Fields(raw, "data.")
    return DataSource(
        corpus=fields.text("corpus"),
        licence=fields.text("licence"),
        clips=fields.count("clips"),
        speakers=fields.count("speakers"),
        hash=fields.text("hash"),
    )


def _score(raw: Any) -> Score:
    fields = _Fields(raw, "scores.")
    interval = fields.numbers("interval")
    if len(interval) != 2:
        raise _wrong("scores.interval", list(interval), "a low and a high number")
    return Score(
        protocol=fields.text("protocol"),
        metric=fields.text("metric"),
        value=fields.number("value"),
        interval=(interval[0], interval[1]),
        seeds=fields.count("seeds"),
    )


def _check(fields: _Fields) -> Check:
    return Check(seed=fields.count("seed"), probabilities=fields.numbers("probabilities"))


def _conformal(fields: _Fields, prefix: str = "") -> Conformal:
    found = Conformal(
        coverage=fields.number("coverage", low=0, high=1),
        threshold=fields.number("threshold", low=0, high=1),
        method=fields.text("method"),
    )
    # Another method would make other sets of the same threshold.
    if found.method != "lac":
        raise _wrong(f"{prefix}conformal.method", found.method, "'lac'")
    return found


def _reference(fields: _Fields) -> Reference:
    found = Reference(
        rows=fields.count("rows"),
        prior_s=fields.number("prior_s", low=0),
        uncertain_below=(
            fields.number("uncertain_below", low=0, high=1)
            if fields.has("uncertain_below")
            else None
        ),
        conformal=(
            _conformal(fields.part("conformal"), "reference.") if fields.has("conformal") else None
        ),
    )
    if found.rows == 0:
        raise _wrong("reference.rows", 0, "a whole number from 1")
    return found


def _wrong(field: str, value: object, wanted: str) -> BundleError:
    return BundleError(
        f"bundle.json has {field} = {value!r} where {wanted} belongs", "export the model again"
    )


class _Fields:
    """Typed access to an object of JSON; every refusal names the field."""

    def __init__(self, raw: Any, prefix: str = "") -> None:
        self._prefix = prefix
        if not isinstance(raw, dict):
            raise _wrong(prefix.rstrip(".") or "its content", raw, "an object")
        self._raw = raw

    def _get(self, key: str) -> Any:
        if key not in self._raw:
            raise BundleError(
                f"bundle.json lacks the field '{self._prefix}{key}'", "export the model again"
            )
        return self._raw[key]

    def has(self, key: str) -> bool:
        return self._raw.get(key) is not None

    def _wrong(self, key: str, wanted: str) -> BundleError:
        return _wrong(self._prefix + key, self._raw[key], wanted)

    def text(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(key, "a word or more")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._get(key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, "a list of words")
        return tuple(value)

    def count(self, key: str) -> int:
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._wrong(key, "a whole number from 0")
        return value

    def number(self, key: str, *, low: float = -math.inf, high: float = math.inf) -> float:
        value = self._get(key)
        if not _is_number(value) or not low <= value <= high:
            limits = "" if low == -math.inf else f" of {low:g} or more"
            limits = f" in {low:g}..{high:g}" if high < math.inf else limits
            raise self._wrong(key, f"a number{limits}")
        return float(value)

    def numbers(self, key: str) -> tuple[float, ...]:
        value = self._get(key)
        if not isinstance(value, list) or not all(_is_number(item) for item in value):
            raise self._wrong(key, "a list of numbers")
        return tuple(float(item) for item in value)

    def digests(self, key: str) -> dict[str, str]:
        value = self._get(key)
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise self._wrong(key, "a digest for each file")
        return dict(value)

    def items(self, key: str) -> list[Any]:
        value = self._get(key)
        if not isinstance(value, list):
            raise self._wrong(key, "a list")
        return value

    def part(self, key: str) -> _Fields:
        return _Fields(self._get(key), f"{self._prefix}{key}.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
