"""An intake with its engine, as large as a whole exchange and put together as the live process does it."""

from collections.abc import Callable, Sequence

from benchmarks.material.frames import START_NS, SYMBOLS
from tidemark.engine.intake import BATCH_TRADES, Intake
from tidemark.engine.outputs import Output
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.errors import FrameError
from tidemark.ingest.venues.base import Parser, Venue
from tidemark.memory.ledger import Ledger
from tidemark.model.events import Listing, StreamGap
from tidemark.model.instrument import Instrument, Status
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.units import SECOND

TICK_SIZE = 0.01


def instruments(venue: str, symbols: Sequence[str] = SYMBOLS) -> list[Instrument]:
    """One instrument for each symbol."""
    return [
        Instrument(
            venue=venue,
            symbol=symbol,
            base=symbol.removesuffix("USDT"),
            quote="USDT",
            tick_size=TICK_SIZE,
            lot_size=0.001,
            status=Status.TRADING,
        )
        for symbol in symbols
    ]


def engine(venue: Venue, ledger: Ledger, symbols: int = len(SYMBOLS), book_depth: int = 0) -> Engine:
    """An engine of the default size: eight timeframes with their default retention; without books at depth 0."""
    settings = Settings()
    return Engine(
        EngineSize(
            series=symbols,
            retention={timeframe: settings.candles.retention.rows(timeframe.value) for timeframe in Timeframe},
            tape_rows=settings.tape.trades_per_symbol,
            is_numbered=venue.has_numbered_trades,
            batch_trades=BATCH_TRADES,
            grace_ns=round(settings.candles.grace * SECOND),
            book_depth=book_depth,
            book_rules=venue.book_rules,
        ),
        ledger,
    )


def intake(venue: Venue, parser: Callable[[dict[str, int]], Parser] | None = None, *, book_depth: int = 0) -> Intake:
    """An intake whose symbols are listed and alive a minute before START_NS; *parser* instead of the venue's own."""
    ledger = Ledger()
    made_engine = engine(venue, ledger, book_depth=book_depth)
    made = Intake(
        made_engine,
        (parser or venue.parser)(made_engine.universe.slots),
        ledger,
        deliver=_let_go,
        reject=_refuse_to_go_on,
    )
    at = START_NS - 60 * SECOND
    for instrument in instruments(venue.name):
        made.event(Listing(ts_event=at, ts_recv=at, instrument=instrument))
    made.event(
        StreamGap(ts_event=at, ts_recv=at, venue=venue.name, channel="trades", symbols=(), gap_to=at, cause="start")
    )
    made.pass_time(START_NS - SECOND)
    return made


def _let_go(outputs: list[Output]) -> None:
    """The journal is another benchmark's business."""
    del outputs


def _refuse_to_go_on(error: FrameError, payload: bytes | memoryview) -> None:
    raise AssertionError(f"frame {bytes(payload)[:200]!r} was refused: {error}")
