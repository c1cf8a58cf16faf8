"""What several processes share through a Redis."""
