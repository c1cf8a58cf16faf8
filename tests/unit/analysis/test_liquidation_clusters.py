import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.analysis.liquidation_clusters import clusters
from tidemark.market.level import Array
from tidemark.market.liquidations import Liquidations
from tidemark.memory.ledger import Ledger
from tidemark.units import DAY, SECOND

NOW = 3 * DAY
Row = tuple[float, float, float, bool]


def rows(*told: Row) -> dict[str, Array]:
    """What is kept of liquidations, each so many seconds ago, at a price, of a size, of a long or not."""
    kept = Liquidations(series=1, rows=100, ledger=Ledger())
    for ago, price, size, is_long in told:
        at = NOW - round(ago * SECOND)
        kept.add(0, ts_event=at, ts_recv=NOW, price=price, size=size, is_long=is_long)
    return kept.rows(0, 100)


def test_liquidations_of_nearly_one_price_are_a_cluster_by_side_and_the_largest_comes_first() -> None:
    # With a width of 1 % of ln 1.01 = 0.00995033 bucket 463 is [100.1545, 101.1560), bucket 465 [102.1676, 103.1893).
    found = clusters(
        rows((60, 100.5, 2.0, True), (30, 100.25, 4.0, True), (50, 101.0, 1.0, False), (10, 103.0, 3.0, False)),
        NOW,
        width_bps=100.0,
    )

    first, second = found
    step = math.log(1.01)
    assert (first.low, first.high) == pytest.approx((math.exp(463 * step), math.exp(464 * step)))
    assert (second.low, second.high) == pytest.approx((math.exp(465 * step), math.exp(466 * step)))
    assert (first.long_turnover, first.short_turnover, first.longs, first.shorts) == (602.0, 101.0, 2, 1)
    assert (second.long_turnover, second.short_turnover, second.longs, second.shorts) == (0.0, 309.0, 0, 1)
    assert (first.last_at, first.age_ns) == (NOW - 30 * SECOND, 30 * SECOND)
    assert (second.last_at, second.age_ns) == (NOW - 10 * SECOND, 10 * SECOND)


def test_what_is_older_than_the_window_is_left_out_and_nothing_is_no_cluster() -> None:
    assert clusters(rows((3600, 100.0, 1.0, True)), NOW, window_ns=3600 * SECOND) == ()
    assert len(clusters(rows((3599, 100.0, 1.0, True)), NOW, window_ns=3600 * SECOND)) == 1
    assert clusters(rows(), NOW) == ()


row = st.tuples(st.integers(1, 80_000), st.floats(0.5, 2.0), st.floats(0.1, 9.0), st.booleans())


@given(told=st.lists(row, max_size=60, unique_by=lambda one: one[0]), count=st.integers(1, 12))
def test_there_are_at_most_so_many_and_together_they_are_all_there_is(told: list[Row], count: int) -> None:
    kept = rows(*told)
    some, every = clusters(kept, NOW, count=count), clusters(kept, NOW, count=1000)

    assert some == every[:count]
    assert sum(one.longs + one.shorts for one in every) == len(told)
    total = sum(one.long_turnover + one.short_turnover for one in every)
    assert total == pytest.approx(float((kept["price"] * kept["size"]).sum()))
    assert all(one.high / one.low == pytest.approx(1.0025) for one in every)
    assert len({one.low for one in every}) == len(every)
