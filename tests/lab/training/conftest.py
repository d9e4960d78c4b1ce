"""A recipe that trains in seconds."""

from __future__ import annotations

import pytest

from sertain.lab.recipes import Recipe


@pytest.fixture(scope="session")
def tiny() -> Recipe:
    return Recipe.model_validate(
        {
            "name": "tiny",
            "corpora": ["ravdess"],
            "labels": ["happy", "sad", "angry"],
            "frontend": {
                "name": "log_mel",
                "parameters": {"n_mels": 16, "n_fft": 512, "hop_length": 320},
            },
            "model": {
                "name": "residual_asp",
                "parameters": {
                    "channels": [4, 8],
                    "blocks": [1, 1],
                    "time_strides": [1, 2],
                    "attention": 8,
                    "embedding": 8,
                },
            },
            "augment": {
                "speed": {},
                "noise": {},
                "band": {},
                "spec_augment": {"rows": 2},
                "mixup": {},
            },
            "sampling": {"examples_per_epoch": 48},
            "training": {
                "epochs": 4,
                "batch_size": 16,
                "clip_s": 0.5,
                "average_decay": 0.8,
                "precision": "32",
            },
        }
    )
