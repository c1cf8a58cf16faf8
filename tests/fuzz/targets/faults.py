"""Bodies of POST /_sim/faults at the local exchange, which then goes on under what they switched on."""

from pathlib import Path

from tests.fuzz import clients
from tests.fuzz.target import Take

from tidemark.errors import SettingsError

REFUSALS: tuple[type[Exception], ...] = (SettingsError,)


def seeds() -> list[bytes]:
    return clients.switches()


def opened(folder: Path) -> Take:
    return clients.switching("bybit")
