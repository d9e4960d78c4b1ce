"""Tiny random encoders of every family, written as folders that transformers would write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import transformers

WIDTH, BLOCKS = 24, 3
_SHAPE: dict[str, Any] = {
    "hidden_size": WIDTH,
    "num_hidden_layers": BLOCKS,
    "num_attention_heads": 4,
    "intermediate_size": 32,
    "conv_dim": (12, 12, 12),
    "conv_kernel": (10, 8, 4),
    "conv_stride": (8, 8, 5),
    "num_feat_extract_layers": 3,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}
_LARGE = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "wav2vec2": ("Wav2Vec2", {}),
    "xlsr": ("Wav2Vec2", _LARGE),
    "hubert": ("Hubert", {}),
    "hubert-large": ("Hubert", _LARGE),
    "hubert-batch-norm": ("Hubert", {"conv_pos_batch_norm": True}),
    "wavlm": ("WavLM", {"num_buckets": 32, "max_bucket_distance": 40}),
    "wavlm-large": ("WavLM", {**_LARGE, "num_buckets": 32, "max_bucket_distance": 40}),
    "data2vec": (
        "Data2VecAudio",
        {"num_conv_pos_embeddings": 2, "conv_pos_kernel_size": 5},
    ),
}


def build(name: str) -> Any:
    """Give transformers' model of a family, with random weights, in evaluation mode."""
    torch.manual_seed(7)
    if name == "whisper":
        config = transformers.WhisperConfig(
            d_model=WIDTH,
            encoder_layers=BLOCKS,
            encoder_attention_heads=4,
            encoder_ffn_dim=32,
            decoder_layers=1,
            decoder_attention_heads=4,
            decoder_ffn_dim=32,
            vocab_size=60,
            pad_token_id=1,
            bos_token_id=1,
            eos_token_id=1,
            decoder_start_token_id=1,
            num_mel_bins=40,
            max_source_positions=200,
        )
        return _shaken(transformers.WhisperModel(config))
    kind, own = FAMILIES[name]
    config = getattr(transformers, f"{kind}Config")(**{**_SHAPE, **own})
    return _shaken(getattr(transformers, f"{kind}Model")(config))


def _shaken(model: Any) -> Any:
    """Give norms and biases values, as training leaves them; fresh ones hide mistakes."""
    for values in model.parameters():
        values.data += 0.1 * torch.randn_like(values)
    for name, values in model.named_buffers():
        if name.endswith("running_mean"):
            values.normal_(0, 0.1)
    return model.eval()


def write(name: str, folder: Path) -> Any:
    """Save a family's model as a folder and give the model."""
    model = build(name)
    model.save_pretrained(folder)
    if name != "whisper":
        says = {"feature_extractor_type": "Wav2Vec2FeatureExtractor", "do_normalize": True}
        (folder / "preprocessor_config.json").write_text(json.dumps(says))
    return model
