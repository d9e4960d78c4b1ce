"""The embedded models, a bundle's folder each: data, no code."""
