"""Which prices and quantities the exchange takes."""
