"""The command line: one file per command; what a command does lies in the rooms below."""
