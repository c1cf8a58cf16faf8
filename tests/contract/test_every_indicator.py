"""What holds for every indicator that the registry finds."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.candles_of_prices import Candles, known, walk
from tests.kernels_modes import load_pure

from tidemark.analysis.columns import Column
from tidemark.analysis.indicators import registry
from tidemark.analysis.indicators.bank import Bank
from tidemark.analysis.indicators.base import Array
from tidemark.memory.ledger import Ledger

FOLDER = Path(registry.__file__).parent
COUNT = 260
WALKS = [walk(COUNT, seed) for seed in range(4)]

each = pytest.mark.parametrize("name", registry.names())


def bank(name: str, series: int = 4) -> Bank:
    return Bank("indicators", series=series, ledger=Ledger(), names=[name])


def cut(candles: Candles, begin: int, end: int) -> Candles:
    return {name: column[begin:end] for name, column in candles.items()}


def over_time(made: Bank, slot: int, candles: Candles) -> Array:
    return stacked(made.update(np.full(len(candles["close"]), slot, np.int32), known(candles)))


def stacked(told: dict[str, Column]) -> Array:
    """Values and whether they are known, side by side."""
    return np.stack([part for column in told.values() for part in (column.values, column.is_known)], axis=1)


@each
def test_it_says_what_it_reads_what_it_takes_and_where_it_is_from(name: str) -> None:
    indicator = registry.find(name)
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    said = text.split('"""')[1]

    assert f"Reads: {', '.join(indicator.READS)}." in said
    assert f"Memory: {8 * indicator.WIDTH} bytes a series." in said
    assert re.search(r"Source: |\([A-Z]\. [A-Z][a-z]+[,)]", said)


@each
def test_rows_over_symbols_give_what_rows_over_time_give(name: str) -> None:
    live, back = bank(name), bank(name)
    rows = np.arange(4, dtype=np.int32)

    lived = [
        stacked(
            live.update(
                rows, known({column: np.array([walked[column][at] for walked in WALKS]) for column in WALKS[0]})
            )
        )
        for at in range(COUNT)
    ]
    tested = [over_time(back, slot, walked) for slot, walked in enumerate(WALKS)]

    assert np.array_equal(np.stack(lived, axis=1), np.stack(tested))
    for column, array in live.kept().items():
        assert np.array_equal(array, back.kept()[column])


@each
@given(begin=st.integers(0, COUNT - 1))
def test_no_later_candle_changes_an_earlier_value_and_the_open_one_changes_nothing(name: str, begin: int) -> None:
    whole, part = bank(name), bank(name)
    values = over_time(whole, 1, WALKS[0])
    row = np.array([1], np.int32)

    first = over_time(part, 1, cut(WALKS[0], 0, begin))
    for other in WALKS[1:]:
        part.update(row, known(cut(other, begin, begin + 1)), commits=False)
    rest = over_time(part, 1, cut(WALKS[0], begin, COUNT))

    assert np.array_equal(values, np.concatenate([first, rest]))


@each
@given(begin=st.integers(0, COUNT - 1))
def test_what_was_saved_goes_on_as_if_nothing_had_been(name: str, begin: int) -> None:
    whole, before, after = bank(name), bank(name), bank(name)
    values = over_time(whole, 0, WALKS[1])
    over_time(before, 0, cut(WALKS[1], 0, begin))
    for column, array in before.kept().items():
        after.kept()[column][:] = array

    assert np.array_equal(values[begin:], over_time(after, 0, cut(WALKS[1], begin, COUNT)))


@each
@pytest.mark.parametrize("kind", ["still", "nothing traded", "tiny", "huge", "one tick"])
def test_no_candle_makes_a_value_that_is_none(name: str, kind: str) -> None:
    candles = WALKS[2]
    match kind:
        case "still":
            candles = {column: np.full(COUNT, 5.0) for column in candles}
        case "nothing traded":
            candles = candles | {column: np.zeros(COUNT) for column in ("volume", "bought", "delta")}
        case "tiny":
            candles = {column: array * 1e-12 for column, array in candles.items()}
        case "huge":
            candles = {column: array * 1e12 for column, array in candles.items()}
        case "one tick":
            candles = candles | {
                column: 1.0 + np.arange(COUNT) % 2 * 1e-8 for column in ("open", "high", "low", "close")
            }

    assert np.isfinite(over_time(bank(name), 0, candles)).all()


@each
def test_compiled_and_plain_it_is_the_same_to_the_byte(name: str) -> None:
    indicator, plain = registry.find(name), load_pure(name, FOLDER)
    rows = np.zeros(COUNT, np.int32)
    columns = [WALKS[3][column] for column in indicator.READS]
    made = []
    for module in (indicator, plain):
        state, out = np.zeros((1, indicator.WIDTH)), np.zeros((COUNT, len(indicator.GIVES)))
        module.update(state, rows, *columns, out, True)
        made.append((state, out))

    assert np.array_equal(made[0][0], made[1][0])
    assert np.array_equal(made[0][1], made[1][1])
