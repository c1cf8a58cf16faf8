"""For which side volume speaks, and where it was traded."""
