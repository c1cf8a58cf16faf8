import numpy as np
import pytest

from tidemark.backtest.imports.rows import Block, Checker, Reason, by_symbol, rejected
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, HOUR

NAN = float("nan")
GOOD = (10.0, 12.0, 9.0, 11.0, 100.0)


def block(*rows: tuple[float, float, float, float, float], hours: list[int] | None = None, symbol: str = "A") -> Block:
    count = len(rows)
    times = np.array(range(count) if hours is None else hours, np.int64) * HOUR
    return Block(
        lines=np.arange(2, count + 2), instants=times, walls=times, figures=np.array(rows, np.float64).T,
        symbols=[symbol] * count, reasons=np.zeros(count, np.uint8), texts={}, tells_offset=False,
    )  # fmt: skip


def judged(made: Block, timeframe: Timeframe = Timeframe.H1, *, is_descending: bool = False) -> list[Reason]:
    Checker(timeframe, is_descending=is_descending, most_symbols=9).judge(made)
    return [Reason(reason) for reason in made.reasons.tolist()]


@pytest.mark.parametrize(
    ("row", "reason", "value"),
    [
        (GOOD, Reason.NONE, ""),
        ((10.0, 12.0, 9.0, 11.0, 0.0), Reason.NONE, ""),
        ((10.0, 10.0, 10.0, 10.0, 1.0), Reason.NONE, ""),
        ((10.0, NAN, 9.0, 11.0, 1.0), Reason.FINITE, "open 10 high nan low 9 close 11 volume 1"),
        ((10.0, 12.0, 9.0, 11.0, float("inf")), Reason.FINITE, "open 10 high 12 low 9 close 11 volume inf"),
        ((10.0, 12.0, 0.0, 11.0, 1.0), Reason.PRICE, "open 10 high 12 low 0 close 11 volume 1"),
        ((10.0, 12.0, 9.0, 11.0, -1.0), Reason.VOLUME, "volume -1"),
        ((10.0, 9.0, 12.0, 11.0, 1.0), Reason.CROSSED, "open 10 high 9 low 12 close 11 volume 1"),
        ((13.0, 12.0, 9.0, 11.0, 1.0), Reason.OUTSIDE, "open 13 high 12 low 9 close 11 volume 1"),
        ((10.0, 12.0, 9.0, 8.0, 1.0), Reason.OUTSIDE, "open 10 high 12 low 9 close 8 volume 1"),
    ],
)  # fmt: skip
def test_a_row_that_is_no_candle_says_why(row: tuple[float, ...], reason: Reason, value: str) -> None:
    made = block(row)  # type: ignore[arg-type]

    assert judged(made) == [reason]
    assert [one.value for one in rejected(made, made.instants)] == ([value] if value else [])


def test_times_go_on_and_each_is_there_once() -> None:
    made = block(*[GOOD] * 6, hours=[1, 2, 2, 5, 4, 6])

    assert judged(made) == [Reason.NONE, Reason.NONE, Reason.TWICE, Reason.NONE, Reason.BACK, Reason.NONE]
    assert [(one.line, one.value) for one in rejected(made, made.instants)] == [
        (4, "1970-01-01T02:00:00"), (6, "1970-01-01T04:00:00"),
    ]  # fmt: skip


def test_the_newest_may_come_first() -> None:
    made = block(*[GOOD] * 4, hours=[6, 5, 5, 7])

    assert judged(made, is_descending=True) == [Reason.NONE, Reason.NONE, Reason.TWICE, Reason.BACK]


def test_order_holds_from_block_to_block_and_for_each_symbol() -> None:
    checker = Checker(Timeframe.H1, is_descending=False, most_symbols=1)
    first, second, other = block(GOOD, hours=[3]), block(GOOD, GOOD, hours=[3, 4]), block(GOOD, hours=[1], symbol="B")
    checker.judge(first)
    checker.judge(second)
    assert not checker.has_too_many
    checker.judge(other)

    assert second.reasons.tolist() == [Reason.TWICE, Reason.NONE]
    assert other.reasons.tolist() == [Reason.NONE]
    assert checker.symbols == ["A", "B"]
    assert checker.has_too_many


def test_a_bad_row_moves_no_time_and_a_symbol_is_needed() -> None:
    made = block((10.0, 9.0, 12.0, 11.0, 1.0), GOOD, hours=[9, 1])
    nameless = block(GOOD, symbol="")

    assert judged(made) == [Reason.CROSSED, Reason.NONE]
    assert judged(nameless) == [Reason.SYMBOL]


def test_a_time_between_two_candles_is_none() -> None:
    made = block(GOOD, GOOD, hours=[4, 5])

    assert judged(made, Timeframe.H4) == [Reason.NONE, Reason.GRID]


def test_days_stand_at_the_midnight_of_their_own_date() -> None:
    made = block(GOOD, GOOD)
    # Midnights of New York, in winter and in summer.
    made.instants, made.walls = np.array([5 * HOUR, DAY + 4 * HOUR]), np.array([0, DAY])

    times = Checker(Timeframe.D1, is_descending=False, most_symbols=1).judge(made)

    assert times.tolist() == [0, DAY]
    assert made.reasons.tolist() == [Reason.NONE, Reason.NONE]


def test_rows_are_grouped_in_their_order() -> None:
    symbols = ["B", "A", "B", "C", "A"]

    found = by_symbol(symbols, np.array([True, True, True, False, True]))

    assert [(name, rows.tolist()) for name, rows in found] == [("A", [1, 4]), ("B", [0, 2])]
    assert by_symbol(symbols, np.zeros(5, np.bool_)) == []


def test_every_reason_has_words_of_its_own() -> None:
    assert len({reason.title for reason in Reason}) == len(Reason)
