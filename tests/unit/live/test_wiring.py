from collections.abc import Callable
from itertools import pairwise

import pytest
from tests.build import instrument

from tidemark.errors import BudgetError, SettingsError
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Channel, Venue
from tidemark.live.wiring import (
    Choice,
    channels,
    engine_size,
    fit_plan,
    reservations,
    sacrifices,
    select,
    sockets_for,
    sockets_reservation,
    trade_stream,
    wanted,
)
from tidemark.model.timeframe import Timeframe
from tidemark.settings import Settings
from tidemark.units import MIB, SECOND

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


def test_the_engine_is_as_large_as_the_choice_says(settings: Make) -> None:
    size = engine_size(
        settings(candles__retention__5m="77", tape__trades_per_symbol="9"),
        Choice(timeframes=(Timeframe.M1, Timeframe.M5), series=3),
        is_numbered=True,
    )

    assert (size.series, size.tape_rows, size.grace_ns) == (3, 9, 2 * SECOND)
    assert dict(size.retention) == {Timeframe.M1: 1440, Timeframe.M5: 77}


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
    turnovers = {"AUSDT": 1.0, "BUSDT": 3.0, "CUSDT": 3.0}

    def chosen(**flags: str) -> list[str]:
        return [one.symbol[0] for one in select(listed, turnovers, settings(**flags))]

    assert chosen() == ["B", "C", "A", "D"]
    assert chosen(universe__max_symbols="2") == ["B", "C"]
    assert chosen(universe__exclude="BUSDT") == ["C", "A", "D"]
    assert chosen(universe__include="DUSDT,AUSDT") == ["A", "D"]
    with pytest.raises(SettingsError, match="NOSUCH, which bybit does not list"):
        chosen(universe__include="NOSUCH")
