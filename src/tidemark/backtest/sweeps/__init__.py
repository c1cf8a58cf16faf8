"""Sweeps: one strategy with many settings, on many processes, and how much of the best of them is luck."""
