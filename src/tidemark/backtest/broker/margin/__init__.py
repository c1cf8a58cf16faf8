"""What has to be there to hold a position, and when it is liquidated."""
