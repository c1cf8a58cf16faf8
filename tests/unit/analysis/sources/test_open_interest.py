import pytest
from tests.fed_source import SYMBOLS, FedSource, at_ns, told

from tidemark.analysis.sources.open_interest import GIVES, Source
from tidemark.model.events import TickerUpdate


def ticker(fed: FedSource, at: float, price: float, interest: float | None = None, symbol: str = "BTCUSDT") -> None:
    ns = at_ns(at)
    fed.tell(TickerUpdate(ts_event=ns, ts_recv=ns, symbol=symbol, last=price, open_interest=interest))


def an_hour(fed: FedSource, symbol: str = "BTCUSDT") -> None:
    """Points of the grid at 5 minutes, an hour, and 5 minutes more: the price rises by 10 % twice."""
    for at, price, interest in ((300, 100.0, 1000.0), (3600, 110.0, 1250.0), (3900, 121.0, 1500.0)):
        ticker(fed, at, price, interest, symbol)
        fed.read(at)


def test_both_changes_are_measured_from_the_same_points() -> None:
    fed = FedSource("open_interest")
    an_hour(fed)

    found = told(fed.read(3900))

    assert found == pytest.approx(
        {
            "price_change_5m": 0.1,
            "open_interest_change_5m": 0.2,
            "price_change_1h": 0.21,
            "open_interest_change_1h": 0.5,
        }
    )


def test_it_is_looked_at_once_in_ten_seconds() -> None:
    fed = FedSource("open_interest")
    an_hour(fed)
    ticker(fed, 3901, 132.0)

    assert told(fed.read(3909))["price_change_5m"] == pytest.approx(0.1)
    # The newest open interest is that of the point before: it was 110 five minutes before that.
    assert told(fed.read(3910))["price_change_5m"] == pytest.approx(0.2)


def test_what_was_not_told_of_one_point_is_missing_there_and_nowhere_else() -> None:
    fed = FedSource("open_interest")
    ticker(fed, 300, 100.0, 1000.0)
    fed.read(300)
    # An hour later: five minutes before there was nothing.
    ticker(fed, 3900, 110.0, 900.0)
    found = told(fed.read(3900))

    assert found == pytest.approx({"price_change_1h": 0.1, "open_interest_change_1h": -0.1})
    assert told(fed.read(3900), 1) == {}


def test_old_open_interest_is_none() -> None:
    fed = FedSource("open_interest")
    an_hour(fed)
    ticker(fed, 4200, 121.0)
    assert set(told(fed.read(4200))) == set(GIVES)
    ticker(fed, 4201, 121.0)

    assert told(fed.read(4210)) == {}


def test_without_tickers_it_is_unknown() -> None:
    fed = FedSource("open_interest")
    an_hour(fed)
    fed.gap("tickers", 3905, is_open=True)

    assert told(fed.read(3910)) == {}


def test_a_market_that_left_leaves_nothing_and_the_others_go_on() -> None:
    fed = FedSource("open_interest")
    for at, price, interest in ((300, 100.0, 1000.0), (3600, 110.0, 1250.0), (3900, 121.0, 1500.0)):
        for symbol in SYMBOLS:
            ticker(fed, at, price, interest, symbol)
        columns = fed.read(at)
    assert told(columns, 0) == told(columns, 1)

    fed.source.clear(0)

    assert told(fed.read(3901), 0) == {}
    assert set(told(fed.read(3910), 1)) == set(GIVES)
    assert told(fed.read(3910), 0) == {}


def test_it_takes_what_it_reserved() -> None:
    fed = FedSource("open_interest")
    (planned,) = Source.reserve(series=len(SYMBOLS))

    reserved = {line.owner: line.bytes_reserved for line in fed.ledger.report()}
    assert reserved["analysis/open_interest"] == planned.bytes
    assert planned.item_bytes == 14 * 8 + 4 * 8 + 2 == 146
