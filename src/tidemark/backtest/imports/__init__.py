"""Candles of equities, currencies and coins from files that others wrote: read, checked, and written down as ours."""
