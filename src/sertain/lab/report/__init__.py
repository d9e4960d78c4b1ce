"""What is written of a run for people to read."""
