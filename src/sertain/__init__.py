"""Hears the emotion in speech and knows how sure it is."""

__version__ = "0.1.0"
