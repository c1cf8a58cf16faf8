from collections.abc import Callable
from itertools import pairwise

import pytest
from tests.build import MIDNIGHT, instrument

from tidemark.engine.sizing import Choice
from tidemark.errors import BudgetError, SettingsError
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Channel, Venue
from tidemark.live.wiring import (
    channels,
    cold_timeframes,
    decide,
    fit_plan,
    reservations,
    rules,
    sacrifices,
    select,
    sockets_for,
    sockets_reservation,
    trade_stream,
    wanted,
)
from tidemark.market.selection import Reason, Rules
from tidemark.model.events import TickerUpdate
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.units import DAY, MIB

Make = Callable[..., Settings]
BYBIT = registry.find("bybit")
BINANCE = registry.find("binance")


def test_timeframes_are_taken_from_short_to_long_and_slots_with_spares(settings: Make) -> None:
    choice = wanted(settings(candles__timeframes="1h,5m,1m"), 100)

    assert choice == Choice(timeframes=(Timeframe.M1, Timeframe.M5, Timeframe.H1), series=116)


@pytest.mark.parametrize(("timeframes", "grace"), [("10s", "21s"), ("1m,5m", "59s")])
def test_the_grace_is_at_most_two_candles(settings: Make, timeframes: str, grace: str) -> None:
    chosen = settings(candles__timeframes=timeframes, candles__grace=grace)

    if grace == "59s":
        assert wanted(chosen, 1).series == 17
    else:
        with pytest.raises(SettingsError, match=r"candles\.grace is 21s; with 10s candles it is at most 20s"):
            wanted(chosen, 1)


def test_sacrifices_follow_the_stated_order_and_end_at_one_slot(settings: Make) -> None:
    chosen = settings(memory__sacrifice="30m,1h", candles__timeframes="1m,30m,1h")
    steps = list(sacrifices(chosen, wanted(chosen, 100)))

    assert [reason for _, reason in steps[:2]] == ["give up 30m candles", "give up 1h candles"]
    assert [choice.timeframes for choice, _ in steps[1:3]] == [(Timeframe.M1,), (Timeframe.M1,)]
    assert all(fewer.series < more.series for (more, _), (fewer, _) in pairwise(steps[1:]))
    assert steps[-1][0].series == 1


def test_the_last_timeframe_is_never_given_up(settings: Make) -> None:
    chosen = settings(memory__sacrifice="5m", candles__timeframes="5m")

    assert all(choice.timeframes == (Timeframe.M5,) for choice, _ in sacrifices(chosen, wanted(chosen, 10)))


def test_without_books_among_the_channels_no_memory_is_taken_for_them(settings: Make) -> None:
    without = wanted(settings(venue__channels="trades"), 10, BINANCE.book_rules)
    having = wanted(settings(venue__channels="trades,books", book__depth="200"), 10, BINANCE.book_rules)

    assert (without.book_depth, having.book_depth) == (0, 200)
    for choice, owners in (
        (without, set()),
        (having, {"books", "books/waiting", "books/turns", "books/snapshot", "books/resync"}),
    ):
        lines = reservations(settings(), choice, is_numbered=True, sockets=1)
        assert {line.owner for line in lines if line.owner.startswith("books")} == owners


@pytest.mark.parametrize(
    ("venue", "depth", "depths"),
    [(BINANCE, 200, [50, 20]), (BINANCE, 50, [20]), (BYBIT, 200, [50]), (BYBIT, 50, []), (BINANCE, 20, [])],
)
def test_the_depth_of_the_books_is_given_up_first(settings: Make, venue: Venue, depth: int, depths: list[int]) -> None:
    chosen = settings(venue__channels="books", book__depth=str(depth), candles__timeframes="1m,30m")
    steps = list(sacrifices(chosen, wanted(chosen, 3, venue.book_rules)))

    assert [choice.book_depth for choice, reason in steps if "levels" in reason] == depths
    assert [reason for _, reason in steps[: len(depths) + 1]] == [
        *(f"keep {one} levels of each side of a book" for one in depths),
        "give up 30m candles",
    ]
    assert {choice.book_depth for choice, _ in steps[len(depths) :]} == {depths[-1] if depths else depth}


