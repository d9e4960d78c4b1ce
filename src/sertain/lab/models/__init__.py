"""Architectures: one module each, with its paper, a ``Config`` and a ``Network``.

``Network(config, rows, labels)`` maps features (batch, rows, frames), standardised, and a mask
(batch, frames) or ``None`` to logits (batch, labels) and an embedding (batch, ``embedding``).
"""
