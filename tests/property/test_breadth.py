"""The market as a whole against plain statistics."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.market.breadth import MOVERS, read

NOW, STALE = 1_000_000, 1_000
price = st.one_of(st.just(math.nan), st.sampled_from([1.0, 2.0, 3.0]), st.floats(0.01, 1e6))
row = st.tuples(price, price, st.one_of(st.just(math.nan), st.floats(0.0, 1e9)), st.integers(NOW - 2 * STALE, NOW))


@given(st.lists(row, max_size=40))
def test_it_agrees_with_plain_statistics(rows: list[tuple[float, float, float, int]]) -> None:
    symbols = [f"S{n:02}" for n in range(len(rows))]
    last, before, turnover = (np.array([one[k] for one in rows], np.float64) for k in range(3))
    as_of = np.array([one[3] for one in rows], np.int64)

    found = read(symbols, last, before, turnover, as_of, now_ns=NOW, stale_ns=STALE)

    fresh = [(symbol, *one) for symbol, one in zip(symbols, rows, strict=True) if NOW - one[3] <= STALE]
    changes = {s: b / a - 1.0 for s, b, a, _, _ in fresh if not math.isnan(b) and not math.isnan(a)}
    values = list(changes.values())
    assert (found.listed, found.known, found.stale) == (len(rows), len(values), len(rows) - len(fresh))
    assert found.gainers == sum(value > 0 for value in values)
    assert found.losers == sum(value < 0 for value in values)
    assert found.gainers + found.losers + found.unchanged == found.known
    up = sorted((s for s in changes if changes[s] > 0), key=lambda s: (-changes[s], s))[:MOVERS]
    down = sorted((s for s in changes if changes[s] < 0), key=lambda s: (changes[s], s))[:MOVERS]
    traded = sorted((one for one in fresh if not math.isnan(one[3])), key=lambda one: (-one[3], one[0]))[:MOVERS]
    assert [mover.symbol for mover in found.up] == up
    assert [mover.symbol for mover in found.down] == down
    assert [(mover.symbol, mover.value, mover.as_of) for mover in found.most_traded] == [
        (one[0], one[3], one[4]) for one in traded
    ]
    if not values:
        assert found.mean is found.median is found.deviation is found.quartile_range is found.breadth is None
        return
    assert found.mean == pytest.approx(statistics.fmean(values), rel=1e-9, abs=1e-12)
    assert found.median == pytest.approx(statistics.median(values), rel=1e-9, abs=1e-12)
    assert found.deviation == pytest.approx(statistics.pstdev(values), rel=1e-6, abs=1e-9)
    assert found.breadth == (found.gainers - found.losers) / len(values)
    assert found.share_up == found.gainers / len(values)
    if len(values) > 1:
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        assert found.quartile_range == pytest.approx(high - low, rel=1e-9, abs=1e-9)
