import numpy as np
import pytest
from tests.build import MIDNIGHT, T, columns

from tidemark.market.tape import LastTrade, Tape
from tidemark.memory.ledger import Ledger
from tidemark.units import SECOND


def tape(*, is_numbered: bool = True, rows: int = 4) -> Tape:
    return Tape(series=2, rows=rows, is_numbered=is_numbered, largest=64, ledger=Ledger())


def take(made: Tape, *trades: T) -> int:
    batch = columns(trades)
    return made.append(batch, made.fresh(batch))


@pytest.mark.parametrize("is_numbered", [True, False])
def test_each_trade_counts_once_however_often_it_comes(is_numbered: bool) -> None:
    made = tape(is_numbered=is_numbered)
    first, second = T(1, 100.0, 2.0, number=7), T(2, 101.0, 1.0, number=8)

    added = take(made, first, first, second), take(made, second, first)

    assert added == (2, 0)
    assert made.duplicates == 3
    assert made.last(0) == LastTrade(
        price=101.0, ts_event=MIDNIGHT + 2 * SECOND, ts_recv=MIDNIGHT + 2 * SECOND, trades=2, turnover=301.0
    )


def test_the_same_number_in_two_markets_is_two_trades() -> None:
    made = tape()

    assert take(made, T(1, 100.0, number=7, slot=0), T(1, 50.0, number=7, slot=1)) == 2
    assert made.trades().tolist() == [1, 1]
    assert made.turnovers().tolist() == [100.0, 50.0]
    assert made.received().tolist() == [MIDNIGHT + SECOND] * 2


def test_the_newest_trades_come_oldest_first_and_as_copies() -> None:
    made = tape()
    take(made, *(T(at, 100.0 + at, 0.5, is_buy=at % 2 == 0, number=at) for at in range(1, 7)))

    rows = made.rows(0, 3)
    rows["price"][:] = 0

    assert made.rows(0, 9)["price"].tolist() == [103.0, 104.0, 105.0, 106.0]
    assert made.rows(0, 2)["is_buy"].tolist() == [0, 1]
    assert rows["ts_event"].tolist() == [MIDNIGHT + at * SECOND for at in (4, 5, 6)]
    assert made.rows(1, 9)["size"].tolist() == []


def test_nothing_is_known_before_the_first_trade() -> None:
    made = tape()

    assert made.last(0) is None
    assert made.trades().tolist() == [0, 0]


def test_times_move_with_our_clock_where_there_are_any() -> None:
    made = tape()
    take(made, T(1, 100.0))

    made.shift(5)

    assert made.received().tolist() == [MIDNIGHT + SECOND + 5, 0]


def test_a_cleared_slot_has_forgotten_its_trades_and_their_numbers() -> None:
    made = tape()
    take(made, T(1, 100.0, number=7), T(1, 50.0, number=7, slot=1))

    made.clear(0)

    assert made.last(0) is None
    assert made.last(1) is not None
    assert take(made, T(3, 90.0, number=7), T(3, 40.0, number=7, slot=1)) == 1
    assert made.trades().tolist() == [1, 1]


def test_a_trade_that_the_candles_refused_is_not_written() -> None:
    made = tape()
    batch = columns([T(1, 100.0, number=1), T(2, 5e9, number=2)])
    marks = made.fresh(batch)
    assert marks.tolist() == [1, 1]
    marks[1] = 0

    assert made.append(batch, marks) == 1
    assert made.trades().tolist() == [1, 0]


def test_it_takes_the_memory_that_it_reserved() -> None:
    ledger = Ledger()
    Tape(series=2, rows=4, is_numbered=False, largest=64, ledger=ledger)

    assert {line.owner: line.bytes_reserved for line in ledger.report() if line.owner != "transient"} == {
        reservation.owner: reservation.bytes
        for reservation in Tape.reserve(series=2, rows=4, is_numbered=False, largest=64)
    }
    assert ledger.violations() == []
    assert np.dtype(np.float32).itemsize == 4
