"""How a figure is earned: protocols, folds, the leakage audit, metrics, intervals, calibration."""
