"""What is true now: candles, tape, tickers, universe."""
