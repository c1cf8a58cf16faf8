"""What the monitor says, asked once and given to many."""
