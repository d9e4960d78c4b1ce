"""A look at corpora before anything trains: counts, lengths, sounds, augmentation, features."""
