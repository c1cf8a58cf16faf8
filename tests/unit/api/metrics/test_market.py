from tests.api_process import Lived
from tests.build import MIDNIGHT, T, engine, klines_of, step
from tests.scraped import Series, scraped, value

from tidemark.api.metrics.exposition import Exposition
from tidemark.api.metrics.market import (
    Rising,
    tell_books,
    tell_confirmed,
    tell_freshness,
    tell_gaps,
    tell_intake,
)
from tidemark.model.events import StreamGap, Tick
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND


def told(tell: object, *given: object) -> dict[Series, float]:
    """What a leaf tells."""
    to = Exposition()
    assert callable(tell)
    tell(to, *given)
    return scraped(to.text())


def test_what_came_in_is_counted(process: Lived) -> None:
    found = told(tell_intake, process.parts)

    counters = process.parts.engine.counters
    assert value(found, "tidemark_markets") == 20
    assert value(found, "tidemark_messages_total") == process.parts.intake.frames > 1000
    assert value(found, "tidemark_trades_total") == counters.trades > 1000
    assert value(found, "tidemark_candles_closed_total") == counters.candles > 1000
    assert value(found, "tidemark_decode_errors_total") == 0
    assert value(found, "tidemark_store_failures") == 0


def test_a_sum_that_forgets_those_who_left_makes_a_counter_that_rises() -> None:
    rising = Rising()

    assert [rising.follow(total) for total in (0, 10, 10, 4, 9, 0, 1)] == [0, 10, 10, 10, 15, 15, 16]


def test_comparisons_go_on_rising_when_a_market_leaves(process: Lived) -> None:
    compared, mismatched = Rising(), Rising()
    compared.follow(7)

    found = told(tell_confirmed, process.parts, compared, mismatched)

    assert value(found, "tidemark_candles_compared_total") == 7
    assert value(found, "tidemark_candles_mismatched_total") == 0


def gap(channel: str, since_s: int, to_s: int | None) -> StreamGap:
    """A gap of all markets, so many seconds after midnight."""
    return StreamGap(
        ts_event=MIDNIGHT,
        ts_recv=MIDNIGHT + (since_s if to_s is None else to_s) * SECOND,
        venue="bybit",
        channel=channel,
        symbols=(),
        gap_from=MIDNIGHT + since_s * SECOND,
        gap_to=None if to_s is None else MIDNIGHT + to_s * SECOND,
        cause="planned",
    )


def test_gaps_are_counted_by_channel_and_by_what_became_of_them() -> None:
    """Trades are missing from 01:10 to 02:10: two minutes are not whole, and the first of them is told anew."""
    made = engine(("A", "B"))
    trades = [T(at, 100.0, number=at) for at in range(1, 400) if not 70 <= at < 130]
    for one in (gap("trades", 70, None), gap("trades", 70, 130), gap("books", 80, None)):
        step(made, one)
    step(made, Tick(ts_event=MIDNIGHT, ts_recv=MIDNIGHT + 400 * SECOND))
    step(made, klines_of(trades, Timeframe.M1, 60, 1, symbol="A"))

    found = told(tell_gaps, made.gaps)

    assert value(found, "tidemark_gaps_opened_total") == 4
    assert value(found, "tidemark_gaps_closed_total") == 2
    assert value(found, "tidemark_gaps_open", channel="books") == 2
    assert value(found, "tidemark_gaps_open", channel="trades") == 0
    assert value(found, "tidemark_gaps_unmended") == 2
    known = [one for one in made.gaps.gaps() if one.gap_to is not None]
    assert value(found, "tidemark_gaps_repaired_candles") == sum(one.repaired for one in known) == 1
    assert value(found, "tidemark_gaps_lost_candles") == sum(one.lost for one in known) == 3


def test_every_market_is_in_one_state_of_each_channel_that_is_subscribed(process: Lived) -> None:
    found = told(tell_freshness, process.parts)

    by_channel: dict[str, float] = {}
    for (name, labels), count in found.items():
        if name == "tidemark_channel_markets":
            channel = dict(labels)["channel"]
            by_channel[channel] = by_channel.get(channel, 0) + count
    assert by_channel == {"trades": 20, "tickers": 20, "books": 20}
    assert value(found, "tidemark_channel_markets", channel="trades", state="live") == 20
    assert value(found, "tidemark_markets_polled") == 0


def test_books_are_counted_and_why_they_broke(process: Lived) -> None:
    found = told(tell_books, process.parts)

    assert value(found, "tidemark_books_synced") == 1
    assert value(found, "tidemark_books_out_of_sync") == 19
    assert value(found, "tidemark_book_breaks_total", reason="crossed") == 0
    assert sum(name == "tidemark_book_breaks_total" for name, _ in found) == 8
