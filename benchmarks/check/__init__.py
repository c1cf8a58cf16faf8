"""This tree and the last release side by side: `python -m benchmarks.check`."""
