"""Reads a REST body as the answer to every question of a venue."""

import re
from collections.abc import Callable
from functools import partial

from tests.fuzz.soundness import is_sound
from tests.fuzz.target import Take

from tidemark.errors import FrameError, VenueError
from tidemark.ingest.venues import registry
from tidemark.model.events import MarketEvent
from tidemark.model.timeframe import Timeframe

RECV = 1_795_248_000_000_000_000
# The longest of a body stands for what a header may hold.
_WORD = re.compile(rb"\w+")
_SYMBOL = "BTCUSDT"
_HEADERS = ("x-bapi-limit-status", "x-bapi-limit-reset-timestamp", "x-mbx-used-weight-1m")


def reader(name: str) -> Take:
    """Feeds a body to all parsers of the venue; it is of use when one of them takes it."""
    venue = registry.find(name)
    rest, derivatives = venue.rest, venue.derivatives
    events: list[Callable[[bytes], list[MarketEvent]]] = [
        lambda body: list(rest.parse_tickers(body, RECV)),
        lambda body: list(rest.parse_klines(body, _SYMBOL, Timeframe.M1, RECV)),
        lambda body: list(rest.parse_recent_trades(body, _SYMBOL, RECV)),
        lambda body: [rest.parse_book_snapshot(body, _SYMBOL, RECV)],
        lambda body: list(derivatives.parse_open_interest_history(body, _SYMBOL, RECV)),
        lambda body: [one for one in [derivatives.parse_open_interest(body, _SYMBOL, RECV)] if one is not None],
        lambda body: list(derivatives.parse_funding_history(body, _SYMBOL, RECV)),
        lambda body: list(derivatives.parse_long_short_ratio(body, _SYMBOL, RECV)),
        lambda body: list(derivatives.parse_marks(body, RECV)),
    ]

    def instruments(body: bytes) -> None:
        for instrument in rest.parse_instruments(body)[0]:
            assert instrument.tick_size > 0, instrument
            assert instrument.lot_size > 0, instrument

    def take(body: bytes) -> bool:
        word = max(_WORD.findall(body), key=len, default=b"")
        rest.spent(dict.fromkeys(_HEADERS, word.decode("latin-1")))
        taken = [_is_taken(lambda: instruments(body)), _is_taken(lambda: rest.parse_server_time(body))]
        for parse in events:
            found: list[MarketEvent] = []
            taken.append(_is_taken(partial(_into, found, parse, body)))
            assert all(map(is_sound, found)), found
        return any(taken)

    return take


def _into(found: list[MarketEvent], parse: Callable[[bytes], list[MarketEvent]], body: bytes) -> None:
    found.extend(parse(body))


def _is_taken(call: Callable[[], object]) -> bool:
    try:
        call()
    except (FrameError, VenueError):
        return False
    return True
