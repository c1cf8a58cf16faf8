"""The scripts behind every figure that the project states."""
