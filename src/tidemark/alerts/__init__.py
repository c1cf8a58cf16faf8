"""Who is told what became of signals: each event once, gathered first, by the ways that people use."""
