import asyncio
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from structlog.testing import capture_logs
from tests.build import MIDNIGHT, instrument
from tests.derivatives import Polled, polled

from tidemark.live.derivatives import DerivativePolls, Poll, PollStatus
from tidemark.market.tickers import Stated
from tidemark.model.events import Delisting, Listing, OpenInterest, TickerUpdate
from tidemark.units import HOUR, MINUTE, SECOND

# Within a day, so that the 24 hours before are whole ones.
START = MIDNIGHT + 13 * HOUR + 2 * MINUTE
HISTORY = {"bybit": "/open-interest", "binance": "/openInterestHist"}
RATIO = {"bybit": "/account-ratio", "binance": "/globalLongShortAccountRatio"}
FUNDING = {"bybit": "/funding/history", "binance": "/fundingRate"}
VENUES = ["bybit", "binance"]


def status(made: Polled, poll: Poll) -> PollStatus:
    return next(one for one in made.polls.status() if one.poll is poll)


@pytest.mark.parametrize("venue", VENUES)
async def test_at_the_start_every_market_gets_its_histories(venue: str, tmp_path: Path) -> None:
    async with polled(venue, START, tmp_path) as made:
        await made.run(1)

        state = made.engine.derivatives
        for slot in (0, 1):
            points = state.open_interest.points(slot)
            # The newest five minutes that are over: 13:00, number 5,978,460 or so since the epoch.
            newest = START // (5 * MINUTE) - 5_000_000
            assert points.values.tolist() == list(range(newest - 287, newest + 1))
            assert points.times[-1] == MIDNIGHT + 13 * HOUR
            assert state.open_interest.change_24h(slot) == pytest.approx(newest / (newest - 288) - 1)
            ratios = state.ratio.points(slot).values
            assert len(ratios) == 288
            assert ratios[-1] == pytest.approx(newest % 100 / 100)
            assert len(state.fundings.settled(slot)[0]) == 90
            assert state.funding(slot).interval_ns == 8 * HOUR
            assert made.engine.tickers.field(slot, "mark") == Stated(value=101.0, ts_recv=START)
        assert made.engine.counters.unused == 0
        pages = {"bybit": 2, "binance": 1}[venue]
        asked = Counter(path.rpartition("/")[2] for _, path, _ in made.exchange.asked)
        assert asked[HISTORY[venue].strip("/")] == 2 * pages


async def test_the_ratio_is_asked_for_at_the_stated_pace_and_fundings_every_hour(tmp_path: Path) -> None:
    async with polled("bybit", START, tmp_path) as made:
        await made.run(2 * 3600)

        # At the start and every five minutes: 25 in two hours, and three fundings.
        assert Counter(symbol for _, symbol in made.exchange.times(RATIO["bybit"])) == {"AUSDT": 25, "BUSDT": 25}
        assert Counter(symbol for _, symbol in made.exchange.times(FUNDING["bybit"])) == {"AUSDT": 3, "BUSDT": 3}
        ratio = status(made, Poll.RATIO)
        assert (ratio.answered, ratio.failed, ratio.refused, ratio.markets) == (50, 0, 0, 2)
        assert ratio.period_s == pytest.approx(300, abs=1)
        assert ratio.oldest_s == pytest.approx(0, abs=1)
        points = made.engine.derivatives.ratio.points(0)
        assert not np.isnan(points.values).any()


async def test_open_interest_is_polled_where_no_stream_tells_it_and_only_there(tmp_path: Path) -> None:
    async with polled("binance", START, tmp_path) as made:
        await made.run(3600)

        assert Poll.OPEN_INTEREST in made.polls.polls
        times = [at for at, symbol in made.exchange.times("/openInterest") if symbol == "AUSDT"]
        assert len(times) == 12
        assert {later - earlier for earlier, later in pairwise(times)} <= {299, 300, 301}
        latest = made.engine.derivatives.open_interest.latest(0)
        assert latest is not None
        assert latest.value % 1 == 0.5
        assert made.engine.derivatives.open_interest.change_1h(0) is not None
    async with polled("bybit", START, tmp_path) as made:
        assert Poll.OPEN_INTEREST not in made.polls.polls


