"""The inner loop of `list` and `tuned` in C, optional: `kernels.schedule.compiled` is its face."""
