"""The ways to people: one file a kind of sink, found by itself."""
