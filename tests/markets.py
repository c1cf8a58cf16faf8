"""The markets of an engine, as the analysis sees them."""

from tests.build import engine

from tidemark.analysis.markets import Markets
from tidemark.engine.step import Engine
from tidemark.market.books import Books


def markets(made: Engine | None = None, books: Books | None = None) -> Markets:
    """Of *made*, with *books* in the place of its own."""
    made = made or engine()
    return Markets(
        universe=made.universe,
        candles=made.candles,
        tape=made.tape,
        tickers=made.tickers,
        books=books,
        derivatives=made.derivatives,
        freshness=made.freshness,
    )
