"""Other libraries over the same frames; each script runs in the environment that the peers share."""
