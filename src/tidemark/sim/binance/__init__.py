"""Binance USD-M futures as the local exchange speaks it."""
