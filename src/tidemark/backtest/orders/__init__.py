"""What a process of backtests can be told to do: one order a file."""
