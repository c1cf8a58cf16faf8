"""What can happen in a trading range: one file an event, of either direction."""
