import numpy as np
import pytest
from tests.candles_of_prices import known, walk

from tidemark.analysis.columns import Column
from tidemark.analysis.indicators.bank import Bank
from tidemark.memory.ledger import Ledger

WALK = walk(300)


def bank(series: int = 3) -> tuple[Bank, Ledger]:
    ledger = Ledger()
    return Bank("indicators/1m", series=series, ledger=ledger), ledger


def fed(made: Bank, slot: int, begin: int, end: int) -> dict[str, Column]:
    cut = {name: column[begin:end] for name, column in WALK.items()}
    return made.update(np.full(end - begin, slot, np.int32), known(cut))


def test_a_value_is_told_when_its_warm_up_is_over() -> None:
    made, _ = bank()

    before, after = fed(made, 1, 0, 14)["rsi"], fed(made, 1, 14, 16)["rsi"]

    assert not before.is_known.any()
    assert after.is_known.tolist() == [True, True]
    assert (after.values > 0.0).all()
    assert (made.seen(1), made.seen(0)) == (16, 0)


def test_the_warm_up_is_that_of_each_series_where_their_rows_are_mixed() -> None:
    made, _ = bank()
    fed(made, 0, 0, 13)
    rows = np.array([0, 1, 0, 1], np.int32)

    told = made.update(rows, known({name: column[:4] for name, column in WALK.items()}))

    # The 14th and the 15th candle of one series, the first two of the other.
    assert told["rsi"].is_known.tolist() == [False, False, True, False]
    assert told["williams_r"].is_known.tolist() == [True, False, True, False]


def test_what_a_candle_would_give_is_what_it_gives_and_changes_nothing() -> None:
    made, _ = bank()
    fed(made, 2, 0, 250)
    before = {name: column.copy() for name, column in made.kept().items()}
    row, candle = np.array([2], np.int32), known({name: column[250:251] for name, column in WALK.items()})

    seen = made.update(row, candle, commits=False)

    assert all(np.array_equal(before[name], column) for name, column in made.kept().items())
    given = made.update(row, candle)
    assert {name: one.values.item() for name, one in seen.items()} == {
        name: one.values.item() for name, one in given.items()
    }
    assert all(one.is_known.all() for one in given.values())


def test_a_market_that_left_leaves_nothing() -> None:
    made, _ = bank()
    fed(made, 0, 0, 300)
    made.clear(0)

    first, other = fed(made, 0, 0, 20), fed(made, 1, 0, 20)
    assert all(np.array_equal(first[name].values, other[name].values) for name in made.names)
    assert all(np.array_equal(first[name].is_known, other[name].is_known) for name in made.names)


def test_an_indicator_passes_over_what_it_does_not_know() -> None:
    made, _ = bank()
    volume = Column(WALK["volume"][:60], np.arange(60) % 2 == 0)
    told = made.update(np.zeros(60, np.int32), {**known({n: c[:60] for n, c in WALK.items()}), "volume": volume})
    other, _ = bank()
    alone = fed_of(other, {name: column[:60:2] for name, column in WALK.items()})

    assert told["rsi"].is_known.sum() == 46
    assert not told["obv"].is_known[1::2].any()
    assert np.array_equal(told["obv"].values[::2], alone["obv"].values)
    assert np.array_equal(told["obv"].is_known[::2], alone["obv"].is_known)


def fed_of(made: Bank, candles: dict[str, np.ndarray]) -> dict[str, Column]:
    return made.update(np.zeros(len(candles["close"]), np.int32), known(candles))


def test_it_takes_what_it_reserved_and_is_in_the_ledger() -> None:
    made, ledger = bank(560)
    (reserved,) = Bank.reserve("indicators/1m", series=560)

    assert {line.owner: line.bytes_reserved for line in ledger.report()}["indicators/1m"] == reserved.bytes
    assert Bank.given() == made.names


def test_a_row_that_is_none_is_refused() -> None:
    made, _ = bank()

    with pytest.raises(IndexError, match="rows from 3 to 3; there are 3 series"):
        fed(made, 3, 0, 1)
