"""Paths and queries of REST requests to the local exchange as Binance, and to its own pages."""

from pathlib import Path

from tests.fuzz import clients
from tests.fuzz.target import Take

REFUSALS: tuple[type[Exception], ...] = ()


def seeds() -> list[bytes]:
    return clients.addresses("binance")


def opened(folder: Path) -> Take:
    return clients.answering("binance")
