"""Wyckoff structure: trading ranges, their events, phases and causes, in both directions, as bars close."""
