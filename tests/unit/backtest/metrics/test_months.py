from datetime import date

from tidemark.backtest.metrics.months import Month, Months

EPOCH = date(1970, 1, 1).toordinal()


def day(year: int, month: int, number: int) -> int:
    return date(year, month, number).toordinal() - EPOCH


def test_a_month_is_compared_with_what_the_one_before_left() -> None:
    months = Months(100.0)

    months.put(day(2024, 1, 30), 110.0)
    months.put(day(2024, 1, 31), 125.0)
    months.put(day(2024, 2, 29), 62.5)

    assert months.table() == (Month(2024, 1, 0.25), Month(2024, 2, -0.5))


def test_the_day_that_is_not_over_counts_as_far_as_it_is_known() -> None:
    months = Months(100.0)
    months.put(day(2024, 12, 31), 200.0)

    assert months.table(day(2025, 1, 1), 300.0) == (Month(2024, 12, 1.0), Month(2025, 1, 0.5))
    assert months.table() == (Month(2024, 12, 1.0),)
    assert Months(1.0).table() == ()


def test_a_month_without_a_day_has_no_row_and_one_without_an_equity_no_return() -> None:
    months = Months(100.0)
    for of, close in ((day(2024, 1, 5), 50.0), (day(2024, 3, 5), 0.0), (day(2024, 4, 5), 10.0)):
        months.put(of, close)

    assert months.table() == (Month(2024, 1, -0.5), Month(2024, 3, -1.0), Month(2024, 4, 0.0))