def test_the_cuts_of_slots_are_told_as_one(settings: Make) -> None:
    found = fit_plan(settings(memory__budget="150MB"), [f"{n}USDT" for n in range(560)], BYBIT, floor=50 * MIB)

    assert found.plan.fits
    reasons = [cut.reason for cut in found.cuts]
    assert len([reason for reason in reasons if "slots" in reason]) <= 1
    assert len(set(reasons)) == len(reasons)


def test_a_floor_above_the_budget_is_refused(settings: Make) -> None:
    with pytest.raises(BudgetError, match="or more"):
        fit_plan(settings(memory__budget="100MB"), ["AUSDT"], BYBIT, floor=100 * MIB)


def test_channels_and_streams_are_those_of_the_settings_and_of_the_venue(settings: Make) -> None:
    chosen = settings(venue__channels="trades", venue__trade_stream="trade")

    assert channels(chosen) == [Channel.TRADES]
    assert (trade_stream(chosen, BINANCE), trade_stream(chosen, BYBIT)) == ("trade", "")
    assert sockets_for(chosen, ["BTCUSDT"], BYBIT) == 5
    assert sockets_reservation(5).bytes == 5 * 300 * 1024


def test_the_most_traded_markets_are_taken(settings: Make) -> None:
    listed = [instrument(f"{name}USDT") for name in "ABCD"]
    tickers = [
        TickerUpdate(ts_event=0, ts_recv=0, symbol=symbol, turnover_24h=turnover, trades_24h=20 * turnover)
        for symbol, turnover in (("AUSDT", 1.0), ("BUSDT", 3.0), ("CUSDT", 3.0))
    ]

    def chosen(**flags: str) -> list[str]:
        return [one.symbol[0] for one in select(listed, tickers, settings(**flags), MIDNIGHT)]

    assert chosen() == ["B", "C", "A", "D"]
    assert chosen(universe__max_symbols="2") == ["B", "C"]
    assert chosen(universe__exclude="BUSDT") == ["C", "A", "D"]
    assert chosen(universe__include="DUSDT,AUSDT") == ["A", "D"]
    assert chosen(universe__min_turnover_24h="2", universe__always="AUSDT") == ["B", "C", "A"]
    assert chosen(universe__min_trades_1h="30") == ["B", "C", "D"]
    with pytest.raises(SettingsError, match="NOSUCH, which bybit does not list"):
        chosen(universe__include="NOSUCH")
    with pytest.raises(SettingsError, match=r"universe\.always names NOSUCH"):
        chosen(universe__always="NOSUCH")


def test_each_market_is_decided_about_with_its_reason(settings: Make) -> None:
    tickers = [TickerUpdate(ts_event=0, ts_recv=0, symbol="AUSDT", turnover_24h=5.0)]

    found = decide([instrument("AUSDT"), instrument("BUSDT")], tickers, settings(universe__max_symbols="1"), MIDNIGHT)

    assert [(one.symbol, one.is_watched, one.reason) for one in found] == [
        ("AUSDT", True, Reason.WATCHED),
        ("BUSDT", False, Reason.RANK),
    ]


def test_the_filters_are_those_of_the_settings(settings: Make) -> None:
    chosen = settings(
        universe__include="AUSDT", universe__exclude="BUSDT", universe__always="CUSDT",
        universe__min_turnover_24h="5", universe__min_trades_1h="6", universe__min_age="2d",
        universe__rank_margin="0.2", universe__filter_margin="0.3", universe__leave_after="4",
    )  # fmt: skip

    assert rules(chosen) == Rules(
        include=frozenset({"AUSDT"}), exclude=frozenset({"BUSDT"}), always=frozenset({"CUSDT"}),
        min_turnover=5.0, min_trades_1h=6, min_age_ns=2 * DAY, rank_margin=0.2, filter_margin=0.3, leave_after=4,
    )  # fmt: skip


def test_the_timeframes_given_up_under_pressure_leave_at_least_one(settings: Make) -> None:
    chosen = settings(memory__sacrifice="30m,5m", candles__timeframes="1m,5m,30m")
    few = settings(memory__sacrifice="30m,5m", candles__timeframes="5m,30m")

    assert cold_timeframes(chosen, wanted(chosen, 1)) == (Timeframe.M30, Timeframe.M5)
    assert cold_timeframes(few, wanted(few, 1)) == (Timeframe.M30,)
