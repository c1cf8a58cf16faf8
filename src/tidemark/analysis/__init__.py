"""Numbers from the market: indicators, factors, components, the score and its explanation."""
