"""One folder a venue, each with the same file names; sans-I/O."""
