"""Finds a pretrained encoder: among those at hand, in a folder, on the Hugging Face hub."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sertain.errors import MissingExtraError, RecipeError
from sertain.lab.encoders.encoder import Encoder
from sertain.lab.encoders.wav2vec2 import Wav2Vec2
from sertain.lab.encoders.wavlm import WavLM
from sertain.lab.encoders.whisper import Whisper
from sertain.lab.quiet import quiet

VARIABLE: Final = "SERTAIN_ENCODERS"
_REMEDY = (
    f"name a folder with config.json and model.safetensors, one inside ${VARIABLE},"
    " or a hub name such as openai/whisper-tiny.en"
)
_PREFIXES: Final = {r"^(model\.)?encoder\.": ""}
# By the type that config.json names: the model in transformers, the key of its depth, and what is
# made of it here.
_FAMILIES: Final[dict[str, tuple[str, str, Any]]] = {
    "whisper": ("models.whisper.modeling_whisper.WhisperEncoder", "encoder_layers", Whisper),
    "wav2vec2": ("Wav2Vec2Model", "num_hidden_layers", Wav2Vec2),
    "hubert": ("HubertModel", "num_hidden_layers", Wav2Vec2),
    "data2vec-audio": ("Data2VecAudioModel", "num_hidden_layers", Wav2Vec2),
    "wavlm": ("WavLMModel", "num_hidden_layers", WavLM),
}


def place_of(name: str) -> str:
    """Give the folder of an encoder, or its name on the hub.

    A folder of this name inside ``$SERTAIN_ENCODERS`` goes before one that the name is the path
    of, and that before the hub.
    """
    root = os.environ.get(VARIABLE)
    if root and (Path(root) / name).is_dir():
        return str(Path(root) / name)
    return name


def load(name: str, blocks: int | None = None, *, blank: bool = False) -> Encoder:
    """Load an encoder, frozen, in float32 and evaluation mode.

    Parameters
    ----------
    name:
        The name of a folder inside ``$SERTAIN_ENCODERS``, the path of a folder, or a name on the
        Hugging Face hub.  Whisper, wav2vec 2.0, XLSR, HuBERT, WavLM and data2vec are known.
    blocks:
        How many blocks are kept, from the first on; all without it.
    blank:
        Whether its weights are loaded afterwards, so that its shape, as :func:`keep` writes it, is
        all that is read; until then they are random.

    Raises
    ------
    RecipeError
        There is no such encoder or the hub cannot be reached, it is of another kind, its weights
        are not all there, or it has fewer blocks.
    MissingExtraError
        transformers is not installed.
    """
    transformers = _transformers()
    place = place_of(name)
    said = f"the folder {place}" if Path(place).is_dir() else f"the hub's {name}"
    if Path(place).is_dir() and not (Path(place) / "config.json").is_file():
        raise RecipeError(f"{said} holds no config.json", _REMEDY)
    with _hushed(transformers), _told(said):
        config = transformers.AutoConfig.from_pretrained(place)
    if config.model_type not in _FAMILIES:
        raise RecipeError(
            f"{said} holds a model of the type {config.model_type}",
            f"known encoders: {', '.join(_FAMILIES)}",
        )
    path, depth, family = _FAMILIES[config.model_type]
    if blocks is not None:
        if blocks > getattr(config, depth):
            raise RecipeError(
                f"the encoder of {said} has {getattr(config, depth)} blocks, not {blocks}",
                "name at most as many",
            )
        setattr(config, depth, blocks)
    module, _, kind = f"transformers.{path}".rpartition(".")
    options = {"key_mapping": _PREFIXES} if family is Whisper else {}
    made = getattr(import_module(module), kind)
    with _hushed(transformers), _told(said):
        if blank:
            model, missing = made(config), set()
        else:
            model, found = made.from_pretrained(
                place, config=config, output_loading_info=True, **options
            )
            # The vector that hides frames in pretraining is not used.
            missing = set(found["missing_keys"]) - {"masked_spec_embed"}
    if missing:
        raise RecipeError(f"the weights of {said} lack {min(missing)}", "name those of an encoder")
    model = model.float().requires_grad_(False)
    if family is Whisper:
        return Whisper(model).eval()
    encoder: Encoder = family(model, _normalised(transformers, place))
    return encoder.eval()


def keep(name: str, folder: Path) -> None:
    """Write an encoder's shape, without its weights, as a folder for :func:`load` with ``blank``.

    A folder that holds one already is left as it is.

    Raises
    ------
    RecipeError
        There is no such encoder or the hub cannot be reached.
    """
    if (folder / "config.json").is_file():
        return
    transformers = _transformers()
    place = place_of(name)
    with _hushed(transformers), _told(name):
        config = transformers.AutoConfig.from_pretrained(place)
        says = {"do_normalize": _normalised(transformers, place)}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "preprocessor_config.json").write_text(json.dumps(says), "utf-8")
    # Last, since by it the folder is known to be whole.
    config.save_pretrained(folder)


def _transformers() -> Any:
    try:
        return import_module("transformers")
    except ImportError:
        raise MissingExtraError("a pretrained encoder", "pretrained", "transformers") from None


def _normalised(transformers: Any, place: str) -> bool:
    """Say whether the encoder wants clips of mean 0 and variance 1."""
    with _hushed(transformers):
        try:
            values, _ = transformers.Wav2Vec2FeatureExtractor.get_feature_extractor_dict(place)
        except OSError:  # not every folder has the file; then transformers' default holds
            return True
    return bool(values.get("do_normalize", True))


@contextmanager
def _told(said: str) -> Iterator[None]:
    """Turn what transformers says of a place that cannot be read into one line."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).strip().split("\n", 1)[0].rstrip(".")
        raise RecipeError(f"the encoder of {said} cannot be read ({reason})", _REMEDY) from None


@contextmanager
def _hushed(transformers: Any) -> Iterator[None]:
    """Keep reports of unused weights, bars and retries off the terminal."""
    talk = transformers.utils.logging
    before, bars = talk.get_verbosity(), talk.is_progress_bar_enabled()
    talk.set_verbosity_error()
    talk.disable_progress_bar()
    try:
        with quiet("huggingface_hub"):
            yield
    finally:
        talk.set_verbosity(before)
        if bars:
            talk.enable_progress_bar()
