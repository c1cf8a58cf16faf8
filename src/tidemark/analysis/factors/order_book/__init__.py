"""What waits on both sides of the price, and how it moves."""
