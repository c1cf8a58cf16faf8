"""The front door: one command a file."""
