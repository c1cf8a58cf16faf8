from collections.abc import Callable
from pathlib import Path

import pytest
from tests.build import MIDNIGHT, instrument

from tidemark.clock import SystemClock
from tidemark.errors import BudgetError, StoreError
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.live.assembly import Parts, _after, _ever_shallower, assemble, begin
from tidemark.live.wiring import children, fit_plan, reservations, sockets_for, wanted
from tidemark.memory.process import Process
from tidemark.model.events import Listing, StreamGap
from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.store.gap_log import read_gaps
from tidemark.store.state import StateFile
from tidemark.units import MIB, SECOND

INSTRUMENTS = [instrument(f"{n}USDT") for n in range(20)]


async def build(
    chosen: Settings, instruments: list[Instrument] | None = None, capture_to: tuple[Path, int] | None = None
) -> Parts:
    clock = SystemClock()
    venue = registry.find(chosen.venue.name)
    async with RestClient(venue, venue.endpoints, clock) as rest:
        return assemble(chosen, begin(chosen, clock), clock, venue, rest, instruments or INSTRUMENTS, capture_to)


@pytest.mark.parametrize("venue", ["bybit", "binance"])
@pytest.mark.parametrize("journal", ["true", "false"])
@pytest.mark.parametrize("captures", [True, False])
@pytest.mark.parametrize("subscribed", ["trades", "trades,books"])
async def test_the_ledger_lists_exactly_what_the_plan_listed(
    settings: Callable[..., Settings], tmp_path: Path, venue: str, journal: str, captures: bool, subscribed: str
) -> None:
    chosen = settings(venue__name=venue, store__journal=journal, venue__channels=subscribed)
    exchange = registry.find(venue)

    parts = await build(chosen, capture_to=(tmp_path / "capture", MIB) if captures else None)

    planned = reservations(
        chosen,
        wanted(chosen, 20, exchange.book_rules),
        is_numbered=exchange.has_numbered_trades,
        sockets=sockets_for(chosen, [one.symbol for one in INSTRUMENTS], exchange),
        captures=captures,
    )
    listed = {line.owner: line.bytes_reserved for line in parts.ledger.report()}
    assert listed.pop("transient") == chosen.memory.transient
    assert listed == {line.owner: line.bytes for line in planned}
    assert parts.ledger.violations() == []
    assert (parts.resync is not None) == (parts.engine.books is not None) == ("books" in subscribed)
    if parts.capture is not None:
        parts.capture.close()


async def test_markets_beyond_the_plan_are_left_out_the_least_traded_first(
    settings: Callable[..., Settings],
) -> None:
    many = [instrument(f"{n}USDT") for n in range(3000)]
    venue = registry.find("bybit")
    floor = Process().read().rss
    chosen = settings(memory__budget=str(floor + 150 * MIB))
    parts = await build(chosen, many)

    assert 0 < len(parts.instruments) < 3000
    assert parts.instruments == many[: len(parts.instruments)]
    assert fit_plan(chosen, [one.symbol for one in many], venue, floor=floor).cuts


async def test_a_budget_that_holds_nothing_is_refused(settings: Callable[..., Settings]) -> None:
    with pytest.raises(BudgetError, match=r"memory\.budget is 40\.0 MB"):
        await build(settings(memory__budget="40MB"))


async def test_a_folder_that_cannot_be_is_refused(settings: Callable[..., Settings], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="cannot keep the journal"):
        await build(settings(store__folder=str(tmp_path / "file" / "x")))


async def test_what_a_connection_says_reaches_the_engine(settings: Callable[..., Settings]) -> None:
    parts = await build(settings())
    parts.sink.on_event(Listing(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, instrument=instrument("BTCUSDT")))
    frame = (
        b'{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1793491200123,"data":[{"T":1793491200100,'
        b'"s":"BTCUSDT","S":"Buy","v":"0.5","p":"61800.1","L":"PlusTick","i":"a-1","BT":false,"seq":7}]}'
    )

    parts.sink.on_frame("bybit-1", memoryview(frame), MIDNIGHT)
    parts.sink.on_frame("bybit-1", memoryview(frame[:50]), MIDNIGHT)
    parts.intake.flush()

    assert parts.engine.counters.trades == 1
    assert parts.intake.rejected == 1
    (sample,) = (parts.settings.store.path / "bybit" / "rejects.jsonl").read_text().splitlines()
    assert "bybit-1" in sample


async def test_what_is_told_stands_in_the_plan_as_in_the_ledger(settings: Callable[..., Settings]) -> None:
    chosen = settings(alerts__sinks="log file:alerts.jsonl")
    exchange = registry.find(chosen.venue.name)

    parts = await build(chosen)

    sockets = sockets_for(chosen, [one.symbol for one in INSTRUMENTS], exchange)
    planned = reservations(
        chosen, wanted(chosen, 20, exchange.book_rules), is_numbered=exchange.has_numbered_trades, sockets=sockets,
        captures=False,
    )  # fmt: skip
    listed = {line.owner: line.bytes_reserved for line in parts.ledger.report() if line.owner != "transient"}
    assert listed == {line.owner: line.bytes for line in planned}
    assert {"notifications", "alerts tasks"} <= set(listed)
    assert "alerts" in [line.owner for line in children(chosen)]
    assert parts.alerting is not None


