"""What may make a process grow: one hypothesis a file, found by itself."""
