"""Tidemark: every perpetual-futures market of an exchange, watched in a fixed amount of memory."""

from importlib.metadata import version

__version__ = version("tidemark")
