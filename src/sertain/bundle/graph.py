"""A bundle's graph, opened and checked: waveforms in, probabilities and embeddings out.

A graph may take the statistics of a voice besides.  They are initialisers that a caller may
override, so that who knows nothing gives nothing and pays nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from sertain.bundle.folder import Bundle, check_digests
from sertain.bundle.spec import SAMPLE_RATE
from sertain.errors import BundleError

if TYPE_CHECKING:
    import onnxruntime

TOLERANCE: Final = 1e-3
_CHECK_S: Final = 2.0
_INPUTS: Final = {"waveform": 2, "lengths": 1}
_OUTPUTS: Final = {"probabilities": 2, "embedding": 2}
_KNOWING_INPUTS: Final = {"reference": 2, "reference_s": 0}
_KNOWING_OUTPUTS: Final = {"statistics": 3}
_STRANGE_OUTPUTS: Final = {"strangeness": 1}


@dataclass(frozen=True, slots=True)
class Graph:
    """The network of a bundle, safe to run from several threads at once."""

    session: onnxruntime.InferenceSession

    def run(
        self,
        waveform: NDArray[np.float32],
        lengths: NDArray[np.int64],
        *,
        reference: NDArray[np.float32] | None = None,
        reference_s: float = 0.0,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Hear a batch.

        Parameters
        ----------
        waveform: float32 (batch, samples) in -1..1 at 16 kHz, padded with zeros on the right.
        lengths: int64 (batch,), how many samples of each row are sound.
        reference: float32 (2, rows), mean and deviation of each row of the features over the
            frames of the voice that the whole batch is of; only where the bundle's spec has a
            ``reference``.
        reference_s: seconds of speech that ``reference`` was made of.

        Returns
        -------
        probabilities float32 (batch, labels), rows sum to 1; embedding float32 (batch, d).
        """
        given = _given(waveform, lengths, reference, reference_s)
        probabilities, embedding = self.session.run(["probabilities", "embedding"], given)
        return np.asarray(probabilities), np.asarray(embedding)

    def strangeness(
        self,
        waveform: NDArray[np.float32],
        lengths: NDArray[np.int64],
        *,
        reference: NDArray[np.float32] | None = None,
        reference_s: float = 0.0,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Hear a batch and how strange it sounds; input as of :meth:`run`.

        Only where the bundle's spec has ``unfamiliar_above``.

        Returns
        -------
        probabilities float32 (batch, labels); strangeness float32 (batch,), at least 1: by what
        the logits were divided because the model learnt from nothing like it.
        """
        given = _given(waveform, lengths, reference, reference_s)
        probabilities, strangeness = self.session.run(["probabilities", "strangeness"], given)
        return np.asarray(probabilities), np.asarray(strangeness)

    def statistics(
        self, waveform: NDArray[np.float32], lengths: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Hear a batch to learn what its voices are like; input as of :meth:`run`.

        Returns
        -------
        probabilities float32 (batch, labels), without a reference; statistics float32
        (batch, 2, rows), mean and mean square of the features over each row's own frames.
        """
        probabilities, statistics = self.session.run(
            ["probabilities", "statistics"], {"waveform": waveform, "lengths": lengths}
        )
        return np.asarray(probabilities), np.asarray(statistics)


def _given(
    waveform: NDArray[np.float32],
    lengths: NDArray[np.int64],
    reference: NDArray[np.float32] | None,
    reference_s: float,
) -> dict[str, NDArray[Any]]:
    """The inputs of a run; without a reference the graph keeps its own, nobody's."""
    given: dict[str, NDArray[Any]] = {"waveform": waveform, "lengths": lengths}
    if reference is not None:
        given |= {"reference": reference, "reference_s": np.array(reference_s, np.float32)}
    return given


def check_waveform(seed: int) -> NDArray[np.float32]:
    """The sound of a bundle's ``check``: float32 (32000,), 2 s of uniform noise in -0.1..0.1."""
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.1, 0.1, int(_CHECK_S * SAMPLE_RATE)).astype(np.float32)


def verify(bundle: Bundle) -> Graph:
    """Give a bundle's graph, ready to run.

    Before that its digests, inputs, outputs and the answer to its ``check`` are compared.

    One thread per run: who has several stretches of sound runs them side by side, which on few
    cores is faster than sharing the work inside a small network.

    Raises
    ------
    BundleError: a file is damaged, the graph does not load, has other inputs or outputs, or
        answers its ``check`` differently.
    """
    import onnxruntime  # noqa: PLC0415

    check_digests(bundle)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # A pattern of memory a length would be kept for every length ever heard.
    options.enable_mem_pattern = False
    try:
        session = onnxruntime.InferenceSession(
            bundle.model_path, options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime raises its own classes, one for each status
        raise _broken(bundle, f"does not load ({_first_line(error)})") from error
    _compare_ends(bundle, "input", session.get_inputs(), _INPUTS)
    _compare_ends(bundle, "output", session.get_outputs(), _OUTPUTS)
    if bundle.spec.reference is not None:
        _compare_knowing(bundle, session, bundle.spec.reference.rows)
    if bundle.spec.unfamiliar_above is not None:
        _compare_ends(bundle, "output", session.get_outputs(), _STRANGE_OUTPUTS)
    graph = Graph(session)
    _compare_answer(bundle, graph)
    return graph


def _compare_ends(bundle: Bundle, end: str, found: list[Any], wanted: dict[str, int]) -> None:
    ranks = {each.name: len(each.shape) for each in found}
    for name, rank in wanted.items():
        if ranks.get(name) != rank:
            raise _broken(bundle, f"has no {end} '{name}' of {rank} dimensions")


def _compare_knowing(bundle: Bundle, session: onnxruntime.InferenceSession, rows: int) -> None:
    """Refuse a graph that does not take and give the statistics its spec tells of."""
    given = session.get_overridable_initializers()
    _compare_ends(bundle, "input with a value of its own", given, _KNOWING_INPUTS)
    _compare_ends(bundle, "output", session.get_outputs(), _KNOWING_OUTPUTS)
    (found,) = (each.shape[-1] for each in given if each.name == "reference")
    if found != rows:
        raise _broken(bundle, f"takes a reference of {found} rows, bundle.json says {rows}")


def _compare_answer(bundle: Bundle, graph: Graph) -> None:
    waveform = check_waveform(bundle.spec.check.seed)[None]
    lengths = np.array([waveform.shape[1]], dtype=np.int64)
    try:
        probabilities, _ = graph.run(waveform, lengths)
    except Exception as error:  # as above
        raise _broken(bundle, f"does not run ({_first_line(error)})") from error
    expected = np.array([bundle.spec.check.probabilities])
    if probabilities.shape != expected.shape:
        raise _broken(
            bundle, f"answers {probabilities.shape[-1]} columns for {expected.size} labels"
        )
    apart = float(np.abs(probabilities - expected).max())
    if not apart <= TOLERANCE:
        raise _broken(bundle, f"answers its check {apart:.2g} off, {TOLERANCE:g} is allowed")


def _broken(bundle: Bundle, what: str) -> BundleError:
    return BundleError(f"{bundle.path}: model.onnx {what}", "install or export the model again")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
