"""What the benchmarks are made of: frames, an engine, the peers, and readings from outside."""
