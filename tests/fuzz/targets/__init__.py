"""One file a target; `tests/fuzz/target.py` says what it needs."""
