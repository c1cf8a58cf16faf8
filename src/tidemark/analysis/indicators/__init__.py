"""Indicators of closed candles, one file each: a file that is added here is found by itself.

Each is a kernel: rows over symbols is the live pass, one row repeated over time is the backtest.
"""
