"""Bybit v5 linear as the local exchange speaks it."""
