"""Decisions from the numbers: rules, what becomes of their signals, and what those were worth."""
