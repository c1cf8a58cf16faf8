"""What holding a perpetual costs or brings."""
