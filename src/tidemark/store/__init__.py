"""What we keep: captures of raw frames, the journal of closed candles."""
