"""Louder, softer, and cut off at the top."""

from __future__ import annotations

import numpy as np

from sertain.lab.robustness.noise import Samples


def gain(samples: Samples, gain_db: float) -> Samples:
    """Change the level of float32 (n,); what exceeds full scale is cut off, as in a recorder."""
    return np.asarray(np.clip(samples * np.float32(10 ** (gain_db / 20)), -1, 1))


def clip(samples: Samples, share: float = 0.1) -> Samples:
    """Cut off the loudest ``share`` of float32 (n,) at the level of the softest among them."""
    limit = np.quantile(np.abs(samples), 1 - share).astype(np.float32)
    return np.clip(samples, -limit, limit)
