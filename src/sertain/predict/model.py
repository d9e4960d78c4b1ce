"""A model: a bundle opened and checked, that answers recordings."""

from __future__ import annotations

from pathlib import Path

from sertain.audio import MAX_DURATION_S, Source, blocks
from sertain.bundle import DEFAULT, NO_SPEECH, Bundle, Graph, find, verify
from sertain.predict.gates import Gates
from sertain.predict.listening import Listening
from sertain.predict.prediction import Prediction
from sertain.predict.windows import Windows


class Model:
    """Answers recordings; made by :func:`load`, safe to use from several threads at once."""

    def __init__(self, bundle: Bundle, graph: Graph) -> None:
        """``graph`` is the opened one of ``bundle``."""
        self.bundle = bundle
        self._graph = graph

    @property
    def name(self) -> str:
        """Name and version, as every answer carries it."""
        return f"{self.bundle.spec.name} {self.bundle.spec.version}"

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions this model tells apart, in its order."""
        return self.bundle.spec.labels

    def predict(
        self,
        source: Source,
        *,
        sample_rate: int | None = None,
        name: str | None = None,
        max_duration_s: float | None = MAX_DURATION_S,
    ) -> Prediction:
        """Answer one recording of any length; its channels are mixed.

        Somebody's speech is cut into windows no longer than the model hears at once; the answer
        is the mean of what it says to each, weighted by their length.

        Parameters
        ----------
        source: a path, the bytes of a file, an open binary file, or an array of shape (n,) or
            (channels, n) in -1..1.
        sample_rate: Hz of an array; needed there and nowhere else.
        name: what to call the recording in the answer; by default its path, ``"bytes"``,
            ``"stream"`` or ``"array"``.
        max_duration_s: longer recordings are refused; ``None`` takes any length.

        Raises
        ------
        AudioError: the recording is missing, empty, no audio, too short, too long or not finite.
        """
        spec = self.bundle.spec
        windows, gates = Windows(spec.window_s), Gates()
        with (
            blocks(source, array_rate=sample_rate, max_duration_s=max_duration_s) as reader,
            Listening(self._graph, len(spec.labels), spec.min_speech_s) as listening,
        ):
            for block in reader:
                gates.hear(block)
                listening.add(gates.passing(windows.feed(block)))
            listening.add(gates.passing(windows.finish()))
            mean = listening.mean()
        warnings = reader.warnings + gates.warnings(windows.speech_s, answered=mean is not None)
        if mean is None:
            label, confidence, probabilities = NO_SPEECH, None, None
        else:
            probabilities = dict(zip(spec.labels, mean.tolist(), strict=True))
            label = max(probabilities, key=probabilities.__getitem__)
            confidence = probabilities[label]
        return Prediction(
            file=name or reader.name,
            duration_s=reader.duration_s,
            speech_s=windows.speech_s,
            label=label,
            confidence=confidence,
            probabilities=probabilities,
            model=self.name,
            uncertain_below=spec.uncertain_below,
            warnings=warnings,
            conformal=spec.conformal,
        )


def load(model: str | Path = DEFAULT) -> Model:
    """Open a model: an embedded one by its name, or the bundle in a folder.

    Examples
    --------
    ``load()`` the default one; ``load("runs/mine/bundle")`` one exported by ``sertain export``.

    Raises
    ------
    BundleError: there is none, or it is damaged.
    """
    bundle = find(model)
    return Model(bundle, verify(bundle))


def predict(
    source: Source,
    *,
    sample_rate: int | None = None,
    model: str | Path | Model = DEFAULT,
    max_duration_s: float | None = MAX_DURATION_S,
) -> Prediction:
    """Answer one recording; for several, :func:`load` a model once and call its ``predict``.

    Parameters, answer and errors are those of :meth:`Model.predict`; ``model`` is a loaded one,
    a name or a folder.
    """
    opened = model if isinstance(model, Model) else load(model)
    return opened.predict(source, sample_rate=sample_rate, max_duration_s=max_duration_s)
