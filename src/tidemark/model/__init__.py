"""What things are: units, instrument, events, candle, batch."""
