"""What a fill costs at the exchange."""
