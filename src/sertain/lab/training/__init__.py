"""Training: cached clips, batches, the loss over partial labels, the loop that resumes."""

from sertain.lab.training.fit import Fit, Summary, fit, load_fit

__all__ = ["Fit", "Summary", "fit", "load_fit"]