async def test_missing_points_are_asked_for_again_from_the_oldest_on(tmp_path: Path) -> None:
    async with polled("bybit", START, tmp_path, symbols=["AUSDT"]) as made:
        await made.run(1)
        made.exchange.asked.clear()

        # Nothing tells open interest meanwhile, so twelve points are missing an hour later.
        await made.run(3600)

        (asked,) = made.exchange.times(HISTORY["bybit"])
        assert asked == ((START + HOUR) // SECOND, "AUSDT")
        assert made.engine.derivatives.open_interest.hole(0, START + HOUR) is None


async def test_what_streams_have_told_is_not_asked_for_again(tmp_path: Path) -> None:
    async with polled("bybit", START, tmp_path, symbols=["AUSDT"]) as made:
        await made.run(1)
        made.exchange.asked.clear()
        # From 13:03 on, for the points from 13:05 to 14:00.
        for minutes in range(1, 61, 5):
            at = START + minutes * MINUTE
            made.sink.on_event(OpenInterest(ts_event=at, ts_recv=at, symbol="AUSDT", value=1.0))
        assert made.sink.intake is not None
        made.sink.intake.flush()

        await made.run(3600)

        assert made.exchange.times(HISTORY["bybit"]) == []
        assert status(made, Poll.HISTORY).answered == 1


@pytest.mark.parametrize("venue", VENUES)
async def test_an_exchange_that_is_down_is_asked_again_until_it_answers(venue: str, tmp_path: Path) -> None:
    async with polled(venue, START, tmp_path) as made:
        made.exchange.is_down = True
        with capture_logs() as told:
            await made.run(600)
            assert status(made, Poll.RATIO).failed > 2
            assert status(made, Poll.RATIO).answered == 0
            made.exchange.is_down = False
            await made.run(120)

        assert status(made, Poll.RATIO).markets == 2
        assert len(made.engine.derivatives.ratio.points(0).values) == 288
        # One line when it begins and one when it is over, for each rotation.
        assert Counter(line["event"] for line in told if line.get("poll") == "ratio") == {
            "derivatives not told": 1,
            "derivatives told again": 1,
        }


async def test_points_are_whole_again_after_hours_of_silence(tmp_path: Path) -> None:
    async with polled("bybit", START, tmp_path, symbols=["AUSDT"]) as made:
        await made.run(1)
        made.exchange.is_down = True
        await made.run(3 * 3600)
        made.exchange.is_down = False
        await made.run(3700)

        assert not np.isnan(made.engine.derivatives.ratio.points(0).values).any()
        assert not np.isnan(made.engine.derivatives.open_interest.points(0, 276).values).any()


@pytest.mark.parametrize("venue", VENUES)
async def test_a_market_that_the_exchange_has_no_figures_of_does_not_hold_up_the_others(
    venue: str, tmp_path: Path
) -> None:
    async with polled(venue, START, tmp_path) as made:
        made.exchange.refused.add("AUSDT")
        with capture_logs() as told:
            await made.run(301)

        assert made.engine.derivatives.ratio.latest(0) is None
        assert made.engine.derivatives.ratio.latest(1) is not None
        ratio = status(made, Poll.RATIO)
        assert (ratio.refused, ratio.markets) == (2, 1)
        assert [line["log_level"] for line in told if line.get("poll") == "ratio"][:1] == ["info"]


async def test_one_market_whose_requests_fail_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async with polled("bybit", START, tmp_path) as made:
        made.exchange.instead = lambda path, symbol: web.Response(status=502) if symbol == "AUSDT" else None
        await made.run(60)

        assert made.engine.derivatives.ratio.latest(1) is not None
        assert status(made, Poll.RATIO).failed >= 1


async def test_nonsense_is_counted_and_ends_nothing(tmp_path: Path) -> None:
    async with polled("binance", START, tmp_path) as made:
        made.exchange.instead = lambda path, symbol: web.Response(text="<html>")
        await made.run(10)
        made.exchange.instead = lambda path, symbol: None
        await made.run(3700)

        assert status(made, Poll.RATIO).refused >= 2
        assert made.engine.derivatives.ratio.latest(0) is not None
        assert made.engine.tickers.field(0, "mark") is not None


async def test_a_limit_is_waited_for_as_long_as_the_exchange_says(tmp_path: Path) -> None:
    async with polled("binance", START, tmp_path, symbols=["AUSDT"], funding=False, open_interest=False) as made:
        made.exchange.instead = lambda path, symbol: (
            web.Response(status=429, headers={"Retry-After": "200"}) if "Ratio" in path else None
        )
        await made.run(100)
        assert len(made.exchange.times(RATIO["binance"])) == 1
        made.exchange.instead = lambda path, symbol: None
        await made.run(200)

        assert [at - START // SECOND for at, _ in made.exchange.times(RATIO["binance"])] == [0, 200]
        # What is limited is the pool of statistics; the rest goes on.
        assert made.exchange.times("/premiumIndex")
        assert made.engine.derivatives.ratio.latest(0) is not None


async def test_who_joins_is_asked_for_before_all_others(tmp_path: Path) -> None:
    symbols = [f"{n}USDT" for n in range(4)]
    async with polled("bybit", START, tmp_path, symbols=symbols[:3]) as made:
        await made.run(299)
        made.exchange.asked.clear()
        at = made.time.clock.now_ns()
        made.sink.on_event(Listing(ts_event=at, ts_recv=at, instrument=instrument("3USDT")))
        await made.run(10)

        assert [symbol for _, symbol in made.exchange.times(RATIO["bybit"])] == ["3USDT", "0USDT", "1USDT", "2USDT"]
        assert {symbol for _, symbol in made.exchange.times(HISTORY["bybit"])} == {"3USDT"}
        assert len(made.engine.derivatives.open_interest.points(3).values) == 288


async def test_who_left_is_not_asked_for_and_whoever_takes_the_slot_begins_anew(tmp_path: Path) -> None:
    async with polled("bybit", START, tmp_path) as made:
        await made.run(1)
        at = made.time.clock.now_ns()
        made.sink.on_event(Delisting(ts_event=at, ts_recv=at, symbol="AUSDT"))
        made.exchange.asked.clear()
        await made.run(600)
        assert "AUSDT" not in {symbol for _, _, symbol in made.exchange.asked}

        at = made.time.clock.now_ns()
        made.sink.on_event(Listing(ts_event=at, ts_recv=at, instrument=instrument("CUSDT")))
        await made.run(2)

        assert made.engine.universe.slots["CUSDT"] == 0
        assert len(made.engine.derivatives.open_interest.points(0).values) == 288
        assert status(made, Poll.RATIO).markets == 2


async def test_nothing_is_asked_before_what_is_more_urgent_is_done(tmp_path: Path) -> None:
    done = asyncio.Event()

    async def begin() -> None:
        await done.wait()

    async with polled("bybit", START, tmp_path, begin=begin) as made:
        await asyncio.sleep(0)
        assert made.exchange.asked == []

        done.set()
        await made.run(1)

        assert made.exchange.asked != []


async def test_marks_are_asked_for_at_once_and_again_when_no_stream_tells_them(tmp_path: Path) -> None:
    async with polled("binance", START, tmp_path, marks_every=60.0) as made:
        await made.run(1)
        assert len(made.exchange.times("/premiumIndex")) == 1
        basis = made.engine.tickers.basis(1)
        assert basis is not None
        assert basis.value == pytest.approx(100.0)

        for _ in range(10):
            await made.run(30)
            at = made.time.clock.now_ns()
            made.sink.on_event(TickerUpdate(ts_event=at, ts_recv=at, symbol="AUSDT", mark=7.0))
            assert made.sink.intake is not None
            made.sink.intake.flush()
        assert len(made.exchange.times("/premiumIndex")) == 1

        await made.run(200)
        assert len(made.exchange.times("/premiumIndex")) in {3, 4}


async def test_switches_turn_the_questions_off(tmp_path: Path) -> None:
    off: dict[str, Any] = {"open_interest": False, "funding": False, "ratio": False}
    async with polled("binance", START, tmp_path, **off) as made:
        await made.run(600)

        assert made.polls.polls == ()
        assert made.polls.status() == []
        assert {path for _, path, _ in made.exchange.asked} == {"/fapi/v1/premiumIndex"}


def test_it_takes_what_it_reserves() -> None:
    each, counters = DerivativePolls.reserve(series=3)

    # Whose it is, and three times four numbers.
    assert each.item_bytes == 8 + 3 * 4 * 8 == 104
    assert (each.capacity, counters.capacity) == (3, 4)
