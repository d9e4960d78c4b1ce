"""One script per target; each writes its table to results/benchmarks."""