async def test_what_is_archived_stands_in_the_plan_as_in_the_ledger(
    settings: Callable[..., Settings],
) -> None:
    chosen = settings(archive__trades="true", backfill__enabled="false")
    exchange = registry.find("bybit")

    parts = await build(chosen)

    planned = reservations(
        chosen,
        wanted(chosen, 20, exchange.book_rules),
        is_numbered=exchange.has_numbered_trades,
        sockets=sockets_for(chosen, [one.symbol for one in INSTRUMENTS], exchange),
    )
    listed = {line.owner: line.bytes_reserved for line in parts.ledger.report() if line.owner != "transient"}
    assert listed == {line.owner: line.bytes for line in planned}
    assert {"trade log", "gap log", "journal"} <= set(listed)
    assert parts.backfill is None


async def test_trades_that_the_engine_took_go_into_the_log_each_once(settings: Callable[..., Settings]) -> None:
    parts = await build(settings(archive__trades="true"))
    assert parts.trade_log is not None
    parts.sink.on_event(Listing(ts_event=1, ts_recv=1, instrument=instrument("BTCUSDT")))
    frame = (
        b'{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1789470139371,"data":[{"T":1789470139371,"s":"BTCUSDT",'
        b'"S":"Sell","v":"0.003","p":"77256.70","L":"ZeroMinusTick","i":"0e5ae7e6-1","BT":false,"seq":9685122331}]}'
    )

    for _ in range(2):
        parts.sink.on_frame("x-1", memoryview(frame), MIDNIGHT)
        parts.intake.flush()

    assert (parts.trade_log.written, parts.trade_log.lost) == (1, 0)


@pytest.mark.parametrize(("depth", "steps"), [("50", (50, 25, 10)), ("10", (10, 5, 2)), ("1", (1,)), ("3", (3, 1))])
async def test_books_become_ever_shallower_under_pressure(
    settings: Callable[..., Settings], depth: str, steps: tuple[int, ...]
) -> None:
    parts = await build(settings(venue__channels="trades,books", book__depth=depth))

    assert _ever_shallower(parts.engine) == steps


async def test_without_books_there_is_no_depth_to_give_up(settings: Callable[..., Settings]) -> None:
    parts = await build(settings(venue__channels="trades"))

    assert _ever_shallower(parts.engine) == ()


async def test_derivatives_wait_for_the_first_candles_where_candles_are_fetched(
    settings: Callable[..., Settings],
) -> None:
    with_history = await build(settings())
    without = await build(settings(backfill__enabled="false"))

    assert with_history.backfill is not None
    assert _after(with_history.backfill) == with_history.backfill.first_filled
    assert _after(without.backfill) is None


async def test_candles_that_are_kept_again_after_pressure_are_fetched(settings: Callable[..., Settings]) -> None:
    parts = await build(settings())
    without = await build(settings(backfill__enabled="false"))

    assert parts.backfill is not None
    assert parts.sacrifices.on_return == parts.backfill.ask_again
    without.sacrifices.on_return(Timeframe.M1)


async def test_gaps_that_the_engine_notes_are_in_the_log_of_gaps(settings: Callable[..., Settings]) -> None:
    chosen = settings()
    parts = await build(chosen)
    parts.sink.on_event(Listing(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, instrument=instrument("BTCUSDT")))
    for until in (None, MIDNIGHT + SECOND):
        parts.sink.on_gap(
            StreamGap(
                ts_event=MIDNIGHT, ts_recv=MIDNIGHT, venue="bybit", channel="tickers", symbols=("BTCUSDT", "NOBODY"),
                gap_from=MIDNIGHT, gap_to=until, cause="closed by peer",
            )
        )  # fmt: skip
    parts.intake.flush()

    (path,) = (chosen.store.path / "bybit" / "gaps").iterdir()
    gaps = [gap for gap, _ in read_gaps(path)]

    assert [(gap.symbol, gap.channel, gap.gap_to) for gap in gaps if gap is not None] == [
        ("BTCUSDT", "tickers", None), ("BTCUSDT", "tickers", MIDNIGHT + SECOND),
    ]  # fmt: skip
    assert (parts.gap_log.written, parts.gap_log.lost) == (2, 0)


async def test_the_state_is_written_beside_the_journal(settings: Callable[..., Settings]) -> None:
    chosen = settings()
    parts = await build(chosen)
    parts.sink.on_event(Listing(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, instrument=instrument("BTCUSDT")))
    parts.intake.flush()

    parts.state.write()

    kept = StateFile(chosen.store.path / "bybit" / "state").read()
    assert parts.state.failure is None
    assert kept is not None
    assert kept.symbols == ("BTCUSDT",)
