"""What is measured of markets every second, beside their candles: one source a file, each a few named columns."""
