"""Candles in files: what there is of them, and streamed in order in little memory."""
