"""Runs of backtests: what was asked for, what is written down while one runs, and what came of it."""
