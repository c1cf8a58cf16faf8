import sys

import numpy as np
import pytest
from tests.build import MIDNIGHT
from tests.traced import traced_bytes

from tidemark.market.breadth import SYMBOLS, Breadth, Mover, read
from tidemark.memory.ledger import Ledger
from tidemark.model.events import TickerUpdate
from tidemark.units import SECOND

NAN = float("nan")


def ticker(symbol: str, last: float | None, before: float | None, turnover: float = 1.0, at: int = 0) -> TickerUpdate:
    return TickerUpdate(
        ts_event=MIDNIGHT + at * SECOND,
        ts_recv=MIDNIGHT + at * SECOND,
        symbol=symbol,
        last=last,
        price_24h_ago=before,
        turnover_24h=turnover,
        trades_24h=turnover * 2,
    )


def made(*tickers: TickerUpdate, listed: str = "ABCDE") -> Breadth:
    breadth = Breadth(Ledger())
    breadth.relist(listed)
    breadth.update(tickers)
    return breadth


def test_every_figure_counts_only_the_markets_whose_change_is_known() -> None:
    breadth = made(
        ticker("A", 110.0, 100.0, 5.0, at=1),
        ticker("B", 95.0, 100.0, 7.0, at=2),
        ticker("C", 100.0, 100.0, 6.0, at=3),
        ticker("D", 103.0, None, 9.0, at=4),
    )

    found = breadth.reading(MIDNIGHT + 5 * SECOND, 60 * SECOND)

    assert (found.listed, found.known, found.stale) == (5, 3, 0)
    assert (found.gainers, found.losers, found.unchanged) == (1, 1, 1)
    # Changes +0.10, -0.05 and 0: mean 0.05 / 3, median 0; squares 0.01 + 0.0025 over 3 less the mean's.
    assert found.mean == pytest.approx(0.05 / 3)
    assert found.median == 0.0
    assert found.deviation == pytest.approx((0.0125 / 3 - (0.05 / 3) ** 2) ** 0.5)
    # Quartiles half way between neighbours: 0.05 and -0.025.
    assert found.quartile_range == pytest.approx(0.075)
    assert found.breadth == 0.0
    assert found.share_up == pytest.approx(1 / 3)
    assert (found.oldest, found.newest) == (MIDNIGHT + SECOND, MIDNIGHT + 3 * SECOND)
    assert found.up == (Mover(symbol="A", value=110.0 / 100.0 - 1.0, as_of=MIDNIGHT + SECOND),)
    assert [mover.symbol for mover in found.down] == ["B"]
    assert [mover.symbol for mover in found.most_traded] == ["D", "B", "C", "A"]
    assert str(found) == "1 up 1 down 1 flat of 3 (5 listed), median +0.0 %"


def test_a_stale_ticker_is_counted_and_in_no_other_figure() -> None:
    breadth = made(ticker("A", 110.0, 100.0), ticker("B", 120.0, 100.0, at=31), listed="AB")

    found = breadth.reading(MIDNIGHT + 61 * SECOND, 60 * SECOND)

    assert (found.stale, found.known, found.gainers) == (1, 1, 1)
    assert [mover.symbol for mover in (*found.up, *found.most_traded)] == ["B", "B"]


def test_nothing_known_gives_no_figure_and_says_so() -> None:
    found = made(listed="AB").reading(MIDNIGHT, SECOND)

    assert (found.listed, found.known, found.gainers, found.losers, found.unchanged) == (2, 0, 0, 0, 0)
    assert {found.mean, found.median, found.deviation, found.quartile_range, found.breadth, found.oldest} == {None}
    assert (found.up, found.down, found.most_traded) == ((), (), ())
    assert str(found) == "no change known of 2 markets"


def test_one_market_is_a_market() -> None:
    found = made(ticker("A", 99.0, 100.0), listed="A").reading(MIDNIGHT, SECOND)

    assert found.median == pytest.approx(-0.01)
    assert (found.deviation, found.quartile_range, found.breadth) == (0.0, 0.0, -1.0)
    assert str(found) == "0 up 1 down 0 flat of 1, median -1.0 %"


@pytest.mark.parametrize(
    ("last", "before"), [(NAN, 1.0), (1.0, NAN), (0.0, 1.0), (1.0, 0.0), (float("inf"), 1.0), (1e308, 1e-308)]
)
def test_a_change_that_is_no_number_is_not_known(last: float, before: float) -> None:
    at = np.array([MIDNIGHT], np.int64)

    found = read(["A"], np.array([last]), np.array([before]), np.array([NAN]), at, now_ns=MIDNIGHT, stale_ns=SECOND)

    assert (found.known, found.mean, found.most_traded) == (0, None, ())


def test_of_equal_movers_the_first_ten_by_name_are_shown() -> None:
    names = [f"S{n:02}" for n in range(15)]
    breadth = Breadth(Ledger())
    breadth.relist(names[::-1])
    breadth.update(ticker(name, 110.0, 100.0) for name in names)

    found = breadth.reading(MIDNIGHT, SECOND)

    assert [mover.symbol for mover in found.up] == names[:10]
    assert [mover.symbol for mover in found.most_traded] == names[:10]


def test_who_is_no_longer_listed_is_forgotten_and_a_newcomer_starts_without_a_ticker() -> None:
    breadth = made(ticker("A", 110.0, 100.0, 5.0), ticker("B", 110.0, 100.0), listed="AB")

    breadth.relist("BC")
    breadth.update([ticker("A", 1.0, 2.0)])
    found = breadth.reading(MIDNIGHT, SECOND)

    assert (found.listed, found.known) == (2, 1)
    assert (breadth.turnover("A"), breadth.turnover("B"), breadth.turnover("C")) == (None, 1.0, None)
    assert (breadth.trades_24h("B"), breadth.trades_24h("C")) == (2.0, None)


def test_an_older_ticker_does_not_replace_a_newer_one() -> None:
    breadth = made(ticker("A", 110.0, 100.0, 5.0, at=9), listed="A")

    breadth.update([ticker("A", 50.0, 100.0, 4.0, at=8)])

    assert breadth.turnover("A") == 5.0


def test_symbols_beyond_the_table_are_refused_and_counted() -> None:
    breadth = Breadth(Ledger())

    breadth.relist(f"S{n}" for n in range(SYMBOLS + 3))

    usage = breadth.usage()
    assert (usage.used, usage.peak, usage.rejected) == (SYMBOLS, SYMBOLS, 3)
    assert usage.bytes_used <= breadth.reservation.bytes == Breadth.reserve().bytes


def test_filled_with_long_names_it_takes_no_more_than_it_declared() -> None:
    def filled() -> Breadth:
        breadth = Breadth(Ledger())
        breadth.relist(f"{n:040}" for n in range(SYMBOLS))
        breadth.update(ticker(f"{n:040}", 1.0, 2.0) for n in range(SYMBOLS))
        return breadth

    assert sys.getsizeof(f"{0:040}") > 80
    assert traced_bytes(filled) <= filled().reservation.bytes
