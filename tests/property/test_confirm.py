"""Whatever the exchange says of closed candles: each is the exchange's afterwards, or it is what it was."""

from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.build import MIDNIGHT, T, klines_of
from tests.property.test_history import END_S, apart, gaps_of, live, markets, spans, touched

from tidemark.market.candles import Candles
from tidemark.market.level import ROW
from tidemark.model.candle import Origin
from tidemark.model.events import KlineRow, Klines
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

MINUTES = END_S // 60 - 1
M1 = Timeframe.M1
# What the exchange has otherwise than it follows from the trades: ticks more of the high, and of the volume.
others = st.dictionaries(st.integers(0, MINUTES - 1), st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6)


def rows(made: Candles) -> dict[int, dict[str, Any]]:
    """The minutes that are there, by the second that they open at."""
    held = made.rows(0, M1, 100)
    return {
        int(at - MIDNIGHT) // SECOND: {name: held[name][i] for name in ROW}
        for i, at in enumerate(held["open_time"])
        if held["marks"][i] & 7
    }


def altered(klines: Klines, other: dict[int, tuple[int, int]], untold: frozenset[int]) -> Klines:
    changed = []
    for row in klines.rows:
        minute = (row.open_time - MIDNIGHT) // (60 * SECOND)
        if minute in untold:
            continue
        ticks, lots = other.get(minute, (0, 0))
        volume = row.volume + lots / 4
        changed.append(
            KlineRow(
                row.open_time, row.open, (round(row.high * 10) + ticks) / 10, row.low, row.close, volume,
                row.turnover + lots / 4 * row.close, row.trades, row.bought,
            )
        )  # fmt: skip
    return msgspec.structs.replace(klines, rows=tuple(changed))


def is_the_exchanges(row: dict[str, Any], told: KlineRow) -> bool:
    """Prices to the tick; sums in the single precision that rows have."""
    prices = [round(price * 10) for price in (told.open, told.high, told.low, told.close)]
    sums = [np.float32(told.volume), np.float32(told.turnover)]
    ours = [int(row[name]) for name in ("open", "high", "low", "close")]
    return ours == prices and bool(np.allclose([row["volume"], row["turnover"]], sums, rtol=4e-7, atol=0))


@settings(max_examples=150, deadline=None)
@given(markets(), st.one_of(st.just([]), gaps_of), st.sets(st.integers(1, 80), max_size=8), others,
       st.frozensets(st.integers(0, MINUTES - 1), max_size=4))  # fmt: skip
def test_a_candle_is_the_exchanges_or_what_it_was_and_its_origin_says_which(
    market: list[T],
    drawn: list[tuple[int, int]],
    unheard: set[int],
    other: dict[int, tuple[int, int]],
    untold: frozenset[int],
) -> None:
    gaps = apart(drawn)
    made = live([t for t in market if t.number - 1 not in unheard], gaps)
    before = rows(made)
    klines = altered(klines_of(market, M1, 0, MINUTES), other, untold)
    told = {(row.open_time - MIDNIGHT) // SECOND: row for row in klines.rows}

    made.confirm(0, klines, 0.001, spans(gaps))

    after = rows(made)
    assert set(after) >= set(before)
    for at, row in after.items():
        origin = int(row["marks"]) & 7
        if at in before and row == before[at]:
            is_broken = origin == Origin.PARTIAL
            assert at not in told or (is_the_exchanges(row, told[at]) and not is_broken), at
            continue
        if at not in told:
            # Nobody traded in it: it goes on at the close before it, which is known now.
            assert (origin, float(row["volume"])) == (Origin.FILLED, 0.0), at
            continue
        assert is_the_exchanges(row, told[at]), at
        was = int(before[at]["marks"]) & 7 if at in before else Origin.ABSENT
        in_gap = touched(MIDNIGHT + at * SECOND, M1, gaps)
        # What we saw in part, or took for quiet, is repaired; what we saw whole otherwise than the exchange is its own.
        is_mended = was == Origin.PARTIAL or (was == Origin.FILLED and told[at].volume > 0) or (was == 0 and in_gap)
        assert origin == (Origin.REPAIRED if is_mended else Origin.EXCHANGE), at
    settled = rows(made)
    made.confirm(0, klines, 0.001, spans(gaps))
    assert rows(made) == settled, "what is said again changes nothing"
