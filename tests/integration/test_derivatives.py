"""Polls of derivatives over real HTTP on loopback: within the limits of the exchange, replayed to the same state."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.build import MIDNIGHT, instrument
from tests.build import engine as build
from tests.derivatives import Polled, polled

from tidemark.backtest.replay import Replay
from tidemark.engine.intake import Intake
from tidemark.engine.step import Engine
from tidemark.errors import RateLimitError
from tidemark.ingest.budget import SHARE
from tidemark.ingest.venues import registry
from tidemark.live.derivatives import Poll
from tidemark.memory.ledger import Ledger
from tidemark.model.events import Liquidation, Listing, StreamGap, TickerUpdate
from tidemark.store.capture import find, read
from tidemark.store.capture_writer import CaptureWriter
from tidemark.units import HOUR, MIB, MINUTE

START = MIDNIGHT + 13 * HOUR + 2 * MINUTE


def most_within(times: list[int], window_s: int) -> int:
    """The most requests in any window of so many seconds."""
    return max(sum(at <= other < at + window_s for other in times) for at in set(times))


async def test_the_whole_market_of_binance_is_polled_within_each_of_its_limits(tmp_path: Path) -> None:
    symbols = [f"{number}USDT" for number in range(560)]

    async with polled("binance", START, tmp_path, symbols=symbols) as made:
        made.exchange.is_short = True
        await made.run(1000)

        data = [at for at, _ in made.exchange.times("/openInterestHist") + made.exchange.times("AccountRatio")]
        fundings = [at for at, _ in made.exchange.times("/fundingRate")]
        weights = [at for at, _ in made.exchange.times("/openInterest") + made.exchange.times("/premiumIndex")]
        assert most_within(data, 300) <= 1000 * SHARE
        assert most_within(fundings, 300) <= 500 * SHARE
        assert most_within(weights, 60) <= 2400 * SHARE
        status = {one.poll: one for one in made.polls.status()}
        assert {poll: one.markets for poll, one in status.items()} == dict.fromkeys(Poll, 560)
        assert sum(one.failed + one.refused for one in status.values()) <= 20
        # 560 ratios take 560 of the 800 statistics in five minutes; open interest has a budget of its own.
        ratio, open_interest = status[Poll.RATIO].period_s, status[Poll.OPEN_INTEREST].period_s
        assert ratio is not None
        assert open_interest is not None
        assert ratio == pytest.approx(300, abs=30)
        assert open_interest == pytest.approx(300, abs=5)


async def test_a_spent_pool_is_told_with_its_end_and_leaves_the_others_alone(tmp_path: Path) -> None:
    off: dict[str, Any] = {"open_interest": False, "funding": False, "ratio": False}
    async with polled("binance", START, tmp_path, **off) as made:
        await made.run(1)
        rest = made.polls._rest
        for _ in range(int(500 * SHARE)):
            await rest.funding_history("AUSDT", 1)

        with pytest.raises(RateLimitError, match="wants no 'funding' requests for another 300 s") as caught:
            await rest.funding_history("AUSDT", 1)

        assert caught.value.retry_after_s == pytest.approx(300, abs=1)
        assert len(made.exchange.times("/fundingRate")) == 400
        assert await rest.open_interest("AUSDT") is not None
        assert len(await rest.long_short_ratio("AUSDT", 5)) == 5
        assert len(await rest.marks()) == 2


@pytest.mark.parametrize("venue", ["bybit", "binance"])
async def test_histories_are_read_over_as_many_pages_as_it_takes(venue: str, tmp_path: Path) -> None:
    off: dict[str, Any] = {"open_interest": False, "funding": False, "ratio": False}
    async with polled(venue, START, tmp_path, **off) as made:
        await made.run(1)
        rest = made.polls._rest
        start_ms = (START - 100 * HOUR) // 1_000_000

        points = await rest.open_interest_history("AUSDT", start_ms, 1199)
        settled = await rest.funding_history("AUSDT", 90)

        assert len(points) == 1199
        assert {later.ts_event - earlier.ts_event for earlier, later in pairwise(points)} == {5 * MINUTE}
        page = registry.find(venue).derivatives.OPEN_INTEREST_PAGE
        paths = {"bybit": "/open-interest", "binance": "/openInterestHist"}
        assert len(made.exchange.times(paths[venue])) == -(-1199 // page)
        assert len(settled) == 90
        assert await rest.open_interest_history("AUSDT", START // 1_000_000 + 10**9, 5) == []


def state(engine: Engine, now: int) -> list[bytes]:
    """Every figure of derivatives that can be read, as bytes."""
    found: list[bytes] = []
    derivatives = engine.derivatives
    for slot, listed in engine.universe.occupied():
        for series in (derivatives.open_interest, derivatives.ratio):
            points = series.points(slot)
            found += [points.times.tobytes(), points.values.tobytes(), repr(series.latest(slot)).encode()]
            found.append(repr((series.change_1h(slot), series.change_24h(slot))).encode())
        found += [column.tobytes() for column in derivatives.fundings.settled(slot)]
        found.append(repr((derivatives.funding(slot), derivatives.liquidations.totals(slot, now))).encode())
        found += [column.tobytes() for column in derivatives.liquidations.rows(slot, 100).values()]
        found.append(repr((engine.tickers.get(slot, listed.symbol), engine.tickers.basis(slot))).encode())
    return found


def tell(made: Polled, rng: np.random.Generator) -> None:
    """What streams tell meanwhile: tickers, liquidations, some of them again, and a gap."""
    at = made.time.clock.now_ns()
    for symbol in ("AUSDT", "BUSDT"):
        made.sink.on_event(
            TickerUpdate(
                ts_event=at,
                ts_recv=at,
                symbol=symbol,
                mark=100 + float(rng.integers(5)),
                index=100.0,
                open_interest=float(rng.integers(1000)),
                funding_rate=0.0001,
                next_funding_at=START + HOUR,
            )
        )
        for _ in range(2):
            made.sink.on_event(
                Liquidation(
                    ts_event=at - at % MINUTE,
                    ts_recv=at,
                    symbol=symbol,
                    price=float(rng.integers(1, 3)),
                    size=1.0,
                    is_long=bool(rng.integers(2)),
                )
            )
    since, until = (at - MINUTE, at) if rng.integers(2) else (at, None)
    made.sink.on_event(
        StreamGap(
            ts_event=at,
            ts_recv=at,
            venue="binance",
            channel="liquidations",
            symbols=(),
            gap_from=since,
            gap_to=until,
            cause="test",
        )
    )


async def test_a_capture_of_the_polls_replays_to_the_same_state(tmp_path: Path) -> None:
    capture = CaptureWriter(
        tmp_path / "capture", venue="binance", stream="", max_bytes=64 * MIB, now_ns=START, ledger=Ledger()
    )
    rng = np.random.default_rng(5)
    async with polled("binance", START, tmp_path, capture=capture) as made:
        for symbol in ("AUSDT", "BUSDT"):
            listing = Listing(ts_event=START, ts_recv=START, instrument=instrument(symbol))
            made.sink.on_event(listing)
        for _ in range(20):
            await made.run(200)
            tell(made, rng)
        await made.run(1)
        now = made.time.clock.now_ns()
        live = state(made.engine, now)
        capture.close()
    assert capture.failure is None

    replayed = replay(tmp_path / "capture")

    assert live == state(replayed, now)
    totals = replayed.derivatives.liquidations.totals(0, now)
    assert totals is not None
    assert totals.longs + totals.shorts > 5
    assert 0 < totals.coverage < 1


def replay(folder: Path) -> Engine:
    """The capture through a new engine, in batches cut anew."""
    made = build((), series=4)
    venue = registry.find("binance")
    intake = Intake(
        made,
        venue.parser(made.universe.slots),
        Ledger(),
        deliver=lambda outputs: None,
        reject=lambda error, payload: None,
    )
    replayed = Replay(intake)
    for number, record in enumerate(read(find(folder))):
        replayed.take(record)
        if number % 7 == 0:
            intake.flush()
    replayed.end(0)
    return made
