from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.build import MIDNIGHT, engine, step
from tests.markets import markets

from tidemark.analysis.columns import Column
from tidemark.analysis.factors.sentiment import liquidations
from tidemark.analysis.sources.positions import LEAST, SETTLEMENTS, Source
from tidemark.engine.step import Engine
from tidemark.ingest.venues import registry
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import Funding, Liquidation, LongShortRatio, StreamGap, Tick, TickerUpdate
from tidemark.units import HOUR, MILLISECOND, MINUTE, SECOND

Recorded = Callable[[str], Path]


class Exchange:
    """An engine of one market, told by hand, and a source that reads it."""

    def __init__(self, at: int = MIDNIGHT) -> None:
        self.engine: Engine = engine()
        self.source = Source.open(markets(self.engine), series=4, ledger=Ledger())
        self.at = at
        self.gap("tickers", closed_at=at)

    def gap(self, channel: str, *, closed_at: int | None, since: int | None = None) -> None:
        at = self.at
        step(
            self.engine,
            StreamGap(
                ts_event=at, ts_recv=at, venue="bybit", channel=channel, symbols=(), gap_from=since, gap_to=closed_at,
                cause="test",
            ),
        )  # fmt: skip

    def ticker(self, **fields: Any) -> None:
        step(self.engine, TickerUpdate(ts_event=self.at, ts_recv=self.at, symbol="BTCUSDT", **fields))

    def settle(self, rates: list[float]) -> None:
        for number, rate in enumerate(reversed(rates)):
            due = MIDNIGHT - 8 * HOUR * number
            step(self.engine, Funding(ts_event=due, ts_recv=self.at, symbol="BTCUSDT", rate=rate, due_at=due))

    def accounts(self, long_shares: list[float]) -> None:
        """One point in five minutes, the newest now."""
        for number, share in enumerate(reversed(long_shares)):
            told = self.at - 5 * MINUTE * number
            step(self.engine, LongShortRatio(ts_event=told, ts_recv=self.at, symbol="BTCUSDT", long_share=share))

    def liquidate(self, turnover: float, *, is_long: bool, ago: float = 0.0) -> None:
        at = self.at - round(ago * SECOND)
        step(
            self.engine,
            Liquidation(
                ts_event=at, ts_recv=self.at, symbol="BTCUSDT", price=100.0, size=turnover / 100, is_long=is_long
            ),
        )

    def watch(self, hours: float) -> None:
        slots = np.zeros(1, np.int32)
        self.engine.derivatives.liquidations.mark_gap(slots, None, self.at - round(hours * HOUR), is_venue=False)

    def pass_time(self, seconds: float) -> None:
        self.at += round(seconds * SECOND)
        step(self.engine, Tick(ts_event=self.at, ts_recv=self.at))

    def all(self) -> dict[str, Column]:
        return self.source.read(self.at)

    def read(self) -> dict[str, float]:
        return {name: float(column.values[0]) for name, column in self.all().items() if column.is_known[0]}


# Four of 1 bps and four of 3: a mean of 2 and a standard deviation of 1.
RATES = [0.0001, 0.0003] * 4


def test_funding_is_held_against_the_settlements_of_its_own_market() -> None:
    exchange = Exchange()
    exchange.settle(RATES)
    exchange.ticker(funding_rate=0.0005)

    read = exchange.read()

    assert read["funding_bps"] == pytest.approx(5.0)
    assert read["funding_mean_bps"] == pytest.approx(2.0)
    assert read["funding_z"] == pytest.approx(3.0)
    assert not exchange.all()["funding_z"].is_known[1:].any()


def test_a_market_whose_funding_never_moved_has_a_deviation_of_a_tenth_of_a_basis_point() -> None:
    exchange = Exchange()
    exchange.settle([0.0001] * SETTLEMENTS)
    exchange.ticker(funding_rate=0.00012)

    # 1.2 bps, 0.2 from 1.
    assert exchange.read()["funding_z"] == pytest.approx(2.0)


def test_without_eight_settlements_or_with_old_ones_funding_is_not_known() -> None:
    few = Exchange()
    few.settle(RATES[1:])
    few.ticker(funding_rate=0.0005)
    assert "funding_z" not in few.read()

    old = Exchange(MIDNIGHT + 24 * HOUR)
    old.settle(RATES)
    old.ticker(funding_rate=0.0005)
    assert "funding_z" in old.read()
    old.pass_time(10)
    old.ticker(funding_rate=0.0005)
    assert "funding_z" not in old.read()


def test_what_the_ticker_said_counts_while_its_feed_speaks_and_a_minute_longer() -> None:
    exchange = Exchange()
    exchange.settle(RATES)
    exchange.ticker(funding_rate=0.0005)
    for _ in range(20):
        exchange.pass_time(30)
        exchange.ticker(last=100.0)
    assert "funding_z" in exchange.read()

    exchange.gap("tickers", closed_at=None, since=exchange.at)
    assert "funding_z" not in exchange.read()
    exchange.ticker(funding_rate=0.0005)
    exchange.pass_time(60)
    assert "funding_z" in exchange.read()
    exchange.pass_time(1)
    assert "funding_z" not in exchange.read()


def test_the_basis_is_held_against_the_mean_of_the_readings_before() -> None:
    exchange = Exchange()
    for number in range(LEAST):
        # 10 and 30 bps in turn: a mean of 20 and a deviation of 10.
        exchange.ticker(mark=100.3 if number % 2 else 100.1, index=100.0)
        read = exchange.read()
        assert read["basis_bps"] == pytest.approx(30.0 if number % 2 else 10.0)
        assert "basis_z" not in read
        exchange.pass_time(1)
    exchange.ticker(mark=99.9, index=100.0)

    read = exchange.read()

    assert read["basis_bps"] == pytest.approx(-10.0)
    assert read["basis_usual_bps"] == pytest.approx(20.0)
    assert read["basis_z"] == pytest.approx(-3.0)


