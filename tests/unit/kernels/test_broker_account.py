"""What is read of an account. A candle is open, high, low, close; figures are worked out here."""

from tests.brokers import Make, opened


def test_the_peak_and_the_deepest_fall_are_those_of_closes(desk: Make) -> None:
    one = opened(desk, size=5.0)
    one.bar(100.0, 121.0, 99.0, 120.0)
    one.bar(120.0, 121.0, 85.0, 90.0)
    one.bar(90.0, 111.0, 89.0, 110.0)
    one.account.finish()

    assert (one.kernel.peak, one.kernel.drawdown, one.kernel.least) == (1100.0, 150.0 / 1100.0, 950.0)
