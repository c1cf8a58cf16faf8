"""Processes that answer beside the monitor: what they import and hold stays out of it."""
