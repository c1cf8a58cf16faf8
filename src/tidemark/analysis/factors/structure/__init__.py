"""Where the price stands in what it has drawn so far."""
