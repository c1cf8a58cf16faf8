"""The state of the markets that is analysed: read, never changed."""

import msgspec

from tidemark.market.books import Books
from tidemark.market.candles import Candles
from tidemark.market.derivatives import Derivatives
from tidemark.market.freshness import Freshness
from tidemark.market.tape import Tape
from tidemark.market.tickers import Tickers
from tidemark.market.universe import Universe


class Markets(msgspec.Struct, frozen=True, kw_only=True):
    """All that the engine knows of the markets of one venue; books is None where none are kept."""

    universe: Universe
    candles: Candles
    tape: Tape
    tickers: Tickers
    books: Books | None
    derivatives: Derivatives
    freshness: Freshness
