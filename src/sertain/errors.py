"""Every error a user can meet: the fact, the value, the remedy, in one line.

All of them derive from :class:`SertainError`, so ``except SertainError`` catches what this
package means to say and nothing else.  The command line prints ``str(error)`` and exits with 1.
"""

from __future__ import annotations


class SertainError(Exception):
    """Base of all errors raised on purpose.

    Parameters
    ----------
    fact:
        What is wrong, with the value that shows it; no full stop at the end.
    remedy:
        What the reader can do about it, as an imperative.
    """

    def __init__(self, fact: str, remedy: str = "") -> None:
        self.fact = fact
        self.remedy = remedy
        super().__init__(f"{fact}; {remedy}" if remedy else fact)


class AudioError(SertainError):
    """A recording cannot be used: missing, empty, not audio, too short, too long, not finite."""


class CorpusError(SertainError):
    """A corpus is missing, incomplete or does not follow its published names."""


class LabelError(SertainError):
    """A word or code is no known emotion, or a set of labels does not fit."""


class BundleError(SertainError):
    """A bundle is missing, damaged or of another format version."""


class BaselineError(SertainError):
    """A baseline cannot be used: too little speech, of another model, or the model takes none."""


class RecipeError(SertainError):
    """A recipe has an unknown key, a value out of range or asks for what is not there."""


class LeakageError(SertainError):
    """A speaker, file or copy stands in more than one of training, validation and test."""


class ProtocolError(SertainError):
    """A protocol cannot be run on the data at hand."""


class MissingExtraError(SertainError):
    """A command needs an optional extra that is not installed."""

    def __init__(self, command: str, extra: str, module: str) -> None:
        super().__init__(
            f"{command} needs the module '{module}', which is not installed",
            f"run: pip install 'sertain[{extra}]'",
        )
