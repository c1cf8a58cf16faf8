"""How much of an order a candle fills."""
