from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.backtests import BEGAN, walk
from tests.round_trips import trip

from tidemark.analysis.columns import Column, Columns
from tidemark.analysis.indicators.bank import Bank
from tidemark.analysis.regime import Regime, Regimes
from tidemark.backtest.bars import FIGURES, Bars
from tidemark.backtest.candle_files import MarketCandles, longer
from tidemark.backtest.regimes import TripRegimes
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe
from tidemark.units import MINUTE, SECOND

NAMES = ("A", "B")
COUNT = 3000


def market(seed: int, number: int) -> Bars:
    """A walk that trends for hours at a time, with some candles missing."""
    bars = walk(COUNT, seed, number)
    drift = np.exp(0.004 * np.cumsum(np.sign(np.sin(np.arange(COUNT) / 250.0))))
    kept = np.random.default_rng(seed).random(COUNT) > 0.02
    made = {name: (getattr(bars, name) * drift)[kept] for name in FIGURES[:4]}
    return Bars(market=bars.market[kept], open_time=bars.open_time[kept], volume=bars.volume[kept], **made)


def both() -> Bars:
    parts = [market(1, 0), market(2, 1)]
    order = np.argsort(np.concatenate([one.open_time for one in parts]), kind="stable")
    return Bars(**{
        name: np.concatenate([getattr(one, name) for one in parts])[order] for name in Bars.__struct_fields__
    })  # fmt: skip


BARS = both()


def expected(number: int) -> dict[int, Regime]:
    """The regime from each close of a candle of five minutes on, by all of them at once."""
    mine = BARS.market == number
    figures = {name: getattr(BARS, name)[mine] for name in FIGURES}
    whole = longer(
        MarketCandles(
            symbol="A", source="", timeframe=Timeframe.M1, time=BARS.open_time[mine], figures=figures
        ), Timeframe.M5,
    )  # fmt: skip
    count = len(whole.time)
    known, rows = np.ones(count, bool), np.zeros(count, np.int32)
    columns = {name: Column(figure, known) for name, figure in whole.figures.items()}
    columns["time"] = Column(whole.time / SECOND, known)
    bank = Bank("all", series=1, ledger=Ledger())
    regimes = Regimes("regime", series=1, ledger=Ledger())
    given = bank.update(rows, columns | {name: Column(np.zeros(count), ~known) for name in ("delta", "bought")})
    told = regimes.take(rows, Columns(count, given), whole.time + 5 * MINUTE)
    return dict(zip((whole.time + 5 * MINUTE).tolist(), [Regime(one) for one in told.tolist()], strict=True))


EXPECTED = [expected(0), expected(1)]


def at(number: int, when: int) -> str:
    closed = [one for one in EXPECTED[number] if one <= when]
    found: Regime = EXPECTED[number][closed[-1]] if closed else Regime.UNKNOWN
    return "" if found is Regime.UNKNOWN else found.name.lower()


def told(cuts: Sequence[int], entries: dict[int, list[tuple[int, int]]]) -> list[str]:
    """What is told of trips of A and B, of entry and exit by their candles, where candles come in pieces."""
    one = TripRegimes(2, Timeframe.M1, Ledger())
    edges = [0, *sorted(set(cuts)), len(BARS)]
    found: dict[tuple[int, int], str] = {}
    for begin, end in pairwise(edges):
        piece = BARS.part(begin, end)
        one.take(piece)
        until = int(piece.open_time[-1])
        since = int(piece.open_time[0])
        opened = np.zeros(2, np.int64)
        for number, trips in entries.items():
            for entry, exit_ in trips:
                entered, left = BEGAN + entry * MINUTE, BEGAN + exit_ * MINUTE
                if since <= left <= until and (number, entry) not in found:
                    closed = trip(1, 0.0, symbol=NAMES[number], entry_at=entered, exit_at=left)
                    found[number, entry] = one.named([closed], NAMES)[0].regime
                elif entered <= until < left:
                    opened[number] = entered
        one.hold(opened)
    return [found.get((number, entry), "?") for number, trips in entries.items() for entry, _ in trips]


# Trips of a market follow each other: it has one position. Some last for hours, some for a candle.
TRIPS = {
    0: [(30, 31), (200, 900), (901, 1500), (1600, 1603), (1700, 2950)],
    1: [(100, 400), (405, 410), (2000, 2001), (2100, 2800)],
}


@given(cuts=st.lists(st.integers(1, len(BARS) - 1), max_size=8))
def test_trips_have_the_regime_in_which_they_began_however_candles_are_cut(cuts: list[int]) -> None:
    # A cut within a minute would part candles of one time, which no reader of files does.
    whole = [cut for cut in cuts if BARS.open_time[cut] != BARS.open_time[cut - 1]]

    found = told(whole, TRIPS)

    assert found == [at(number, BEGAN + entry * MINUTE) for number, trips in TRIPS.items() for entry, _ in trips]


def test_the_market_was_in_several() -> None:
    seen = {at(number, BEGAN + entry * MINUTE) for number in TRIPS for entry in range(0, COUNT, 50)}

    assert {"", "trend_up", "trend_down"} <= seen


def test_longer_candles_are_read_as_they_are() -> None:
    one = TripRegimes(1, Timeframe.H1, Ledger())
    bars = market(3, 0)
    hours = Bars(**{name: getattr(bars, name)[:400] for name in Bars.__struct_fields__} | {
        "open_time": BEGAN + np.arange(400) * 60 * MINUTE
    })  # fmt: skip

    one.take(hours)
    named = one.named([trip(1, 0.0, symbol="A", entry_at=int(hours.open_time[300]))], ("A",))

    assert named[0].regime != ""