def test_accounts_are_held_against_their_points_of_24_hours() -> None:
    exchange = Exchange()
    # 50 % and 60 % in turn, then 70 %: leads of 0, 20 and 40 points; the newest is one of the points.
    shares = [0.5, 0.6] * 12 + [0.7]
    leads = [200.0 * share - 100.0 for share in shares]
    mean = sum(leads) / 25
    deviation = (sum((lead - mean) ** 2 for lead in leads) / 25) ** 0.5
    exchange.accounts(shares)

    read = exchange.read()

    assert read["long_lead"] == pytest.approx(40.0, abs=1e-4)
    assert read["long_lead_mean"] == pytest.approx(11.2, abs=1e-4)
    assert read["long_lead_z"] == pytest.approx((40.0 - 11.2) / deviation, rel=1e-5)
    exchange.pass_time(20 * 60)
    assert "long_lead_z" in exchange.read()
    exchange.pass_time(1)
    assert "long_lead_z" not in exchange.read()


def test_few_points_of_accounts_are_no_history() -> None:
    exchange = Exchange()
    exchange.accounts([0.5, 0.6] * 11 + [0.7])

    assert "long_lead_z" not in exchange.read()


def test_liquidations_halve_in_fifteen_minutes_and_are_held_against_the_usual_turnover() -> None:
    # 23:57:30: half of a bucket of five minutes has passed.
    exchange = Exchange(MIDNIGHT - 150 * SECOND)
    exchange.watch(3.0)
    exchange.ticker(turnover_24h=96.0 * 1e6)
    exchange.liquidate(1000.0, is_long=True)
    exchange.liquidate(500.0, is_long=False, ago=900.0)

    read = exchange.read()

    # The open bucket is 75 s old on average, the one of 15 minutes ago (23:40 to 23:45) 15 minutes.
    assert read["liquidated_longs"] == pytest.approx(1000.0 * 2.0 ** (-75 / 900))
    assert read["liquidated_shorts"] == pytest.approx(500.0 * 0.5)
    # A million in a quarter of an hour; the buckets' weights times their lengths, the open one half as long.
    hours = 75 * 2 * 2.0 ** (-75 / 900) + sum(300 * 2.0 ** (-(300 * back) / 900) for back in range(1, 24))
    assert read["liquidation_turnover"] == pytest.approx(1e6 * hours / 900)


def test_liquidations_that_were_not_watched_are_not_known() -> None:
    exchange = Exchange()
    exchange.ticker(turnover_24h=1e6)
    assert "liquidated_longs" not in exchange.read()

    exchange.watch(0.1)
    exchange.pass_time(10)
    assert "liquidated_longs" not in exchange.read()
    exchange.pass_time(840)
    assert exchange.read()["liquidated_longs"] == 0.0
    exchange.gap("liquidations", closed_at=None, since=exchange.at)
    exchange.pass_time(10)
    assert "liquidated_longs" not in exchange.read()


@pytest.mark.parametrize(("venue", "name"), [("bybit", b"allLiquidation"), ("binance", b"forceOrder")])
def test_the_recorded_liquidated_longs_of_each_venue_speak_for_falling_prices(
    recorded: Recorded, venue: str, name: bytes
) -> None:
    frames = [one for one in recorded("ws/captured_2026_frames.jsonl").read_bytes().splitlines() if name in one]
    exchange = Exchange(1791565603 * SECOND)
    exchange.watch(3.0)
    exchange.ticker(turnover_24h=1e9)
    parser = registry.find(venue).parser(exchange.engine.universe.slots)
    batch = Batch(8192)

    for frame in frames:
        parser.feed(frame, exchange.at + MILLISECOND, batch)
    exchange.engine.process(batch)
    columns = exchange.all()

    assert frames
    longs, shorts, turnover = (columns[one] for one in liquidations.READS)
    assert longs.is_known[0]
    assert (longs.values[0] > 0.0, shorts.values[0]) == (True, 0.0)
    assert liquidations.value(longs.values[:1], shorts.values[:1], turnover.values[:1])[0] < 0.0


def test_history_is_read_anew_after_ten_seconds_and_when_the_clock_was_set_back() -> None:
    exchange = Exchange(MIDNIGHT + 60 * SECOND)
    exchange.watch(3.0)
    exchange.ticker(turnover_24h=1e9)
    assert exchange.read()["liquidated_longs"] == 0.0
    exchange.liquidate(1000.0, is_long=True)

    exchange.pass_time(9)
    assert exchange.read()["liquidated_longs"] == 0.0
    exchange.pass_time(-10)
    assert exchange.read()["liquidated_longs"] > 0.0


def test_a_market_that_leaves_takes_its_usual_with_it_and_it_takes_what_it_reserved() -> None:
    ledger = Ledger()
    exchange = Exchange()
    exchange.ticker(mark=100.3, index=100.0)
    exchange.read()
    exchange.source.clear(0)
    assert not any(column[0].any() for column in exchange.source.kept().values())

    Source.open(markets(exchange.engine), series=7, ledger=ledger)
    planned = {one.owner: one.bytes for one in Source.reserve(series=7)}
    assert planned == {line.owner: line.bytes_reserved for line in ledger.report() if line.owner in planned}
