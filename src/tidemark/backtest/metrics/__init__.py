"""What a backtest was worth: figures of its equity and of its trades, and how much of them could be luck."""
