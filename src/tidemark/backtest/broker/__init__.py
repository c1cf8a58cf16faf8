"""The broker of backtests: what an order costs and when it is filled, a model a file, over one compiled kernel."""
