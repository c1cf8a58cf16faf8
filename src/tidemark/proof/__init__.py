"""Drives the whole thing at speed and under faults, judges a process, and says what it found."""
