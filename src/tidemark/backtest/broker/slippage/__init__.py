"""How much worse than the market a taker is filled."""
