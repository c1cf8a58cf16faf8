"""Where the crowd of those who trade stands: oscillators, trend and divergence of price alone."""
