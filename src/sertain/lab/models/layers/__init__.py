"""Layers that several architectures share; no network of its own lives here."""
