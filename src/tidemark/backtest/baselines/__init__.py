"""Baselines of backtests: what a team agreed that a strategy does, in a file that it commits."""
