from tests.build import MIDNIGHT, T, candles, feed, until

from tidemark.market.closed import CandleCounters, Closed, Revised
from tidemark.market.level import ROW
from tidemark.units import SECOND


def test_what_closed_is_announced_by_slot_with_all_that_a_row_holds() -> None:
    made = candles(series=3)
    feed(made, [T(1, 100.0, 2.0, slot=2), T(2, 50.0, slot=0)])

    (closed,) = until(made, 12)

    assert type(closed) is Closed
    assert closed.slots.tolist() == [0, 2]
    assert closed.open_times.tolist() == [MIDNIGHT, MIDNIGHT]
    assert closed.tick_sizes.tolist() == [0.1, 0.1]
    assert tuple(closed.rows) == tuple(ROW)
    assert closed.rows["close"].tolist() == [500, 1000]
    assert closed.rows["marks"].tolist() == [1 | 1 << 4, 1 | 1 << 4]


def test_what_is_announced_is_a_copy_that_later_revisions_do_not_touch() -> None:
    made = candles()
    feed(made, [T(1, 100.0)])
    (closed,) = until(made, 12)
    assert isinstance(closed, Closed)

    (revised,) = feed(made, [T(5, 120.0, number=9)])

    assert isinstance(revised, Revised)
    assert closed.rows["high"].tolist() == [1000]
    assert revised.rows["high"].tolist() == [1200]
    assert revised.rows["marks"].tolist() == [1 | 8 | 2 << 4]
    assert revised.open_times.tolist() == [MIDNIGHT + 0 * SECOND]


def test_the_counters_begin_at_nothing() -> None:
    assert candles().counters == CandleCounters(
        applied=0, late=0, from_future=0, off_tick=0, too_large=0, too_late=0, settled=0, revised=0
    )
