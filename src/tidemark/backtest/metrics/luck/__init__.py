"""How much of a result could be luck: intervals, what chance brings in the same market, and what choosing brings."""
