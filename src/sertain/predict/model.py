"""A model: a bundle opened and checked, that answers recordings."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from sertain.audio import MAX_DURATION_S, Source, blocks, find_audio
from sertain.bundle import DEFAULT, NO_SPEECH, Bundle, Graph, find, verify
from sertain.predict.baseline import Baseline, Pool, model_name, takes
from sertain.predict.foreground import foreground
from sertain.predict.gates import Gates
from sertain.predict.listening import Listening
from sertain.predict.prediction import Prediction
from sertain.predict.windows import Windows


class Model:
    """Answers recordings; made by :func:`load`, safe to use from several threads at once.

    Attributes
    ----------
    bundle: what the model says of itself.
    baseline: the voice that it knows, or ``None``; see :meth:`with_baseline`.
    """

    def __init__(self, bundle: Bundle, graph: Graph, baseline: Baseline | None = None) -> None:
        """``graph`` is the opened one of ``bundle``, ``baseline`` one that belongs to it."""
        self.bundle = bundle
        self.baseline = baseline
        self._graph = graph
        self._reference = (
            None if baseline is None else np.stack([baseline.mean, baseline.deviation])
        )

    @property
    def name(self) -> str:
        """Name and version, as every answer carries it."""
        return model_name(self.bundle)

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
        is the mean of what it says to each, weighted by their length.  No recording that was
        answered before changes it.

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
            Listening(self._answers, spec.min_speech_s) as listening,
        ):
            for block in reader:
                gates.hear(block)
                listening.add(foreground(gates.passing(windows.feed(block))))
            listening.add(foreground(gates.passing(windows.finish())))
            heard = listening.mean()
        warnings = reader.warnings + gates.warnings(windows.speech_s, answered=heard is not None)
        known = None if self.baseline is None else self.baseline.known
        if heard is None:
            label, confidence, probabilities = NO_SPEECH, None, None
        else:
            own = heard[0][: len(spec.labels)]
            mean = own / own.sum()
            warnings += self._unfamiliar(heard[0][len(spec.labels) :])
            probabilities = dict(zip(spec.labels, mean.tolist(), strict=True))
            warnings += () if known is None else known.cautions()
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
            uncertain_below=spec.uncertain_below if known is None else spec.uncertain_below_told,
            warnings=warnings,
            conformal=spec.conformal if known is None else spec.conformal_told,
            baseline=known,
        )

    def with_baseline(
        self,
        baseline: Baseline | Source | Iterable[Source],
        *,
        sample_rate: int | None = None,
        name: str | None = None,
        max_duration_s: float | None = MAX_DURATION_S,
        one_sided: bool = False,
    ) -> Model:
        """The same model, knowing a voice; this one stays as it is.

        Parameters
        ----------
        baseline: unlabelled recordings of the speaker, the microphone or the project that is to
            be answered, in every mood there is (a path, a folder, a pattern, or several of
            whatever :meth:`predict` takes), or what was made of them before.
        sample_rate: Hz of arrays; needed there and nowhere else.
        name: what to call it in answers; by default its path or ``"recordings"``.
        max_duration_s: longer recordings are refused; ``None`` takes any length.
        one_sided: whether recordings that mostly sound like one emotion are believed, too.  What
            was made before is.

        Raises
        ------
        AudioError: a recording is missing or cannot be used.
        BaselineError: the model takes none, there is too little speech, one emotion in nearly all
            of it, or it was made by another model.

        Examples
        --------
        ``load().with_baseline("anna/").predict("anna/today.wav")``
        """
        takes(self.bundle)
        if not isinstance(baseline, Baseline):
            pool = Pool()
            for source in _sources(baseline):
                pool.join(self.pool(source, sample_rate=sample_rate, max_duration_s=max_duration_s))
            called = str(baseline) if isinstance(baseline, str | os.PathLike) else "recordings"
            baseline = pool.baseline(self.bundle, name or called, one_sided=one_sided)
        baseline.check(self.bundle)
        return Model(self.bundle, self._graph, baseline.named(name) if name else baseline)

    def pool(
        self,
        source: Source,
        *,
        sample_rate: int | None = None,
        max_duration_s: float | None = MAX_DURATION_S,
    ) -> Pool:
        """What one recording tells of its voice, to be joined with others into a baseline.

        Parameters and errors are those of :meth:`predict`, and :class:`BaselineError` where the
        model takes no baseline.  A recording without speech tells nothing.
        """
        takes(self.bundle)
        spec = self.bundle.spec
        windows, pool = Windows(spec.window_s), Pool()
        with (
            blocks(source, array_rate=sample_rate, max_duration_s=max_duration_s) as reader,
            Listening(self._statistics, spec.min_speech_s) as listening,
        ):
            for block in reader:
                listening.add(foreground(windows.feed(block)))
            listening.add(foreground(windows.finish()))
            heard = listening.mean()
        if heard is not None:
            probabilities, statistics = np.split(heard[0], [len(spec.labels)])
            pool.add(probabilities, statistics.reshape(2, -1), heard[1])
        return pool

    def _answers(
        self, waveform: NDArray[np.float32], lengths: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Probabilities and, where the graph tells it, how strange it sounds: (batch, columns)."""
        seconds = 0.0 if self.baseline is None else self.baseline.known.seconds
        if self.bundle.spec.unfamiliar_above is None:
            return self._graph.run(
                waveform, lengths, reference=self._reference, reference_s=seconds
            )[0]
        probabilities, strangeness = self._graph.strangeness(
            waveform, lengths, reference=self._reference, reference_s=seconds
        )
        return np.concatenate([probabilities, strangeness[:, None]], axis=1)

    def _unfamiliar(self, strangeness: NDArray[np.float64]) -> tuple[str, ...]:
        """A warning of a recording that sounds like nothing the model learnt from."""
        usual = self.bundle.spec.unfamiliar_above
        if usual is None or strangeness[0] <= usual:
            return ()
        return (
            "unfamiliar: unlike all that the model learnt from, so the answer is "
            f"{strangeness[0]:.1f} times less sure (usual: up to {usual:.1f})",
        )

    def _statistics(
        self, waveform: NDArray[np.float32], lengths: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Probabilities and statistics side by side, (batch, labels + 2 rows)."""
        probabilities, statistics = self._graph.statistics(waveform, lengths)
        return np.concatenate([probabilities, statistics.reshape(len(lengths), -1)], axis=1)


def _sources(named: Source | Iterable[Source]) -> Iterable[Source]:
    """Recordings one by one; folders and patterns are searched."""
    if isinstance(named, str | os.PathLike):
        return find_audio([Path(named)])
    if isinstance(named, bytes | bytearray | np.ndarray) or hasattr(named, "read"):
        return [cast(Source, named)]
    return (each for source in named for each in _sources(source))


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
