"""Training: cached clips, batches, the loss over partial labels, the loop that resumes."""

from sertain.lab.training.fit import Fit, fit, load_fit
from sertain.lab.training.summary import Summary

__all__ = ["Fit", "Summary", "fit", "load_fit"]
