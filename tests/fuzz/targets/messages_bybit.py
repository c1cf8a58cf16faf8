"""What a client of the local exchange says to Bybit's stream, message by message, and the address it came by."""

from pathlib import Path

from tests.fuzz import clients
from tests.fuzz.target import Take

REFUSALS: tuple[type[Exception], ...] = ()


def seeds() -> list[bytes]:
    return clients.messages("bybit")


def opened(folder: Path) -> Take:
    return clients.hearing("bybit")
