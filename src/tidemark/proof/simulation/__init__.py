"""Worlds in which everything goes wrong, each a function of its seed."""
